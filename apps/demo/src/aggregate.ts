/** What is counted of an airport, a route or an hour: plain numbers, kept as bytes so that states can be compared bit by bit. */
export interface Aggregate {
  readonly flights: number;
  /** Minutes of all late flights together. */
  readonly delaySum: number;
  readonly worstDelay: number;
  /** Flights that were more than 15 minutes late. */
  readonly late: number;
  readonly distance: number;
}

const LATE_MINUTES = 15;
const FIELDS = 5;

export const nothing: Aggregate = { flights: 0, delaySum: 0, worstDelay: 0, late: 0, distance: 0 };

export function add(sum: Aggregate, flight: { readonly delay: number; readonly distance: number }): Aggregate {
  return {
    flights: sum.flights + 1,
    delaySum: sum.delaySum + Math.max(0, flight.delay),
    worstDelay: Math.max(sum.worstDelay, flight.delay),
    late: sum.late + (flight.delay > LATE_MINUTES ? 1 : 0),
    distance: sum.distance + flight.distance,
  };
}

export function encode({ flights, delaySum, worstDelay, late, distance }: Aggregate): Uint8Array {
  const bytes = new Uint8Array(FIELDS * 8);
  const data = new DataView(bytes.buffer);
  [flights, delaySum, worstDelay, late, distance].forEach((value, i) => data.setFloat64(i * 8, value));
  return bytes;
}

export function decode(bytes: Uint8Array): Aggregate {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [flights = 0, delaySum = 0, worstDelay = 0, late = 0, distance = 0] = Array.from({ length: FIELDS }, (_, i) => data.getFloat64(i * 8));
  return { flights, delaySum, worstDelay, late, distance };
}
