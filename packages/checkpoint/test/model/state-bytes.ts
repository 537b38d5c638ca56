/** The state of the program under test: a few keys. */
export type State = ReadonlyMap<string, string>;
/** A key with its value, or with `null` when it was deleted. */
export type Entry = readonly [key: string, value: string | null];
export interface Part {
  readonly kind: "full" | "delta";
  readonly entries: readonly Entry[];
}

const text = new TextEncoder();
const fromText = new TextDecoder();

const byKey = ([a]: Entry, [b]: Entry): number => (a < b ? -1 : 1);

/** An encoding of states that is the same bytes for the same entries. The manager never looks into it. */
export const encodePart = (kind: "full" | "delta", entries: Iterable<Entry>): Uint8Array => text.encode(JSON.stringify({ kind, entries: [...entries].sort(byKey) }));

const decoded = new WeakMap<Uint8Array, Part>();

export function decodePart(bytes: Uint8Array): Part {
  const known = decoded.get(bytes) ?? (JSON.parse(fromText.decode(bytes)) as Part);
  decoded.set(bytes, known);
  return known;
}

/** What a base and the deltas that follow it say together. */
export function stateOf(parts: readonly Part[]): Map<string, string> {
  if (parts[0]?.kind !== "full" || parts.slice(1).some(({ kind }) => kind !== "delta")) throw new Error("a chain is one full part and then deltas");
  const state = new Map<string, string>();
  for (const [key, value] of parts.flatMap(({ entries }) => entries)) {
    if (value === null) state.delete(key);
    else state.set(key, value);
  }
  return state;
}

/** The state as text that is equal for equal states. */
export const textOf = (state: State): string => [...state].sort(byKey).map(([key, value]) => `${key}=${value}`).join(" ");

async function collected(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const held: Uint8Array[] = [];
  for await (const chunk of chunks) held.push(chunk);
  return held.length === 1 && held[0] ? held[0] : new Uint8Array(Buffer.concat(held));
}

export async function readParts(parts: readonly (Iterable<Uint8Array> | AsyncIterable<Uint8Array>)[]): Promise<Map<string, string>> {
  const read: Part[] = [];
  for (const part of parts) read.push(decodePart(await collected(part)));
  return stateOf(read);
}

/** A base and its deltas as the bytes of one full state. */
export async function* mergeParts(parts: readonly (Iterable<Uint8Array> | AsyncIterable<Uint8Array>)[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield encodePart("full", await readParts(parts));
}
