import { join } from "node:path";
import { judgeEnd } from "./log-end.ts";
import type { LogEnd, Lsn } from "./log.ts";
import * as format from "./segment-format.ts";
import { WalError } from "./wal-error.ts";

/*
 * The reading rules of the log, without I/O: generators that ask for bytes and are given them. Whoever drives them decides
 * whether that takes promises (`drive-log.ts`) or not (tests that read many thousand images a second).
 */

/** A segment file as the directory showed it. What is beyond `size` isn't looked at. */
export interface SegmentFile {
  readonly name: string;
  readonly number: number;
  readonly size: number;
}

export interface LogListing {
  readonly directory: string;
  /** Ascending by number. */
  readonly segments: readonly SegmentFile[];
  /** The highest number of a head, 0 for none. */
  readonly newestHead: number;
}

/** Asks for exactly `length` bytes, which lie within the segment's size. */
export interface ReadRequest {
  readonly kind: "read";
  readonly segment: SegmentFile;
  readonly position: number;
  readonly length: number;
}

export interface Segment extends SegmentFile {
  readonly header: format.SegmentHeader;
  /** Of this segment only records up to here count: the smallest `continuesAfter` of all later ones. */
  readonly limit: number;
}

/** What the headers alone tell. */
export interface LogShape {
  readonly directory: string;
  readonly logId: string;
  readonly entryKind: number;
  /** Segments that count, ascending; those that were dropped are not among them. */
  readonly segments: readonly Segment[];
  /** Files that only wait for their unlinking. */
  readonly dropped: readonly SegmentFile[];
  readonly oldestLsn: Lsn;
  /** Every record above it that counts is still held. */
  readonly startsAfter: Lsn;
}

/** A batch of which at least one record counts. */
export interface FoundBatch {
  readonly kind: "batch";
  readonly header: format.BatchHeader;
  /** Records of it that count, from its first on. */
  readonly counted: number;
  readonly body: Uint8Array;
  readonly segment: Segment;
  readonly position: number;
}

/** What reading to the end tells. */
export interface LogTail {
  /** The last record that counts; meaningless when reading stopped before the end. */
  readonly lastLsn: Lsn;
  /** The number that the next record gets. */
  readonly nextLsn: Lsn;
  readonly provenLsn: Lsn;
  /** Whether the newest segment holds a batch that isn't a copy, which shows that its publish was complete. */
  readonly newestProven: boolean;
  readonly end: LogEnd;
}

const CHUNK_BYTES = 1024 * 1024;

/** Reads and checks all headers, and decides which part of each segment counts. `undefined` when there is no log. */
export function* readShape(listing: LogListing): Generator<ReadRequest, LogShape | undefined, Uint8Array> {
  const { directory, segments } = listing;
  const newest = segments.at(-1);
  if (listing.newestHead > (newest?.number ?? 0)) {
    throw new WalError("WAL_LOST_SEGMENT", `${directory}: segment ${listing.newestHead} was published and is gone, and with it what it held`, {
      file: directory,
      expected: listing.newestHead,
      actual: newest?.number ?? 0,
    });
  }
  const headers: format.SegmentHeader[] = [];
  for (const segment of segments) headers.push(yield* readHeader(directory, segment, headers[0]));
  const first = headers[0];
  return first && shapeOf(directory, segments, headers, first);
}

function* readHeader(
  directory: string,
  segment: SegmentFile,
  first: format.SegmentHeader | undefined,
): Generator<ReadRequest, format.SegmentHeader, Uint8Array> {
  const file = join(directory, segment.name);
  const bytes = yield { kind: "read", segment, position: 0, length: Math.min(segment.size, format.SEGMENT_HEADER_BYTES) };
  const verdict = format.decodeSegmentHeader(bytes);
  if (verdict.kind === "unsupported") throw new WalError("WAL_UNSUPPORTED_FORMAT", `${file}: ${verdict.what}; a newer release may read it`, { file });
  const corrupt = (what: string): WalError => new WalError("WAL_CORRUPT", `${file}: ${what}`, { file, offset: 0 });
  if (verdict.kind === "damaged") throw corrupt(verdict.what);
  const { header } = verdict;
  if (header.number !== segment.number) throw corrupt(`the header says that this is segment ${header.number}`);
  if (first && header.logId !== first.logId) throw corrupt(`the segment belongs to log ${header.logId}, not ${first.logId}`);
  if (first && header.entryKind !== first.entryKind) throw corrupt("the segment holds another kind of entries");
  return header;
}

