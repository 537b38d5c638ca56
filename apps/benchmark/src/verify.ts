import type { Peer } from "./peers/peer.ts";
import type { Work } from "./work.ts";

const looks = 1000;

/** A state store, or a durable state. */
export interface ReadableState {
  readonly size: number;
  get(key: Uint8Array): Uint8Array | undefined;
}

/** A contestant that doesn't do the work doesn't win. */
export function requireCount(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${what}: ${actual} entries are there instead of ${expected}`);
}

/** Reads entries, evenly spread over the first `count`, and compares them with what was written. */
export function requireEntries(what: string, work: Work, count: number, get: (index: number) => Uint8Array | undefined): void {
  const step = Math.max(1, Math.floor(count / looks));
  for (let i = 0; i < count; i += step) {
    const value = get(i);
    if (value === undefined || Buffer.compare(value, work.value(i)) !== 0) throw new Error(`${what}: entry ${i} is not what was written`);
  }
}

/** The same of a state that holds all entries and nothing else. */
export function requireState(state: ReadableState, work: Work): void {
  requireCount("the state", state.size, work.entries);
  requireEntries("the state", work, work.entries, (i) => state.get(work.key(i)));
}

/** The same of a map that holds the first `count` entries and nothing else. */
export function requireMap(what: string, work: Work, count: number, map: ReadonlyMap<string, Uint8Array>): void {
  requireCount(what, map.size, count);
  requireEntries(what, work, count, (i) => map.get(work.text(i)));
}

/** The same of a peer's files, which are opened for it. */
export async function requireStore(peer: Peer, directory: string, work: Work, count: number): Promise<void> {
  const store = await peer.open(directory);
  const map = await store.readAll();
  await store.close();
  requireMap(peer.name, work, count, map);
}
