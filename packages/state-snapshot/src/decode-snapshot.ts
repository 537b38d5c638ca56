import { BlockReader } from "./block-reader.ts";
import type { Header } from "./format.ts";
import { SnapshotError } from "./snapshot-error.ts";
import type { SnapshotEntry, SnapshotKind } from "./snapshot-entry.ts";

/** The bytes of a snapshot in chunks of any size. Chunks are kept as long as views of them are; don't write into them again. */
export type SnapshotChunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface DecodeOptions {
  /** Refuse the other kind, before the first entry. Default: either. */
  readonly kind?: SnapshotKind | undefined;
}

/**
 * The entries of a snapshot or delta in the order in which they were written, one array per block. A block's checksums are
 * verified before its entries come out; that the snapshot is whole is known only when the iteration ends without an error, so
 * keep what was read apart until then. Keys and values are views of the chunks, copies only where a block lies in several. It
 * holds one block at a time and takes memory for bytes that arrived, never for bytes that a length announces. Errors of `chunks`
 * itself pass through; leaving early closes `chunks`.
 *
 * @throws SnapshotError `SNAPSHOT_CORRUPT`, `SNAPSHOT_TRUNCATED`, `SNAPSHOT_UNSUPPORTED_FORMAT`, `SNAPSHOT_WRONG_KIND`
 */
export async function* decodeSnapshot(chunks: SnapshotChunks, options: DecodeOptions = {}): AsyncIterable<readonly SnapshotEntry[]> {
  yield* decodeWith(new BlockReader(), chunks, options.kind);
}

/** The same, over a reader of the caller's, which then knows the header. */
export async function* decodeWith(
  reader: BlockReader,
  chunks: SnapshotChunks,
  kind: SnapshotKind | undefined,
): AsyncIterable<readonly SnapshotEntry[]> {
  for await (const chunk of chunks) {
    for (const entries of reader.push(chunk)) {
      checkKind(reader.header, kind);
      yield entries;
    }
  }
  reader.end();
  // Without any entry the loop above never looked.
  checkKind(reader.header, kind);
}

/** @throws SnapshotError when the header is of the other kind */
export function checkKind(header: Header | undefined, kind: SnapshotKind | undefined): void {
  if (header === undefined || kind === undefined || header.kind === kind) return;
  const message = `This is a ${header.kind} snapshot where a ${kind} one is needed.`;
  throw new SnapshotError("SNAPSHOT_WRONG_KIND", message, { offset: 10 });
}
