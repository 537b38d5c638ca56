import { BlockReader } from "./block-reader.ts";
import { BlockWriter } from "./block-writer.ts";
import { decodeWith } from "./decode-snapshot.ts";
import type { SnapshotChunks } from "./decode-snapshot.ts";
import { keyText } from "./key-text.ts";
import { SnapshotError } from "./snapshot-error.ts";
import type { SnapshotEntry } from "./snapshot-entry.ts";

/** What the deltas say of one key: the last one counts. */
interface Change {
  readonly entry: SnapshotEntry;
  readonly part: number;
}

/**
 * One full snapshot of a base and the deltas that follow it, oldest first: the first part is full, the others are deltas. Keys
 * stay where the base has them; new ones follow. The timestamp is the last part's. Deltas are read first and held in memory, the
 * base passes through a block at a time. Whether the base is whole is known at its end, so what came out counts only when the
 * iteration ends without an error.
 *
 * @throws RangeError without any part, at the call
 * @throws SnapshotError while iterating: as `decodeSnapshot`; `SNAPSHOT_WRONG_KIND` for a first part that is a delta or a later
 *   one that is full; `SNAPSHOT_CORRUPT` for a delta that has a key twice
 */
export function mergeSnapshots(parts: readonly SnapshotChunks[]): AsyncIterable<Uint8Array> {
  const [base, ...deltas] = parts;
  if (base === undefined) throw new RangeError("There is nothing to merge: the first part is the full snapshot.");
  return merge(base, deltas);
}

async function* merge(base: SnapshotChunks, deltas: readonly SnapshotChunks[]): AsyncIterable<Uint8Array> {
  const changes = new Map<string, Change>();
  let timestampNs: bigint | undefined;
  for (const [part, chunks] of deltas.entries()) timestampNs = await collect(changes, chunks, part);

  const reader = new BlockReader();
  let writer: BlockWriter | undefined;
  for await (const entries of decodeWith(reader, base, "full")) {
    if (writer === undefined) {
      writer = new BlockWriter("full", timestampNs ?? timestampIn(reader));
      yield writer.header;
    }
    yield* addAll(writer, takeOver(entries, changes));
  }
  if (writer === undefined) {
    writer = new BlockWriter("full", timestampNs ?? timestampIn(reader));
    yield writer.header;
  }
  yield* addAll(writer, [...changes.values()].map((change) => change.entry));
  yield* writer.finish();
}

/** Puts a delta over `changes`; its timestamp. */
async function collect(changes: Map<string, Change>, chunks: SnapshotChunks, part: number): Promise<bigint> {
  const reader = new BlockReader();
  for await (const entries of decodeWith(reader, chunks, "delta")) {
    for (const entry of entries) {
      const text = keyText(entry.key);
      if (changes.get(text)?.part === part) throw new SnapshotError("SNAPSHOT_CORRUPT", `Delta ${part + 1} of the merge has a key twice.`);
      changes.set(text, { entry, part });
    }
  }
  return timestampIn(reader);
}

/** The base's entries as the deltas left them; what was used leaves `changes`, so that new keys remain. */
function* takeOver(entries: readonly SnapshotEntry[], changes: Map<string, Change>): Iterable<SnapshotEntry> {
  for (const entry of entries) {
    const text = keyText(entry.key);
    yield changes.get(text)?.entry ?? entry;
    changes.delete(text);
  }
}

function* addAll(writer: BlockWriter, entries: Iterable<SnapshotEntry>): Iterable<Uint8Array> {
  for (const { key, value } of entries) {
    const block = value === undefined ? undefined : writer.add(key, value);
    if (block !== undefined) yield block;
  }
}

/** The header was read when the reader gave out a block or came to its end. */
const timestampIn = (reader: BlockReader): bigint => reader.header?.timestampNs ?? 0n;
