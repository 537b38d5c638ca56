import { join } from "node:path";
import type { LogEnd, Lsn } from "./log.ts";
import * as format from "./segment-format.ts";
import { WalError } from "./wal-error.ts";

/*
 * What the headers alone tell: which segments there are, and which part of each counts. Pure, so that whoever has the bytes,
 * from a disk or from memory, at once or by promises, decides alike.
 */

/** A segment file as the directory showed it. What is beyond `size` isn't looked at. */
export interface SegmentFile {
  readonly name: string;
  readonly number: number;
  readonly size: number;
  /** All of a small file, which came with its header. */
  readonly content?: Uint8Array | undefined;
}

export interface LogListing {
  readonly directory: string;
  /** Ascending by number. */
  readonly segments: readonly SegmentFile[];
  /** The highest number of a head, 0 for none. */
  readonly newestHead: number;
}

export interface Segment extends SegmentFile {
  readonly header: format.SegmentHeader;
  /** Of this segment only records up to here count: the smallest `continuesAfter` of all later ones. */
  readonly limit: number;
}

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
  /** With `onDamage: "stop"`: what the headers and names say to be damaged or gone. */
  readonly damage?: ShapeDamage | undefined;
}

export interface ShapeDamage {
  /** Files whose header doesn't verify. What they held is taken for lost. */
  readonly unreadable: readonly SegmentFile[];
  /** The segments that held the oldest records are gone; the log begins later than it should. */
  readonly atStart?: WalError | undefined;
  /** A segment that can't be read or was lost: what came behind the last one that is held isn't known. */
  readonly behind?: WalError | undefined;
}

/** What reading does where bytes that count don't verify: give the error, or take it for the end of the log. */
export type DamagePolicy = "refuse" | "stop";

/** `headers[i]` are the first bytes of `segments[i]`, fewer only where the file is shorter. `undefined` when there is no log. */
export function shapeOf(listing: LogListing, headers: readonly Uint8Array[], onDamage: DamagePolicy): LogShape | undefined {
  const { directory, segments } = listing;
  const lost = lostNewest(listing);
  if (lost && onDamage === "refuse") throw lost;
  const readable: ReadSegment[] = [];
  const unreadable: SegmentFile[] = [];
  let behind = lost;
  for (const [i, file] of segments.entries()) {
    const header = headerOf(directory, file, headers[i] ?? new Uint8Array(0), readable[0]?.header);
    if (!(header instanceof WalError)) readable.push({ ...file, header });
    else if (onDamage === "refuse" || header.code === "WAL_UNSUPPORTED_FORMAT") throw header;
    else {
      unreadable.push(file);
      behind ??= header;
    }
  }
  const first = readable[0];
  if (!first) {
    if (behind) throw behind;
    return undefined;
  }
  const { logId, entryKind } = first.header;
  const shape = { directory, logId, entryKind, ...arrange(readable) };
  const atStart = lostOldest(directory, shape.segments[0] as Segment, shape.oldestLsn);
  if (atStart && onDamage === "refuse") throw atStart;
  return atStart || behind ? { ...shape, damage: { unreadable, atStart, behind } } : shape;
}

type ReadSegment = Omit<Segment, "limit">;

/** Which part of each segment counts, by all headers together; `all` holds one at least, ascending. */
export function arrange(all: readonly ReadSegment[]): Pick<LogShape, "segments" | "dropped" | "oldestLsn" | "startsAfter"> {
  const segments: Segment[] = [];
  let limit = Number.POSITIVE_INFINITY;
  let oldestLsn = 0;
  for (const segment of [...all].reverse()) {
    segments.push({ ...segment, limit });
    limit = Math.min(limit, segment.header.continuesAfter);
    oldestLsn = Math.max(oldestLsn, segment.header.oldestLsn);
  }
  segments.reverse();
  let from = 0;
  while (from < segments.length - 1 && (segments[from] as Segment).limit < oldestLsn) from++;
  const startsAfter = (segments[from] as Segment).header.continuesAfter;
  return { segments: segments.slice(from), dropped: segments.slice(0, from), oldestLsn, startsAfter };
}

