import { BlockWriter } from "./block-writer.ts";
import { BLOCK_BYTES } from "./format.ts";
import type { EncodingStep } from "./pace.ts";
import { isDeletedAt } from "./record.ts";
import type { SnapshotKind } from "./snapshot-entry.ts";
import type { AllocateMemory } from "./state-store.ts";

/** Goes over records, without an object for any. */
export interface RecordCursor {
  /** The memory that holds the record, and where in it the record is. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Goes to the next record; `"pause"` after long work without one, to be called again. */
  advance(): "record" | "pause" | "end";
}

/** Records written between two moments to rest: a fraction of a millisecond, also where each lies elsewhere in memory. */
const RECORDS_PER_STEP = 256;

/** Writes all of a cursor's records, whose memory has to stay as it is. */
export function* writeRecords(writer: BlockWriter, cursor: RecordCursor): Iterable<EncodingStep> {
  let records = 0;
  for (let step = cursor.advance(); step !== "end"; step = cursor.advance()) {
    if (step === "pause" || records % RECORDS_PER_STEP === RECORDS_PER_STEP - 1) yield undefined;
    if (step === "pause") continue;
    records += 1;
    const { bytes, start, end } = cursor;
    const full = writer.room(end - start);
    if (full !== undefined) yield full;
    if (end - start <= BLOCK_BYTES) writer.addRecord(bytes, start, end);
    else yield* writer.addLarge([bytes.subarray(start, end)], isDeletedAt(bytes, start));
  }
}

/** A whole snapshot of a cursor's records, in memory from `allocate`. */
export function* encodeRecords(cursor: RecordCursor, kind: SnapshotKind, timestampNs: bigint, allocate?: AllocateMemory): Iterable<EncodingStep> {
  const writer = new BlockWriter(kind, timestampNs, allocate);
  yield* writeRecords(writer, cursor);
  yield* writer.finish();
}
