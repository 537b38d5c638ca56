import { BlockReader } from "./block-reader.ts";
import type { Block } from "./block-reader.ts";
import { checkIterable, checkKind, checkOptions } from "./check-arguments.ts";
import { Pace } from "./pace.ts";
import { keyAt, recordEnd, valueAt } from "./record.ts";
import type { SnapshotEntry, SnapshotKind } from "./snapshot-entry.ts";

/** The bytes of a snapshot in chunks of any size. Chunks are kept as long as views of them are; don't write into them again. */
export type SnapshotChunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** How a snapshot is read. */
export interface DecodeOptions {
  /** Refuse the other kind, before the first entry. @default either */
  readonly kind?: SnapshotKind | undefined;
}

/**
 * The entries of a snapshot or delta in the order in which they were written, in arrays of some hundred. A block's checksums are
 * verified before its entries come out; that the snapshot is whole is known only when the iteration ends without an error, so
 * keep what was read apart until then. Keys and values are views of the chunks; only an entry that lies in several is copied. It
 * holds one block at a time, which is the size of its largest entry or 64 KiB, and takes memory for bytes that arrived, never for
 * bytes that a length announces. The event loop goes on meanwhile, also when `chunks` never waits. Errors of `chunks` itself pass
 * through; leaving early closes `chunks`.
 *
 * @throws TypeError, at the call, for `chunks` that are none and wrong options
 * @throws SnapshotError while iterating: `SNAPSHOT_CORRUPT`, `SNAPSHOT_TRUNCATED`, `SNAPSHOT_UNSUPPORTED_FORMAT`, `SNAPSHOT_WRONG_KIND`
 */
export function decodeSnapshot(chunks: SnapshotChunks, options: DecodeOptions = {}): AsyncIterable<readonly SnapshotEntry[]> {
  checkIterable(chunks, "The chunks of a snapshot are an iterable of Uint8Arrays, a single one in an array");
  checkOptions(options, ["kind"]);
  if (options.kind !== undefined) checkKind(options.kind);
  return entriesIn(chunks, options.kind);
}

async function* entriesIn(chunks: SnapshotChunks, kind: SnapshotKind | undefined): AsyncIterable<readonly SnapshotEntry[]> {
  for await (const block of blocksOf(new BlockReader(kind), chunks)) yield entriesOf(block);
}

/** The blocks of a snapshot, verified one by one; the whole is when the iteration ends without an error. In turns, also where `chunks` never waits. */
export async function* blocksOf(reader: BlockReader, chunks: SnapshotChunks): AsyncIterable<Block> {
  const pace = new Pace();
  for await (const chunk of chunks) {
    for (const block of reader.push(chunk)) {
      yield block;
      if (pace.isDue) await pace.rest();
    }
  }
  reader.end();
}

/** Views of a block's entries. */
function entriesOf({ bytes, count }: Block): readonly SnapshotEntry[] {
  const entries: SnapshotEntry[] = [];
  for (let at = 0; entries.length < count; at = recordEnd(bytes, at)) entries.push({ key: keyAt(bytes, at), value: valueAt(bytes, at) });
  return entries;
}