function shapeOf(
  directory: string,
  files: readonly SegmentFile[],
  headers: readonly format.SegmentHeader[],
  first: format.SegmentHeader,
): LogShape {
  let limit = Number.POSITIVE_INFINITY;
  const all: Segment[] = [];
  for (let i = files.length - 1; i >= 0; i--) {
    const header = headers[i] as format.SegmentHeader;
    all.unshift({ ...(files[i] as SegmentFile), header, limit });
    limit = Math.min(limit, header.continuesAfter);
  }
  const oldestLsn = Math.max(...headers.map((header) => header.oldestLsn));
  let from = 0;
  while (from < all.length - 1 && (all[from] as Segment).limit < oldestLsn) from++;
  const oldest = all[from] as Segment;
  if (oldest.header.continuesAfter >= Math.max(oldestLsn, 1)) {
    const file = join(directory, oldest.name);
    const message = `${file}: records from ${Math.max(oldestLsn, 1)} to ${oldest.header.continuesAfter} should be held, and the segment that held them is gone`;
    throw new WalError("WAL_LOST_SEGMENT", message, { file, lsn: Math.max(oldestLsn, 1) });
  }
  const { logId, entryKind } = first;
  const startsAfter = oldest.header.continuesAfter;
  return { directory, logId, entryKind, segments: all.slice(from), dropped: files.slice(0, from), oldestLsn, startsAfter };
}

/** Whether a fence took `lsn` out of use: it lies in a gap that some segment's header declares. */
export function isFenced(shape: LogShape, lsn: Lsn): boolean {
  return shape.segments.some(({ header }) => lsn > header.continuesAfter && lsn < header.baseLsn);
}

export interface BatchRange {
  /** Segments that hold nothing above it are not read. */
  readonly after: Lsn;
  /** Reading stops once this record was given out, and what is behind it is not judged. */
  readonly upTo: Lsn;
}

/** Reads batches in order and, unless it stops before, judges where the log ends. Throws for damage. */
export function* readBatches(shape: LogShape, range: BatchRange): Generator<ReadRequest | FoundBatch, LogTail, Uint8Array> {
  let provenLsn = Math.max(...shape.segments.map(({ header }) => header.continuesAfter));
  let result: SegmentRead | undefined;
  const newest = shape.segments.at(-1) as Segment;
  for (const segment of shape.segments) {
    if (segment !== newest && segment.limit <= range.after) continue;
    result = yield* readSegment(shape, segment, range);
    provenLsn = Math.max(provenLsn, result.provenLsn);
    if (result.stopped || segment === newest) break;
    if (segment.limit >= result.nextLsn) throw missing(shape, segment, result);
  }
  const read = result as SegmentRead;
  const held = read.nextLsn > newest.header.baseLsn;
  const end = read.end ?? { kind: "clean", file: newest.name, offset: read.position, bytes: 0 };
  const nextLsn = Math.max(newest.header.baseLsn, read.nextLsn);
  return { lastLsn: held ? read.nextLsn - 1 : newest.header.continuesAfter, nextLsn, provenLsn, newestProven: read.own, end };
}

function missing(shape: LogShape, segment: Segment, read: SegmentRead): WalError {
  const file = join(shape.directory, segment.name);
  const message = `${file}: record ${read.nextLsn} at offset ${read.position} doesn't verify, and records up to ${segment.limit} should follow`;
  return new WalError("WAL_CORRUPT", message, { file, offset: read.position, lsn: read.nextLsn, expected: segment.limit });
}

