import type { DurableState } from "@laminar/recovery";
import { type Aggregate, withFlight } from "./aggregate.ts";
import type { Flight } from "./flights.ts";
import { hourEnd, hourName, keyOf, parseKey, routeName } from "./state-keys.ts";

/** What the job reads and changes: a durable state, or one in memory. */
export type JobState = Pick<DurableState<string, Aggregate>, "get" | "put" | "delete" | "entries">;

/** Counts flights per airport, per route, and per airport and hour. */
export interface Job {
  /** The latest event time seen: no hour that ends at or before it takes another flight. `undefined` before the first event. */
  readonly watermark: number | undefined;
  /**
   * Takes one flight into the state. Hours that the flight's time completes are closed first. A flight of a closed hour counts
   * for its airport and route, and not for the hour.
   */
  take(flight: Flight): void;
}

/** Goes on from `state` and `watermark`, which have to be of the same commit. Nobody else changes `state` from here on. */
export function createJob(state: JobState, watermark?: number): Job {
  return new FlightJob(state, watermark);
}

class FlightJob implements Job {
  watermark: number | undefined;
  readonly #state: JobState;
  readonly #openHours = new Set<string>();

  constructor(state: JobState, watermark: number | undefined) {
    this.#state = state;
    this.watermark = watermark;
    for (const [key] of state.entries()) {
      const { kind, name } = parseKey(key);
      if (kind === "open-hour") this.#openHours.add(name);
    }
  }

  take(flight: Flight): void {
    this.#advance(flight.time);
    this.#count(keyOf("airport", flight.origin), flight);
    this.#count(keyOf("route", routeName(flight)), flight);
    const hour = hourName(flight);
    if (this.watermark !== undefined && hourEnd(hour) <= this.watermark) return;
    this.#openHours.add(hour);
    this.#count(keyOf("open-hour", hour), flight);
  }

  #advance(time: number): void {
    if (this.watermark !== undefined && time <= this.watermark) return;
    this.watermark = time;
    for (const hour of this.#openHours) if (hourEnd(hour) <= time) this.#close(hour);
  }

  #close(hour: string): void {
    const open = keyOf("open-hour", hour);
    const counted = this.#state.get(open);
    this.#openHours.delete(hour);
    this.#state.delete(open);
    if (counted) this.#state.put(keyOf("closed-hour", hour), counted);
  }

  #count(key: string, flight: Flight): void {
    this.#state.put(key, withFlight(this.#state.get(key), flight));
  }
}
