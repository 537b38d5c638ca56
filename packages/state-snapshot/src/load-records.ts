import { BlockReader } from "./block-reader.ts";
import type { Block } from "./block-reader.ts";
import { blocksOf } from "./decode-snapshot.ts";
import type { SnapshotChunks } from "./decode-snapshot.ts";
import { ENTRY_HEAD_BYTES } from "./format.ts";
import { IdSet } from "./id-set.ts";
import { hashKey } from "./key-hash.ts";
import { NO_ID } from "./key-index.ts";
import { RecordTable } from "./record-table.ts";
import { lengthAt, recordEnd } from "./record.ts";
import { corrupt, inPart } from "./snapshot-error.ts";

/** Which keys a snapshot may have: each one that it has is added here, and none may be here already. `"distinct"`: none that the table has. */
export type Seen = IdSet | "distinct";

/**
 * Puts a block's records into `table`, whose arena holds them already: in its last chunk, from `offset` on.
 *
 * @throws SnapshotError `SNAPSHOT_CORRUPT` for a key that comes twice
 */
export function addBlock(table: RecordTable, block: Block, offset: number, seen: Seen): void {
  const { bytes } = block;
  const chunk = table.arena.lastChunk;
  const hashes = hashesOf(block);
  table.warm(hashes, hashes.length);
  let at = 0;
  for (let record = 0; record < hashes.length; record += 1) {
    const hash = hashes[record] ?? 0;
    const known = table.findRecord(hash, bytes, at);
    if (known !== NO_ID && (seen === "distinct" || seen.has(known))) {
      throw corrupt(block.offset + at + ENTRY_HEAD_BYTES, "a key comes twice", block.index);
    }
    const id = known === NO_ID ? table.insertAt(hash, chunk, offset + at) : known;
    if (known !== NO_ID) table.replaceAt(id, chunk, offset + at);
    if (seen !== "distinct") seen.add(id);
    at = recordEnd(bytes, at);
  }
}

function hashesOf({ bytes, count }: Block): Int32Array {
  const hashes = new Int32Array(count);
  let at = 0;
  for (let record = 0; record < count; record += 1) {
    const start = at + ENTRY_HEAD_BYTES;
    hashes[record] = hashKey(bytes, start, start + lengthAt(bytes, at));
    at = recordEnd(bytes, at);
  }
  return hashes;
}

/** Puts delta number `part` of several over what `table` holds; its timestamp. */
export async function loadDelta(table: RecordTable, part: number, chunks: SnapshotChunks): Promise<bigint> {
  return loadPart(table, part, chunks, new IdSet());
}

/** A table of its own from a full snapshot and the deltas that follow it, with the entries that the deltas changed. */
export async function loadState(parts: readonly SnapshotChunks[]): Promise<{ readonly table: RecordTable; readonly changed: IdSet }> {
  const table = new RecordTable();
  const changed = new IdSet();
  for (const [part, chunks] of parts.entries()) {
    const seen = part === 0 ? "distinct" : new IdSet();
    await loadPart(table, part, chunks, seen);
    if (seen !== "distinct") changed.absorb(seen);
  }
  return { table, changed };
}

async function loadPart(table: RecordTable, part: number, chunks: SnapshotChunks, seen: Seen): Promise<bigint> {
  const reader = new BlockReader(seen === "distinct" ? "full" : "delta");
  try {
    for await (const block of blocksOf(reader, chunks)) addBlock(table, block, table.arena.keep(block.bytes), seen);
  } catch (error) {
    throw inPart(part, error);
  }
  return reader.timestampNs;
}