interface SegmentRead {
  readonly nextLsn: Lsn;
  readonly provenLsn: Lsn;
  readonly position: number;
  readonly own: boolean;
  readonly stopped: boolean;
  readonly end?: LogEnd;
}

function* readSegment(shape: LogShape, segment: Segment, range: BatchRange): Generator<ReadRequest | FoundBatch, SegmentRead, Uint8Array> {
  const { salt } = segment.header;
  let position = format.SEGMENT_HEADER_BYTES;
  let nextLsn = segment.header.baseLsn;
  let provenLsn = 0;
  let own = false;
  let window: Uint8Array = new Uint8Array(0);
  let windowAt = position;
  const result = (stopped: boolean): SegmentRead => ({ nextLsn, provenLsn, position, own, stopped });
  for (;;) {
    if (nextLsn > range.upTo) return result(true);
    if (nextLsn > segment.limit) return result(false);
    const remaining = segment.size - position;
    if (windowAt + window.length - position < Math.min(format.BATCH_HEADER_BYTES, remaining)) {
      window = yield { kind: "read", segment, position, length: Math.min(CHUNK_BYTES, remaining) };
      windowAt = position;
    }
    const header = format.decodeBatchHeader(window, position - windowAt, salt, position);
    const bytes = format.BATCH_HEADER_BYTES + (header?.bodyBytes ?? 0);
    if (!header || bytes > remaining) break;
    if (position + bytes > windowAt + window.length) {
      window = yield { kind: "read", segment, position, length: Math.max(bytes, Math.min(CHUNK_BYTES, remaining)) };
      windowAt = position;
    }
    const body = window.subarray(position - windowAt + format.BATCH_HEADER_BYTES, position - windowAt + bytes);
    if (format.bodyChecksum(body, salt, position) !== header.bodyChecksum) break;
    if (header.firstLsn !== nextLsn) throw outOfOrder(shape, segment, position, header.firstLsn, nextLsn);
    const counted = Math.min(header.count, segment.limit - header.firstLsn + 1);
    if (counted > 0 && header.firstLsn + counted - 1 > range.after) yield { kind: "batch", header, counted, body, segment, position };
    provenLsn = Math.max(provenLsn, header.durableLsn);
    own ||= (header.flags & format.FLAG_COPY) === 0;
    nextLsn += header.count;
    position += bytes;
  }
  if (segment !== shape.segments.at(-1)) return result(false);
  return { ...result(false), end: yield* judgeTail(shape, segment, position, nextLsn) };
}

function outOfOrder(shape: LogShape, segment: Segment, offset: number, actual: number, expected: number): WalError {
  const file = join(shape.directory, segment.name);
  return new WalError("WAL_CORRUPT", `${file}: the batch at offset ${offset} begins with record ${actual}, not ${expected}`, { file, offset, lsn: expected, expected, actual });
}

function* judgeTail(shape: LogShape, segment: Segment, position: number, expected: number): Generator<ReadRequest, LogEnd, Uint8Array> {
  const length = segment.size - position;
  const bytes = length > 0 ? yield { kind: "read", segment, position, length } : new Uint8Array(0);
  const verdict = judgeEnd({ bytes, position, salt: segment.header.salt, entryKind: shape.entryKind, expected });
  if (verdict.kind === "clean" || verdict.kind === "torn") return { kind: verdict.kind, file: segment.name, offset: position, bytes: length };
  const file = join(shape.directory, segment.name);
  const code = verdict.kind === "corrupt" ? "WAL_CORRUPT" : "WAL_SUSPECTED_DAMAGE";
  const what = verdict.kind === "corrupt" ? "acknowledged bytes are damaged" : "this looks like damage, not like a write that never finished";
  const message = `${file}: at offset ${position}, where record ${expected} should begin, ${what}: ${verdict.why}. Nothing was changed; restore the file, or recover up to here`;
  throw new WalError(code, message, { file, offset: position, lsn: expected });
}
