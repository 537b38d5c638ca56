import { join } from "node:path";
import { judgeEnd } from "./log-end.ts";
import type { Reading } from "./log-requests.ts";
import { damagedEnd, type DamagePolicy, type LogShape, numberBehindDamage, type Segment } from "./log-shape.ts";
import type { LogEnd, Lsn } from "./log.ts";
import * as format from "./segment-format.ts";
import { SegmentWindow } from "./segment-window.ts";
import { lengthWithoutZeros, onlyZerosFollow } from "./trailing-zeros.ts";
import { isCorruption, isWalError, WalError } from "./wal-error.ts";

/*
 * The rules for what counts in a log and where it ends, without I/O: generators that ask for bytes and are given them.
 */

/** A batch of which at least one record counts. */
export interface FoundBatch {
  readonly kind: "batch";
  readonly header: format.BatchHeader;
  /** Records of it that count, from its first on. */
  readonly counted: number;
  readonly body: Uint8Array;
  readonly segment: Segment;
  readonly position: number;
  /** Records up to here weren't asked for; the batch may begin with some. */
  readonly after: Lsn;
}

/** The last record of a batch that counts. */
export const lastCounted = ({ header, counted }: FoundBatch): Lsn => header.firstLsn + counted - 1;

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
  /** Where reading stopped; a later reading may go on there. */
  readonly place: Place;
}

export interface BatchRange {
  /** Segments that hold nothing above it are not read. */
  readonly after: Lsn;
  /** Reading stops once this record was given out, and what is behind it is not judged. */
  readonly upTo: Lsn;
  readonly onDamage: DamagePolicy;
}

/**
 * Reads batches in order and, unless it stops before, judges where the log ends. Throws for damage, unless it is told to stop
 * there. Begins at `from` if that segment is still there, since nothing before it has changed.
 */
export function* readBatches(shape: LogShape, range: BatchRange, from?: Place): Reading<LogTail, FoundBatch> {
  let provenLsn = shape.segments.reduce((most, { header }) => Math.max(most, header.continuesAfter), 0);
  const begun = from ? shape.segments.findIndex((segment) => from.isIn(segment)) : -1;
  for (let i = Math.max(begun, 0); i < shape.segments.length; i++) {
    const segment = shape.segments[i] as Segment;
    const next = shape.segments[i + 1];
    if (next && segment.limit <= range.after) continue;
    const place = new Place(segment, i === begun ? from : undefined);
    try {
      const end = yield* readSegment(shape, place, range, next);
      provenLsn = Math.max(provenLsn, place.provenLsn);
      if (end) return tailAt(shape, place, provenLsn, end);
    } catch (error) {
      if (range.onDamage === "refuse" || !isWalError(error) || !isCorruption(error)) throw error;
      return tailAt(shape, place, Math.max(provenLsn, place.provenLsn), damagedEnd(error, place));
    }
  }
  throw new Error("a log has a newest segment");
}

/** The same when only the end is wanted. */
export function* readToEnd(shape: LogShape, onDamage: DamagePolicy, from?: Place): Reading<LogTail> {
  const batches = readBatches(shape, { after: Number.POSITIVE_INFINITY, upTo: Number.POSITIVE_INFINITY, onDamage }, from);
  for (let step = batches.next(); ; ) {
    if (step.done) return step.value;
    step = batches.next(step.value.kind === "batch" ? undefined : yield step.value);
  }
}

/** Where reading stands in a segment. */
export class Place {
  readonly segment: Segment;
  /** Where the next batch begins. */
  offset: number;
  nextLsn: Lsn;
  provenLsn: Lsn;
  /** Whether a batch was seen that isn't a copy. */
  own: boolean;
  /** Where the zeros end that were seen at the end of the file. A live writer overwrites them from their beginning on. */
  zerosTo: number;

  /** At the beginning of `segment`, or where `from` stood in the same file before. */
  constructor(segment: Segment, from?: Place) {
    this.segment = segment;
    this.offset = from?.offset ?? format.SEGMENT_HEADER_BYTES;
    this.nextLsn = from?.nextLsn ?? segment.header.baseLsn;
    this.provenLsn = from?.provenLsn ?? 0;
    this.own = from?.own ?? false;
    this.zerosTo = from?.zerosTo ?? 0;
  }

