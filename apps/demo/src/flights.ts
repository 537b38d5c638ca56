import { readDataset } from "./dataset.ts";

/** One departure. `time` is milliseconds since 1970, of a local clock that is read as UTC; `delay` is minutes, negative when early. */
export interface Flight {
  readonly time: number;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

/** The input as a source that can be read from any offset: event `i` is always the same flight. */
export interface FlightSource {
  readonly length: number;
  at(index: number): Flight;
}

interface Row extends Omit<Flight, "time"> {
  readonly date: string;
}

/** The data cover 90 days; every repetition is moved on by as many, so that event time never goes backward. */
const daysCovered = 90;
const dayMilliseconds = 86_400_000;

function timeOf(date: string): number {
  const [year, month, day, hour, minute] = date.split(/[/ :]/).map(Number);
  const time = Date.UTC(year ?? Number.NaN, (month ?? Number.NaN) - 1, day, hour, minute);
  if (Number.isNaN(time)) throw new Error(`flights-20k.json holds a date that can't be read: ${date}`);
  return time;
}

export function loadFlights(): readonly Flight[] {
  const rows = JSON.parse(readDataset("flights-20k.json")) as readonly Row[];
  return rows.map(({ date, delay, distance, origin, destination }) => ({ time: timeOf(date), delay, distance, origin, destination }));
}

/** `length` events: the flights, from the start again when they are used up. */
export function flightSource(flights: readonly Flight[], length: number): FlightSource {
  return {
    length,
    at(index) {
      const flight = index < length ? flights[index % flights.length] : undefined;
      if (!flight) throw new RangeError(`there is no event ${index}: the input has ${length}`);
      const repetition = Math.floor(index / flights.length);
      return repetition === 0 ? flight : { ...flight, time: flight.time + repetition * daysCovered * dayMilliseconds };
    },
  };
}
