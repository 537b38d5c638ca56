import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One departure, as it stands in the input. */
export interface Flight {
  /** Event time, milliseconds since 1970. */
  readonly time: number;
  /** Minutes; negative for an early one. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

interface Row {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

/** A source that is read by position: event `i` is always the same. */
export interface FlightSource {
  readonly length: number;
  at(index: number): Flight;
}

function readRows(): readonly Row[] {
  // The package's exports lead to its code only; its data stand beside that.
  const file = new URL("../data/flights-20k.json", import.meta.resolve("vega-datasets"));
  return JSON.parse(readFileSync(fileURLToPath(file), "utf8")) as readonly Row[];
}

const timeOf = (date: string): number => Date.parse(`${date.replaceAll("/", "-").replace(" ", "T")}:00Z`);

/**
 * `events` departures in event-time order: the 20,000 of early 2001, and, if more are asked for, the same again as often as
 * needed, each round in the time after the one before.
 */
export function openFlights(events: number): FlightSource {
  const flights = readRows().map((row): Flight => ({ ...row, time: timeOf(row.date) }));
  const first = flights[0]?.time ?? 0;
  const span = (flights.at(-1)?.time ?? 0) - first + 60_000;
  return {
    length: events,
    at(index) {
      const flight = flights[index % flights.length];
      if (!flight || index >= events) throw new RangeError(`there is no flight ${index}`);
      return { ...flight, time: flight.time + Math.floor(index / flights.length) * span };
    },
  };
}
