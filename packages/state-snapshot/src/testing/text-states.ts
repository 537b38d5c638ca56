import * as assert from "node:assert/strict";
import { decodeSnapshot } from "../decode-snapshot.ts";
import type { SnapshotChunks } from "../decode-snapshot.ts";
import { isSnapshotError } from "../snapshot-error.ts";
import type { SnapshotEntry, SnapshotKind } from "../snapshot-entry.ts";
import type { StateCapture, StateStore } from "../state-store.ts";

/** What a store has to keep, by the end of a sentence that begins with "a state store". Each gets a new, empty store. */
export type StorePromises = Readonly<Record<string, (store: StateStore) => void | Promise<void>>>;

export const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
export const text = (array: Uint8Array | undefined): string | undefined => (array === undefined ? undefined : String.fromCharCode(...array));

export const entry = (key: string, value: string | undefined): SnapshotEntry => ({
  key: bytes(key),
  value: value === undefined ? undefined : bytes(value),
});

const byKey = <T>(pairs: [string, T][]): Record<string, T> => Object.fromEntries(pairs);

export function fill(store: StateStore, state: Record<string, string>): void {
  for (const [key, value] of Object.entries(state)) store.put(bytes(key), bytes(value));
}

export function stateOf(store: StateStore): Record<string, string | undefined> {
  return byKey([...store.entries()].map(([key, value]) => [text(key) ?? "", text(value)]));
}

/** What a capture holds; it has to hold each key once. */
export function captured(capture: StateCapture): Record<string, string | undefined> {
  const entries = [...capture.entries()];
  assert.equal(entries.length, capture.size);
  return distinct(entries);
}

/** What a snapshot or delta says. */
export async function decoded(chunks: SnapshotChunks, kind: SnapshotKind): Promise<Record<string, string | undefined>> {
  const entries: SnapshotEntry[] = [];
  for await (const some of decodeSnapshot(chunks, { kind })) entries.push(...some);
  return distinct(entries);
}

function distinct(entries: readonly SnapshotEntry[]): Record<string, string | undefined> {
  const found = byKey(entries.map(({ key, value }) => [text(key) ?? "", text(value)]));
  assert.equal(Object.keys(found).length, entries.length, "a key came twice");
  return found;
}

/** Whether an error is the package's with that code. */
export const refusedAs = (code: string) => (error: unknown): boolean => isSnapshotError(error) && error.code === code;
