import { createStateStore, decodeSnapshot, encodeSnapshot, mergeSnapshots, type SnapshotEntry, StateDelta, StateSnapshot } from "@laminar/state-snapshot";
import type { Choices } from "../random.ts";
import { damaged, joined } from "./bytes.ts";
import { type Decoder, type Hostile, type Outcome, refusal } from "./decoder.ts";
import { CLAIMS, DELTA, snapshotBytes, someField } from "./snapshot-bytes.ts";

export function hostileSnapshot(choices: Choices): Hostile {
  const wrong = someField(choices);
  const made = snapshotBytes(choices, wrong);
  const { bytes, words } = damaged(made.bytes, choices, choices.chance(0.1) ? snapshotBytes(choices, undefined).bytes : made.bytes, wrong === undefined ? 0.6 : 0.1);
  return { bytes, what: `a snapshot with another ${wrong ?? "nothing"}, ${words.join(", ") || "no damage"}`, claims: wrong !== undefined && CLAIMS.has(wrong) };
}

const isDelta = (bytes: Uint8Array): boolean => bytes[10] === DELTA;
const latin = (bytes: Uint8Array | undefined): string => (bytes === undefined ? "-" : Buffer.from(bytes).toString("latin1"));
const textOf = (entries: Iterable<readonly [Uint8Array, Uint8Array | undefined]>): string => Array.from(entries, ([key, value]) => `${latin(key)}=${latin(value)}`).join("\n");
const sorted = (text: string): string => text.split("\n").sort().join("\n");
const pairsOf = (entries: readonly SnapshotEntry[]): (readonly [Uint8Array, Uint8Array | undefined])[] => entries.map(({ key, value }) => [key, value]);

function requireSame(actual: string, expected: string, who: string): void {
  if (actual !== expected) throw new Error(`${who} gives [${actual}], not [${expected}]`);
}

/** The reader in memory: what it takes goes round through its own encoder and through the streaming one. */
export function readTable(bytes: Uint8Array): Outcome {
  const Table = isDelta(bytes) ? StateDelta : StateSnapshot;
  let entries: (readonly [Uint8Array, Uint8Array | undefined])[];
  try {
    entries = [...Table.fromBytes(bytes)];
  } catch (error) {
    return refusal(error);
  }
  const text = textOf(entries);
  requireSame(textOf(Table.fromBytes(Table.fromBytes(bytes).toBytes())), text, "its own bytes");
  const written = encodeSnapshot(entries.map(([key, value]) => ({ key, value })), { kind: isDelta(bytes) ? "delta" : "full" });
  requireSame(textOf(Table.fromBytes(joined([...written]))), text, "what was read and written again");
  return "read";
}

interface HostileChain extends Hostile {
  readonly parts: readonly Uint8Array[];
}

/** A base and a delta, or one of them, of which each may be hostile, or of the wrong kind. */
function hostileChain(choices: Choices): HostileChain {
  const made = Array.from({ length: 1 + choices.whole(3) }, () => hostileSnapshot(choices));
  const parts = [...(choices.chance(0.7) ? [joined([...encodeSnapshot([])])] : []), ...made.map(({ bytes }) => bytes)];
  return { parts, bytes: joined(parts), what: made.map(({ what }) => what).join("; then "), claims: made.some(({ claims }) => claims) && choices.chance(0.1) };
}

async function outcomeOf(read: () => Promise<string>): Promise<{ readonly text?: string; readonly code?: string }> {
  try {
    return { text: await read() };
  } catch (error) {
    return { code: refusal(error) };
  }
}

/** In pieces, since chunks come in any size. */
function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  const size = 1 + (bytes.length % 61);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The readers of streams agree: a store that restores itself, and a merge that is read. */
async function readChain({ parts }: HostileChain): Promise<Outcome> {
  const store = createStateStore();
  const restored = await outcomeOf(async () => {
    await store.restoreFrom(parts.map(piecesOf));
    return sorted(textOf(store.entries()));
  });
  const merged = await outcomeOf(async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of mergeSnapshots(parts.map(piecesOf))) chunks.push(chunk);
    return sorted(textOf(StateSnapshot.fromBytes(joined(chunks))));
  });
  // Keys that come twice in a base alone are seen by whoever builds a table, and pass through a merge unseen.
  if (restored.text !== undefined && merged.text !== undefined) requireSame(merged.text, restored.text, "a merge");
  if (restored.text !== undefined && merged.code !== undefined) throw new Error(`a store takes what a merge refuses with ${merged.code}`);
  return restored.code ?? (await readStream(joined(parts.slice(-1))));
}

async function readStream(bytes: Uint8Array): Promise<Outcome> {
  const entries: SnapshotEntry[] = [];
  for await (const some of decodeSnapshot(piecesOf(bytes))) entries.push(...some);
  const again: SnapshotEntry[] = [];
  for await (const some of decodeSnapshot(encodeSnapshot(entries, { kind: isDelta(bytes) ? "delta" : "full" }))) again.push(...some);
  requireSame(textOf(pairsOf(again)), textOf(pairsOf(entries)), "a stream that was read and written again");
  return "read";
}

export const tables: Decoder = { name: "StateSnapshot and StateDelta", share: 0.25, make: hostileSnapshot, read: ({ bytes }) => readTable(bytes) };
export const chains: Decoder<HostileChain> = { name: "chains: restoreFrom, mergeSnapshots, decodeSnapshot", share: 0.05, make: hostileChain, read: readChain };
