import { join } from "node:path";
import type { LogEnd, Lsn } from "./log.ts";
import * as format from "./segment-format.ts";
import { segmentName } from "./segment-names.ts";
import { WalError, type WalErrorDetails } from "./wal-error.ts";

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
  const verdicts = segments.map((file, i) => ({ file, verdict: format.decodeSegmentHeader(headers[i] ?? new Uint8Array(0)) }));
  const own = verdicts.map(ownHeader).find((header) => header !== undefined);
  const readable: ReadSegment[] = [];
  const unreadable: SegmentFile[] = [];
  let lost = lostNewest(listing);
  for (const { file, verdict } of verdicts) {
    const problem = problemOf(directory, file, verdict, own);
    if (!problem && verdict.kind === "ok") readable.push({ ...file, header: verdict.header });
    else unreadable.push(file);
    lost ??= problem;
  }
  const behind = lost && new WalError(lost.code, `${lost.what}. ${own ? lost.advice : NOTHING_READABLE}`, lost.details);
  if (!own) {
    if (behind) throw behind;
    return undefined;
  }
  const { logId, entryKind } = own;
  const shape = { directory, logId, entryKind, ...arrange(readable) };
  const atStart = lostOldest(directory, shape.segments[0] as Segment, shape.oldestLsn);
  const first = behind ?? atStart;
  if (first && onDamage === "refuse") throw first;
  return first ? { ...shape, damage: { unreadable, atStart, behind } } : shape;
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

/** What is wrong with the files, and what can be done about it where another segment's header says which log this is. */
interface Problem {
  readonly code: "WAL_CORRUPT" | "WAL_LOST_SEGMENT";
  readonly what: string;
  readonly advice: string;
  readonly details: WalErrorDetails;
}

const NOTHING_READABLE =
  "No other segment's header can be read either, so nothing of this log can be read in order. Nothing was changed; restore the files from a copy, or, if that can't be, move the log away and recover from the newest checkpoint alone with acceptMissingLog";

interface JudgedFile {
  readonly file: SegmentFile;
  readonly verdict: format.HeaderVerdict;
}

/** The header that says which log this is, if it is that of a segment in its place. */
function ownHeader({ file, verdict }: JudgedFile): format.SegmentHeader | undefined {
  return verdict.kind === "ok" && verdict.header.number === file.number ? verdict.header : undefined;
}

/** What keeps a segment from being one of the log whose header is `own`. Throws for what another release wrote. */
function problemOf(directory: string, { name, number }: SegmentFile, verdict: format.HeaderVerdict, own: format.SegmentHeader | undefined): Problem | undefined {
  const file = join(directory, name);
  if (verdict.kind === "unsupported") throw new WalError("WAL_UNSUPPORTED_FORMAT", `${file}: ${verdict.what}; use a release that reads it`, { file, offset: 0 });
  const corrupt = (what: string, advice: string): Problem => ({ code: "WAL_CORRUPT", what: `${file}: ${what}`, advice, details: { file, offset: 0 } });
  const advice = 'Nothing was changed; restore the file from a copy, or read up to it with onDamage: "stop"';
  if (verdict.kind === "damaged") return corrupt(verdict.what, advice);
  const { header } = verdict;
  const itsNumber = `the header says that this is segment ${header.number}`;
  if (own && header.logId !== own.logId) {
    const foreign = 'Nothing was changed; restore the file that belongs there from a copy, or move this one away if none does, or read up to it with onDamage: "stop"';
    return corrupt(`${itsNumber} of log ${header.logId}, and the log here is ${own.logId}`, foreign);
  }
  if (header.number !== number) return corrupt(itsNumber, advice);
  if (own && header.entryKind !== own.entryKind) return corrupt("the segment holds another kind of entries", advice);
  return undefined;
}

function lostNewest({ directory, segments, newestHead }: LogListing): Problem | undefined {
  const newest = segments.at(-1)?.number ?? 0;
  if (newestHead <= newest) return undefined;
  return {
    code: "WAL_LOST_SEGMENT",
    what: `${join(directory, segmentName(newestHead))} was published and is gone, and with it what it held`,
    advice: 'Nothing was changed; restore the file from a copy, or go on without it with onDamage: "stop"',
    details: { file: directory, expected: newestHead, actual: newest },
  };
}

function lostOldest(directory: string, { name, number, header }: Segment, oldestLsn: Lsn): WalError | undefined {
  const from = Math.max(oldestLsn, 1);
  const upTo = header.continuesAfter;
  if (upTo < from) return undefined;
  // Numbers may have been skipped, so that nobody can say for sure how the file was called.
  const what = `records ${from} to ${upTo} should be held, and are in no file: ${segmentName(number - 1)} is gone, or what else stood in front of ${name}`;
  const advice = `Nothing was changed; restore it from a copy, or go on without these records with onDamage: "stop", where a recovery needs a checkpoint at record ${upTo} or later`;
  return new WalError("WAL_LOST_SEGMENT", `${directory}: ${what}. ${advice}`, { file: directory, lsn: from, expected: from, actual: upTo + 1 });
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
