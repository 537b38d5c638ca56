import type { Flight } from "./flights.ts";

/** What is known of a group of flights. Delays are minutes, distances miles. */
export interface Aggregate {
  readonly flights: number;
  /** Flights that left more than 15 minutes after schedule. */
  readonly late: number;
  readonly delaySum: number;
  readonly worstDelay: number;
  readonly distanceSum: number;
}

const lateAboveMinutes = 15;

export function withFlight(before: Aggregate | undefined, { delay, distance }: Flight): Aggregate {
  const late = delay > lateAboveMinutes ? 1 : 0;
  if (!before) return { flights: 1, late, delaySum: delay, worstDelay: delay, distanceSum: distance };
  return {
    flights: before.flights + 1,
    late: before.late + late,
    delaySum: before.delaySum + delay,
    worstDelay: Math.max(before.worstDelay, delay),
    distanceSum: before.distanceSum + distance,
  };
}

/** Five little-endian 64-bit floats, which hold every whole number that can occur here exactly. */
const aggregateBytes = 40;

export function encodeAggregate({ flights, late, delaySum, worstDelay, distanceSum }: Aggregate): Uint8Array {
  const bytes = new Uint8Array(aggregateBytes);
  const view = new DataView(bytes.buffer);
  [flights, late, delaySum, worstDelay, distanceSum].forEach((value, index) => view.setFloat64(index * 8, value, true));
  return bytes;
}

export function decodeAggregate(bytes: Uint8Array): Aggregate {
  if (bytes.length !== aggregateBytes) throw new RangeError(`an aggregate has ${aggregateBytes} bytes, not ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const number = (index: number): number => view.getFloat64(index * 8, true);
  return { flights: number(0), late: number(1), delaySum: number(2), worstDelay: number(3), distanceSum: number(4) };
}
