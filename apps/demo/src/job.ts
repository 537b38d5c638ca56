import { add, type Aggregate, decode, encode, nothing } from "./aggregate.ts";
import type { Flight } from "./flights.ts";

/** The job's whole state: aggregates by name, as bytes. */
export type State = Map<string, Uint8Array>;

/** One change of the state; without a value the name goes. */
export interface Change {
  readonly name: string;
  readonly value: Uint8Array | undefined;
}

const HOUR_MS = 3_600_000;
/** Flights may come this much out of order before an hour is closed. */
const LATENESS_MS = 600_000;

export const airportName = (airport: string): string => `airport/${airport}`;
const routeName = (flight: Flight): string => `route/${flight.origin}-${flight.destination}`;
const openName = (hour: number): string => `hour/open/${hour}`;
const closedName = (hour: number): string => `hour/closed/${hour}`;

/** Event time up to which nothing is expected any more. */
export const watermarkAfter = (flight: Flight): number => flight.time - LATENESS_MS;

const hourOf = (time: number): number => Math.floor(time / HOUR_MS);

function readAggregate(state: State, name: string): Aggregate {
  const bytes = state.get(name);
  return bytes ? decode(bytes) : nothing;
}

/** What one flight changes: its airport, its route, its hour. Pure. */
export function changesOf(state: State, flight: Flight): readonly Change[] {
  return [airportName(flight.origin), routeName(flight), openName(hourOf(flight.time))].map((name) => ({
    name,
    value: encode(add(readAggregate(state, name), flight)),
  }));
}

/** Closes the hours that end at or before `watermark`: what they counted moves to its final name. Pure. */
export function closeHours(state: State, watermark: number): readonly Change[] {
  const changes: Change[] = [];
  for (const [name, value] of state) {
    const hour = /^hour\/open\/(\d+)$/.exec(name)?.[1];
    if (hour === undefined || (Number(hour) + 1) * HOUR_MS > watermark) continue;
    changes.push({ name, value: undefined }, { name: closedName(Number(hour)), value });
  }
  return changes;
}

export function apply(state: State, changes: readonly Change[]): void {
  for (const { name, value } of changes) {
    if (value) state.set(name, value);
    else state.delete(name);
  }
}

/** The job without any of the packages: what the state must be after all events, whatever happened on the way. */
export function runInMemory(source: { readonly length: number; at(index: number): Flight }, commitEvery: number): State {
  const state: State = new Map();
  for (let index = 0; index < source.length; index++) {
    const flight = source.at(index);
    apply(state, changesOf(state, flight));
    if ((index + 1) % commitEvery === 0 || index + 1 === source.length) apply(state, closeHours(state, watermarkAfter(flight)));
  }
  return state;
}
