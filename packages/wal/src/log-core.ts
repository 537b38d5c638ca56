import { join } from "node:path";
import { judgeEnd } from "./log-end.ts";
import { damagedEnd, type DamagePolicy, type LogShape, numberBehindDamage, type Segment, type SegmentFile } from "./log-shape.ts";
import type { LogEnd, Lsn } from "./log.ts";
import * as format from "./segment-format.ts";
import { isCorruption, isWalError, WalError } from "./wal-error.ts";

/*
 * The reading rules of the log, without I/O: generators that ask for bytes and are given them. Whoever drives them decides
 * whether that takes promises (`drive-log.ts`) or not (tests that read many thousand images a second).
 */

/** Asks for exactly `length` bytes, which lie within the segment's size. */
export interface ReadRequest {
  readonly kind: "read";
  readonly segment: SegmentFile;
  readonly position: number;
  readonly length: number;
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

export interface BatchRange {
  /** Segments that hold nothing above it are not read. */
  readonly after: Lsn;
  /** Reading stops once this record was given out, and what is behind it is not judged. */
  readonly upTo: Lsn;
  readonly onDamage: DamagePolicy;
}

/** Reads batches in order and, unless it stops before, judges where the log ends. Throws for damage, unless it is told to stop there. */
export function* readBatches(shape: LogShape, range: BatchRange): Generator<ReadRequest | FoundBatch, LogTail, Uint8Array> {
  let provenLsn = Math.max(...shape.segments.map(({ header }) => header.continuesAfter));
  const newest = shape.segments.at(-1) as Segment;
  for (const segment of shape.segments) {
    if (segment !== newest && segment.limit <= range.after) continue;
    const place = new Place(segment);
    try {
      const end = yield* readSegment(shape, place, range);
      provenLsn = Math.max(provenLsn, place.provenLsn);
      if (end) return tailAt(shape, place, provenLsn, end);
    } catch (error) {
      if (range.onDamage === "refuse" || !isWalError(error) || !isCorruption(error)) throw error;
      return tailAt(shape, place, Math.max(provenLsn, place.provenLsn), damagedEnd(error, place));
    }
  }
  throw new Error("a log has a newest segment");
}

/** Where reading stands in a segment. */
class Place {
  readonly segment: Segment;
  /** Where the next batch begins. */
  offset: number = format.SEGMENT_HEADER_BYTES;
  nextLsn: Lsn;
  provenLsn: Lsn = 0;
  /** Whether a batch was seen that isn't a copy. */
  own = false;

  constructor(segment: Segment) {
    this.segment = segment;
    this.nextLsn = segment.header.baseLsn;
  }

  get file(): string {
    return this.segment.name;
  }

  get bytes(): number {
    return this.segment.size - this.offset;
  }
}

function tailAt(shape: LogShape, place: Place, provenLsn: Lsn, end: LogEnd): LogTail {
  const { header } = place.segment;
  const lastLsn = place.nextLsn > header.baseLsn ? place.nextLsn - 1 : header.continuesAfter;
  const behind = shape.damage?.behind;
  const nextLsn = end.kind === "damaged" || behind ? numberBehindDamage(shape, place) : place.nextLsn;
  return { lastLsn, nextLsn, provenLsn, newestProven: place.own, end: behind && end.kind !== "damaged" ? damagedEnd(behind, end) : end };
}

/** The end of the log, or `undefined` when a later segment goes on. */
function* readSegment(shape: LogShape, place: Place, range: BatchRange): Generator<ReadRequest | FoundBatch, LogEnd | undefined, Uint8Array> {
  const { segment } = place;
  const isNewest = segment === shape.segments.at(-1);
  const { salt } = segment.header;
  let window: Uint8Array = new Uint8Array(0);
  let windowAt = place.offset;
  for (;;) {
    const position = place.offset;
    if (place.nextLsn > range.upTo) return { kind: "clean", file: segment.name, offset: position, bytes: 0 };
    if (place.nextLsn > segment.limit) return undefined;
    const remaining = place.bytes;
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
    if (header.firstLsn !== place.nextLsn) throw outOfOrder(shape, place, header.firstLsn);
    const counted = Math.min(header.count, segment.limit - header.firstLsn + 1);
    if (counted > 0 && header.firstLsn + counted - 1 > range.after) yield { kind: "batch", header, counted, body, segment, position };
    place.provenLsn = Math.max(place.provenLsn, header.durableLsn);
    place.own ||= (header.flags & format.FLAG_COPY) === 0;
    place.nextLsn += header.count;
    place.offset += bytes;
  }
  if (!isNewest) throw missing(shape, place);
  return yield* judgeTail(shape, place);
}

function missing(shape: LogShape, { segment, offset, nextLsn }: Place): WalError {
  const file = join(shape.directory, segment.name);
  const message = `${file}: record ${nextLsn} at offset ${offset} doesn't verify, and records up to ${segment.limit} should follow. ${ADVICE}`;
  return new WalError("WAL_CORRUPT", message, { file, offset, lsn: nextLsn, expected: segment.limit, actual: nextLsn - 1 });
}

function outOfOrder(shape: LogShape, { segment, offset, nextLsn }: Place, actual: Lsn): WalError {
  const file = join(shape.directory, segment.name);
  const message = `${file}: the batch at offset ${offset} begins with record ${actual}, not ${nextLsn}. ${ADVICE}`;
  return new WalError("WAL_CORRUPT", message, { file, offset, lsn: nextLsn, expected: nextLsn, actual });
}

function* judgeTail(shape: LogShape, { segment, offset, bytes: length, nextLsn }: Place): Generator<ReadRequest, LogEnd, Uint8Array> {
  if (length > format.UNFINISHED_BYTES_MAX) {
    const file = join(shape.directory, segment.name);
    const message = `${file}: ${length} bytes follow record ${nextLsn - 1} at offset ${offset}, more than an unfinished write leaves. ${ADVICE}`;
    throw new WalError("WAL_SUSPECTED_DAMAGE", message, { file, offset, lsn: nextLsn, expected: format.UNFINISHED_BYTES_MAX, actual: length });
  }
  const bytes = length > 0 ? yield { kind: "read", segment, position: offset, length } : new Uint8Array(0);
  const verdict = judgeEnd({ bytes, position: offset, salt: segment.header.salt, entryKind: shape.entryKind, expected: nextLsn });
  if (verdict.kind === "clean" || verdict.kind === "torn") return { kind: verdict.kind, file: segment.name, offset, bytes: length };
  const file = join(shape.directory, segment.name);
  const code = verdict.kind === "corrupt" ? "WAL_CORRUPT" : "WAL_SUSPECTED_DAMAGE";
  const what = verdict.kind === "corrupt" ? "acknowledged bytes are damaged" : "this looks like damage, not like a write that never finished";
  const message = `${file}: at offset ${offset}, where record ${nextLsn} should begin, ${what}: ${verdict.why}. ${ADVICE}`;
  throw new WalError(code, message, { file, offset, lsn: nextLsn });
}

const ADVICE = "Nothing was changed; restore the file from a copy, or recover up to here";