  /** Whether `segment` is the file that this place is in. A name is no proof of that: another log may stand there by now. */
  isIn({ number, header }: Segment): boolean {
    const mine = this.segment;
    return number === mine.number && header.salt === mine.header.salt && header.logId === mine.header.logId;
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
  return { lastLsn, nextLsn, provenLsn, newestProven: place.own, place, end: behind && end.kind !== "damaged" ? damagedEnd(behind, end) : end };
}

/** The end of the log, or `undefined` when the next segment goes on. */
function* readSegment(shape: LogShape, place: Place, range: BatchRange, next: Segment | undefined): Reading<LogEnd | undefined, FoundBatch> {
  const { segment } = place;
  const { salt } = segment.header;
  const window = new SegmentWindow(shape.directory, segment, next, place.offset);
  for (;;) {
    const position = place.offset;
    // The limit first: a later segment may state again what is below where this one begins.
    if (next && place.nextLsn > segment.limit) return undefined;
    if (place.nextLsn > range.upTo) return { kind: "clean", file: segment.name, offset: position, bytes: 0 };
    const remaining = place.bytes;
    const headerBytes = Math.min(format.BATCH_HEADER_BYTES, remaining);
    if (!window.covers(position, headerBytes)) yield* window.load(position, headerBytes);
    const header = format.decodeBatchHeader(window.bytes, position - window.position, salt, position);
    const bytes = format.BATCH_HEADER_BYTES + (header?.bodyBytes ?? 0);
    const isWithin = header !== undefined && bytes <= remaining;
    if (isWithin && !window.covers(position, bytes)) yield* window.load(position, bytes);
    const body = isWithin ? window.part(position + format.BATCH_HEADER_BYTES, position + bytes) : undefined;
    if (!header || !body || format.bodyChecksum(body, salt, position) !== header.bodyChecksum) {
      if (next) throw missing(shape, place, yield* onlyZerosFollow(shape.directory, segment, position));
      const end = yield* judgeTail(shape, place, window);
      if (end) return end;
      continue;
    }
    if (header.firstLsn !== place.nextLsn) throw outOfOrder(shape, place, header.firstLsn);
    const counted = Math.min(header.count, segment.limit - header.firstLsn + 1);
    const isWanted = counted > 0 && header.firstLsn + counted - 1 > range.after;
    if (isWanted) yield { kind: "batch", header, counted, body, segment, position, after: range.after };
    place.provenLsn = Math.max(place.provenLsn, header.durableLsn);
    place.own ||= (header.flags & format.FLAG_COPY) === 0;
    place.nextLsn += header.count;
    place.offset += bytes;
  }
}

function missing(shape: LogShape, { segment, offset, nextLsn }: Place, endsWhole: boolean): WalError {
  const file = join(shape.directory, segment.name);
  const what = endsWhole ? `the file ends whole before record ${nextLsn}, and the segment that goes on from there is gone` : `record ${nextLsn} at offset ${offset} doesn't verify`;
  const message = `${file}: ${what}; records up to ${segment.limit} should follow. ${ADVICE}`;
  return new WalError("WAL_CORRUPT", message, { file, offset, lsn: nextLsn, expected: segment.limit, actual: nextLsn - 1 });
}

function outOfOrder(shape: LogShape, { segment, offset, nextLsn }: Place, actual: Lsn): WalError {
  const file = join(shape.directory, segment.name);
  const message = `${file}: the batch at offset ${offset} begins with record ${actual}, not ${nextLsn}. ${ADVICE}`;
  return new WalError("WAL_CORRUPT", message, { file, offset, lsn: nextLsn, expected: nextLsn, actual });
}

/**
 * What stands at the end of the newest segment, where nothing verifies. `undefined` when it was read anew: beside a live writer there may be
 * a batch by now, and later ones that tell of it. Damage is judged only by bytes that were read together.
 */
function* judgeTail(shape: LogShape, place: Place, window: SegmentWindow): Reading<LogEnd | undefined> {
  const { segment, offset, bytes: length, nextLsn } = place;
  if (length > format.UNFINISHED_BYTES_MAX) {
    const file = join(shape.directory, segment.name);
    const message = `${file}: ${length} bytes follow record ${nextLsn - 1} at offset ${offset}, more than an unfinished write leaves. ${ADVICE}`;
    throw new WalError("WAL_SUSPECTED_DAMAGE", message, { file, offset, lsn: nextLsn, expected: format.UNFINISHED_BYTES_MAX, actual: length });
  }
  const isRead = window.covers(offset, length);
  if (yield* endsInZeros(shape, place, window)) {
    place.zerosTo = segment.size;
    return { kind: "clean", file: segment.name, offset, bytes: 0 };
  }
  if (!isRead || window.position !== offset) {
    yield* window.load(offset, length);
    return undefined;
  }
  const tail = window.part(offset, segment.size);
  const verdict = judgeEnd({ bytes: tail, position: offset, salt: segment.header.salt, entryKind: shape.entryKind, expected: nextLsn });
  if (verdict.kind === "clean" || verdict.kind === "torn") return { kind: verdict.kind, file: segment.name, offset, bytes: lengthWithoutZeros(tail) };
  const file = join(shape.directory, segment.name);
  const code = verdict.kind === "corrupt" ? "WAL_CORRUPT" : "WAL_SUSPECTED_DAMAGE";
  const what = verdict.kind === "corrupt" ? "acknowledged bytes are damaged" : "this looks like damage, not like a write that never finished";
  const message = `${file}: at offset ${offset}, where record ${nextLsn} should begin, ${what}: ${verdict.why}. ${ADVICE}`;
  throw new WalError(code, message, { file, offset, lsn: nextLsn });
}

/** Whether nothing but zeros stands where a batch should. Those that were seen before needn't be read again: what is overwritten begins here. */
function* endsInZeros({ directory }: LogShape, { segment, offset, zerosTo }: Place, window: SegmentWindow): Reading<boolean> {
  const seenTo = Math.min(window.end, segment.size);
  if (lengthWithoutZeros(window.part(offset, seenTo)) > 0) return false;
  return yield* onlyZerosFollow(directory, segment, Math.max(seenTo, zerosTo));
}

const ADVICE = 'Nothing was changed; restore the file from a copy, or read up to here with onDamage: "stop"';