function headerOf(directory: string, segment: SegmentFile, bytes: Uint8Array, first: format.SegmentHeader | undefined): format.SegmentHeader | WalError {
  const file = join(directory, segment.name);
  const verdict = format.decodeSegmentHeader(bytes);
  if (verdict.kind === "unsupported") return new WalError("WAL_UNSUPPORTED_FORMAT", `${file}: ${verdict.what}; use a release that reads it`, { file, offset: 0 });
  const corrupt = (what: string): WalError =>
    new WalError("WAL_CORRUPT", `${file}: ${what}. Nothing was changed; restore the file from a copy, or recover up to it`, { file, offset: 0 });
  if (verdict.kind === "damaged") return corrupt(verdict.what);
  const { header } = verdict;
  if (header.number !== segment.number) return corrupt(`the header says that this is segment ${header.number}`);
  if (first && header.logId !== first.logId) return corrupt(`the segment belongs to log ${header.logId}, not ${first.logId}`);
  if (first && header.entryKind !== first.entryKind) return corrupt("the segment holds another kind of entries");
  return header;
}

function lostNewest({ directory, segments, newestHead }: LogListing): WalError | undefined {
  const newest = segments.at(-1)?.number ?? 0;
  if (newestHead <= newest) return undefined;
  const message = `${directory}: segment ${newestHead} was published and is gone, and with it what it held. Restore the file from a copy, or recover without it`;
  return new WalError("WAL_LOST_SEGMENT", message, { file: directory, expected: newestHead, actual: newest });
}

function lostOldest(directory: string, oldest: Segment, oldestLsn: Lsn): WalError | undefined {
  const from = Math.max(oldestLsn, 1);
  const upTo = oldest.header.continuesAfter;
  if (upTo < from) return undefined;
  const file = join(directory, oldest.name);
  const message = `${file}: records ${from} to ${upTo} should be held, and the segment that held them is gone. Restore it from a copy, or recover from a checkpoint after them`;
  return new WalError("WAL_LOST_SEGMENT", message, { file, lsn: from, expected: from, actual: upTo + 1 });
}

/** Whether a fence took `lsn` out of use: it lies in a gap that some segment's header declares. */
export function isFenced(shape: LogShape, lsn: Lsn): boolean {
  return shape.segments.some(({ header }) => lsn > header.continuesAfter && lsn < header.baseLsn);
}

/** The last record that counts at or below `lsn`, where fences left gaps in front of segments. */
export function countedUpTo(segments: readonly { readonly header: Pick<format.SegmentHeader, "continuesAfter" | "baseLsn"> }[], lsn: Lsn): Lsn {
  return segments.reduceRight((at, { header }) => (at > header.continuesAfter && at < header.baseLsn ? header.continuesAfter : at), lsn);
}

/** What a gap of unknown size takes of the numbers, so that none of a record that may have been lost is given again. */
const UNKNOWN_RECORDS = 2 ** 40;

/** A number above that of every record that may have stood behind the damage: a record takes a byte at least. */
export function numberBehindDamage(shape: LogShape, at: { readonly nextLsn: Lsn; readonly bytes: number }): Lsn {
  const held = shape.segments.map(({ header, size }) => header.baseLsn + size);
  return Math.max(at.nextLsn + at.bytes, ...held) + (shape.damage?.behind ? UNKNOWN_RECORDS : 0);
}

/** The end of a log that is read up to its damage. */
export function damagedEnd(damage: WalError, { file, offset, bytes }: { readonly file?: string | undefined; readonly offset: number; readonly bytes: number }): LogEnd {
  return { kind: "damaged", damage, file, offset, bytes };
}
