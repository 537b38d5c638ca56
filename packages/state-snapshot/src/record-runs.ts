import { bytesFrom } from "./chunk-queue.ts";
import { ENTRY_HEAD_BYTES } from "./format.ts";
import { DELETED_LENGTH, lengthAt, recordEnd } from "./record.ts";

/** Records one behind the other in one stretch of memory. */
export interface RecordRun {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly deletes: number;
  /** Where in the block's body the run begins. */
  readonly start: number;
}

/**
 * A block's body, which arrived in `pieces`, as runs of whole records: `count` of them, or fewer when the body isn't that. Nothing
 * is copied but records that lie across two pieces, so that reading keeps the chunks that it was given and nothing beside them.
 * Every length is checked; whoever reads the runs needs no checks of his own.
 */
export function recordRuns(pieces: readonly Uint8Array[], count: number): readonly RecordRun[] {
  const runs: RecordRun[] = [];
  let ahead = pieces.reduce((sum, piece) => sum + piece.length, 0);
  let left = count;
  let start = 0;
  const add = (run: RecordRun): void => {
    if (run.count > 0) runs.push(run);
    left -= run.count;
    start += run.bytes.length;
    ahead -= run.bytes.length;
  };
  /** Where in the piece the next record begins; behind its end when the last one reaches into later pieces. */
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    if (at < piece.length) {
      const run = wholeRecords(piece, at, left, start);
      add(run);
      at += run.bytes.length;
    }
    if (at < piece.length && left > 0) {
      const record = recordAcross(pieces, index, at, ahead);
      if (record === undefined) return runs;
      add(wholeRecords(record, 0, 1, start));
      at += record.length;
    }
    at -= piece.length;
  }
  return runs;
}

/** The records that lie whole in `piece` from `at` on, at most so many. */
function wholeRecords(piece: Uint8Array, at: number, most: number, start: number): RecordRun {
  let end = at;
  let count = 0;
  let deletes = 0;
  for (; count < most && fits(piece, end, piece.length - end); count += 1) {
    if (lengthAt(piece, end + 4) === DELETED_LENGTH) deletes += 1;
    end = recordEnd(piece, end);
  }
  return { bytes: piece.subarray(at, end), count, deletes, start };
}

/** A copy of the record that begins at `at` of piece number `index` and goes on in the next ones; `undefined` when it is no record. */
function recordAcross(pieces: readonly Uint8Array[], index: number, at: number, available: number): Uint8Array | undefined {
  if (available < ENTRY_HEAD_BYTES) return undefined;
  const head = bytesFrom(pieces, index, at, ENTRY_HEAD_BYTES);
  return fits(head, 0, available) ? bytesFrom(pieces, index, at, recordEnd(head, 0)) : undefined;
}

/** Whether a record can begin at `at`, where `available` bytes are left. */
function fits(bytes: Uint8Array, at: number, available: number): boolean {
  if (available < ENTRY_HEAD_BYTES) return false;
  return lengthAt(bytes, at) >= 0 && lengthAt(bytes, at + 4) >= DELETED_LENGTH && recordEnd(bytes, at) - at <= available;
}
