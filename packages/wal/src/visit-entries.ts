import { EntryCursor, type Mark } from "./entry-cursor.ts";
import { ARRAY, BIN16, BIN8, BIN32, CHECKPOINT } from "./entry-format.ts";
import type { EntryVisitor, Lsn } from "./log.ts";

/*
 * The hot loop of reading. It looks at a body's bytes where they are and hands on numbers: no object for an entry, and no view
 * for a key or a value. That takes 11 ns for a put of 16 and 100 bytes (4 of them to see that the body is whole before
 * anything of it is shown), and 42 with the objects and views that `read` gives (Node.js 20; the checksum takes about 27).
 */

/** An entry that is no change of a key, decoded, and where the next one begins. */
interface ScannedMark {
  readonly mark: Mark;
  readonly end: number;
}

/** Throws `RangeError` unless `bytes` hold exactly `count` entries up to `end`. Returns those that are no changes of a key. */
export function scanEntries(bytes: Uint8Array, end: number, count: number): readonly ScannedMark[] {
  const marks: ScannedMark[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const tag = bytes[at];
    if (tag === ARRAY + 2 && bytes[at + 1] !== CHECKPOINT) at = endOfBinary(bytes, endOfBinary(bytes, at + 1, end), end);
    else if (tag === ARRAY + 1) at = endOfBinary(bytes, at + 1, end);
    else {
      const cursor = new EntryCursor(bytes, at, end);
      const mark = cursor.mark();
      at = cursor.at;
      marks.push({ mark, end: at });
    }
  }
  if (at !== end) throw new RangeError("bytes after the last entry");
  return marks;
}

/** Which entries of a batch to visit. */
export interface VisitRange {
  /** The record of the first entry. */
  readonly firstLsn: Lsn;
  /** So many entries are passed over. */
  readonly skipped: number;
  /** The entry where the visit ends, counted from 0. */
  readonly counted: number;
}

/** Shows to `visitor` what `scanEntries` has found to be whole. */
export function visitEntries(bytes: Uint8Array, marks: readonly ScannedMark[], { firstLsn, skipped, counted }: VisitRange, visitor: EntryVisitor): void {
  let at = 0;
  let nextMark = 0;
  for (let i = 0; i < counted; i++) {
    const tag = bytes[at] as number;
    if (tag > ARRAY + 2 || bytes[at + 1] === CHECKPOINT) {
      const { mark, end } = marks[nextMark++] as ScannedMark;
      at = end;
      if (i >= skipped) visitMark(mark, firstLsn + i, visitor);
      continue;
    }
    const keyStart = startOfBinary(bytes, at + 1);
    const keyEnd = endOfBinary(bytes, at + 1, bytes.length);
    if (tag === ARRAY + 1) {
      at = keyEnd;
      if (i >= skipped) visitor.delete(firstLsn + i, bytes, keyStart, keyEnd);
    } else {
      const valueStart = startOfBinary(bytes, keyEnd);
      at = endOfBinary(bytes, keyEnd, bytes.length);
      if (i >= skipped) visitor.put(firstLsn + i, bytes, keyStart, keyEnd, valueStart, at);
    }
  }
}

function visitMark(mark: Mark, lsn: Lsn, visitor: EntryVisitor): void {
  if (mark.type === "checkpoint") visitor.checkpoint(lsn, mark.id);
  else visitor.commit(lsn, mark.offsets, mark.watermark);
}

/** Where the content of the binary at `at` begins. */
function startOfBinary(bytes: Uint8Array, at: number): number {
  const tag = bytes[at];
  return at + (tag === BIN8 ? 2 : tag === BIN16 ? 3 : 5);
}

/** Where the binary at `at` ends, which must be within `limit`. */
function endOfBinary(bytes: Uint8Array, at: number, limit: number): number {
  const tag = bytes[at];
  let end = Number.NaN;
  if (tag === BIN8) end = at + 2 + (bytes[at + 1] as number);
  else if (tag === BIN16) end = at + 3 + (((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number));
  else if (tag === BIN32) end = at + 5 + ((((bytes[at + 1] as number) << 24) >>> 0) + (((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number)));
  // Written so that it catches NaN, which missing bytes lead to as well.
  if (!(end <= limit)) throw new RangeError("a binary expected, within its batch");
  return end;
}
