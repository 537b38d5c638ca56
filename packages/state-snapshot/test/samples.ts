import { decodeSnapshot, encodeSnapshot } from "../src/index.ts";
import type { EncodeOptions, SnapshotChunks, SnapshotEntry, SnapshotEntryInput } from "../src/index.ts";

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export function joined(chunks: Iterable<Uint8Array>): Uint8Array {
  return new Uint8Array(Buffer.concat([...chunks]));
}

export function encoded(entries: Iterable<SnapshotEntryInput>, options: EncodeOptions = {}): Uint8Array {
  return joined(encodeSnapshot(entries, { timestampNs: 1n, ...options }));
}

export async function decoded(chunks: SnapshotChunks): Promise<SnapshotEntry[]> {
  const entries: SnapshotEntry[] = [];
  for await (const block of decodeSnapshot(chunks)) entries.push(...block);
  return entries;
}

/** All that a source gives. */
export async function collected(chunks: SnapshotChunks): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

/** As `toEqual` says, which takes seconds for a megabyte. */
export const isSame = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0);

/** In a form that two of can be compared quickly, and that a person can read. */
export function shown(entries: Iterable<SnapshotEntryInput>): string[] {
  const hex = (array: Uint8Array | undefined) => (array === undefined ? "deleted" : Buffer.from(array).toString("hex"));
  return [...entries].map((entry) => ("key" in entry ? `${hex(entry.key)} ${hex(entry.value)}` : `${hex(entry[0])} ${hex(entry[1])}`));
}

/** Random pieces, empty ones too, each at an address of its own. */
export function* pieces(whole: Uint8Array, random: (below: number) => number, most: number): Iterable<Uint8Array> {
  for (let at = 0; at < whole.length; ) {
    const end = Math.min(whole.length, at + random(most + 1));
    yield whole.slice(at, end);
    at = end;
  }
}

export async function rejection(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}
