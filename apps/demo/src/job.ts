import { decodeAggregate, encodeAggregate, withFlight } from "./aggregate.ts";
import type { Flight } from "./flights.ts";
import { hourEnd, hourName, keyOf, parseKey, routeName } from "./state-keys.ts";

/** The job's whole state, as bytes: what is logged, checkpointed, recovered and compared. */
export type JobState = Map<string, Uint8Array>;

/** A key's new value; without a value the key is gone. */
export interface Change {
  readonly key: string;
  readonly value?: Uint8Array | undefined;
}

/** Counts flights per airport, per route, and per airport and hour. */
export interface Job {
  readonly state: JobState;
  /** The latest event time seen: no hour that ends at or before it takes another flight. `undefined` before the first event. */
  readonly watermark: number | undefined;
  /**
   * Takes one flight into the state and returns every change that this made, in order. Hours that the flight's time completes
   * are closed first. A flight of a closed hour counts for its airport and route, and not for the hour.
   */
  take(flight: Flight): readonly Change[];
}

/** Goes on from `state` and `watermark`, which have to be of the same commit. The job owns `state` from here on. */
export function createJob(state: JobState = new Map(), watermark?: number): Job {
  return new FlightJob(state, watermark);
}

class FlightJob implements Job {
  readonly state: JobState;
  watermark: number | undefined;
  readonly #openHours: Set<string>;

  constructor(state: JobState, watermark: number | undefined) {
    this.state = state;
    this.watermark = watermark;
    this.#openHours = new Set([...state.keys()].map(parseKey).flatMap(({ kind, name }) => (kind === "open-hour" ? [name] : [])));
  }

  take(flight: Flight): readonly Change[] {
    const changes: Change[] = [];
    this.#advance(flight.time, changes);
    this.#count(keyOf("airport", flight.origin), flight, changes);
    this.#count(keyOf("route", routeName(flight)), flight, changes);
    const hour = hourName(flight);
    if (this.watermark !== undefined && hourEnd(hour) <= this.watermark) return changes;
    this.#openHours.add(hour);
    this.#count(keyOf("open-hour", hour), flight, changes);
    return changes;
  }

  #advance(time: number, changes: Change[]): void {
    if (this.watermark !== undefined && time <= this.watermark) return;
    this.watermark = time;
    for (const hour of this.#openHours) if (hourEnd(hour) <= time) this.#close(hour, changes);
  }

  #close(hour: string, changes: Change[]): void {
    const open = keyOf("open-hour", hour);
    const value = this.state.get(open);
    this.#openHours.delete(hour);
    this.#change({ key: open }, changes);
    this.#change({ key: keyOf("closed-hour", hour), value }, changes);
  }

  #count(key: string, flight: Flight, changes: Change[]): void {
    const before = this.state.get(key);
    this.#change({ key, value: encodeAggregate(withFlight(before && decodeAggregate(before), flight)) }, changes);
  }

  #change(change: Change, changes: Change[]): void {
    if (change.value) this.state.set(change.key, change.value);
    else this.state.delete(change.key);
    changes.push(change);
  }
}
