import { BlockReader } from "./block-reader.ts";
import type { Block } from "./block-reader.ts";
import { BlockWriter } from "./block-writer.ts";
import { checkAllocate, checkParts } from "./check-arguments.ts";
import { blocksOf } from "./decode-snapshot.ts";
import type { SnapshotChunks } from "./decode-snapshot.ts";
import { IdSet } from "./id-set.ts";
import { loadDelta } from "./load-records.ts";
import { AddedRecords, ChangedBlock } from "./merge-cursors.ts";
import { ahead, paced } from "./pace.ts";
import type { EncodingStep } from "./pace.ts";
import { RecordTable } from "./record-table.ts";
import { inPart } from "./snapshot-error.ts";
import type { AllocateMemory } from "./state-store.ts";
import { writeRecords } from "./write-records.ts";

/**
 * One full snapshot of a base and the deltas that follow it, oldest first: the first part is full, the others are deltas. Keys
 * stay where the base has them; new ones follow. The timestamp is the last part's. Deltas are read first and held in memory, as
 * they are and with at most 40 bytes for each of their keys; the base passes through a block at a time. Whether the base is whole
 * is known at its end, so what came out counts only when the iteration ends without an error. Chunks are made in memory that
 * `allocate` gives, as those of a capture are.
 *
 * @throws RangeError without any part, TypeError for parts that are none and an `allocate` that is no function, at the call
 * @throws SnapshotError while iterating, with `part`: as `decodeSnapshot`; `SNAPSHOT_WRONG_KIND` for a first part that is a delta
 *   or a later one that is full; `SNAPSHOT_CORRUPT` for a delta that has a key twice, or a base that has a key twice which a delta
 *   changes
 */
export function mergeSnapshots(parts: readonly SnapshotChunks[], allocate?: AllocateMemory): AsyncIterable<Uint8Array> {
  checkParts(parts);
  checkAllocate(allocate);
  const [base, ...deltas] = parts as readonly [SnapshotChunks, ...SnapshotChunks[]];
  return merge(base, deltas, allocate);
}

async function* merge(base: SnapshotChunks, deltas: readonly SnapshotChunks[], allocate: AllocateMemory | undefined): AsyncIterable<Uint8Array> {
  const changes = new RecordTable();
  let timestampNs: bigint | undefined;
  for (const [index, chunks] of deltas.entries()) ({ timestampNs } = await loadDelta(changes, index + 1, chunks));
  const start = (ofBase: bigint): BlockWriter => new BlockWriter("full", timestampNs ?? ofBase, allocate);
  yield* ahead(paced(mergeSteps(base, changes, start)), () => undefined);
}

async function* mergeSteps(base: SnapshotChunks, changes: RecordTable, start: (ofBase: bigint) => BlockWriter): AsyncIterable<EncodingStep> {
  const reader = new BlockReader("full");
  const used = new IdSet();
  let writer: BlockWriter | undefined;
  for await (const block of baseBlocks(reader, base)) {
    writer ??= start(reader.timestampNs);
    yield* writeRecords(writer, new ChangedBlock(block, changes, used));
  }
  writer ??= start(reader.timestampNs);
  yield* writeRecords(writer, new AddedRecords(changes, used));
  yield* writer.finish();
}

async function* baseBlocks(reader: BlockReader, chunks: SnapshotChunks): AsyncIterable<Block> {
  try {
    yield* blocksOf(reader, chunks);
  } catch (error) {
    throw inPart(0, error);
  }
}
