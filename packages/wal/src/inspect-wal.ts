import { join } from "node:path";
import { type Disk, isDiskError, nodeDisk } from "@laminar/disk";
import { askHeader } from "./ask-header.ts";
import { confirmDamage, type Look, plainDamage } from "./confirm-damage.ts";
import { driveToEnd, ioError, readShape } from "./drive-log.ts";
import type { InspectedGap, InspectedSegment, NotCounting, WalInspection } from "./inspection.ts";
import { type LogTail, readToEnd } from "./log-core.ts";
import { firstHeld } from "./log-reader.ts";
import type { LogListing, LogShape, Segment, SegmentFile } from "./log-shape.ts";
import type { AbortSignalLike } from "./log.ts";
import { requireLookOptions } from "./read-options.ts";
import { ENTRIES_STANDARD, FORMAT_VERSION } from "./segment-format.ts";
import { headName, parseLogNames, temporaryName } from "./segment-names.ts";
import { type SegmentSurvey, surveySegment } from "./survey-segment.ts";
import { damageOfHeaders, isInNextFile } from "./verify-wal.ts";
import { isCorruption, isWalError, WalError } from "./wal-error.ts";
import { requireDirectory } from "./wal-options.ts";

/** Which disk to look at, and how to end the look early. */
export interface InspectOptions {
  /** @default nodeDisk */
  readonly disk?: Disk | undefined;
  /** Checked between segments; the promise then rejects with `signal.reason`. */
  readonly signal?: AbortSignalLike | undefined;
}

/**
 * Says what stands in the directory of a log: reads names, the headers of segments and batches, and the newest segment.
 * Works beside whoever writes, changes nothing and takes no lock. Damage is a finding, not a rejection. Rejects with
 * `WAL_NOT_FOUND` when there is no log, for failures to read, for formats of newer releases, and when it is aborted.
 */
export async function inspectWal(directory: string, options: InspectOptions = {}): Promise<WalInspection> {
  requireDirectory(directory);
  requireLookOptions(options);
  const disk = options.disk ?? nodeDisk;
  try {
    const found = await confirmDamage(disk, directory, (listing) => look(disk, listing, options.signal));
    return { directory, formatVersion: FORMAT_VERSION, ...found.log, ...(await namesOf(disk, directory)) };
  } catch (error) {
    throw isDiskError(error) ? ioError(error, directory) : error;
  }
}

type Names = Pick<WalInspection, "heads" | "leftovers" | "others" | "lockOwners">;

interface InspectLook extends Look {
  readonly log: Omit<WalInspection, "directory" | "formatVersion" | keyof Names>;
}

async function look(disk: Disk, listing: LogListing, signal: AbortSignalLike | undefined): Promise<InspectLook> {
  const { directory } = listing;
  const bytes = listing.segments.reduce((sum, { size }) => sum + size, 0);
  let shape: LogShape | undefined;
  try {
    shape = await readShape(disk, listing, "stop");
  } catch (damage) {
    if (!isWalError(damage) || !isCorruption(damage)) throw damage;
    const none = { startsAfter: 0, firstLsn: 0, lastLsn: 0, provenLsn: 0, segments: [], gaps: [], batches: 0, records: 0 };
    return { damage, log: { ...none, notCounting: listing.segments.map(unreadable), bytes, damages: [plainDamage(damage)] } };
  }
  if (!shape) throw new WalError("WAL_NOT_FOUND", `there is no log in ${directory}; check the path`, { file: directory });
  const { logId, entryKind, startsAfter } = shape;
  const tail = await driveToEnd(disk, directory, readToEnd(shape, "stop"));
  const { segments, broken } = await surveyAll(disk, shape, tail, signal);
  const inEnd = tail.end.damage === shape.damage?.behind ? undefined : tail.end.damage;
  const damages = [...broken, ...(inEnd ? [inEnd] : [])];
  return {
    damage: shape.damage?.behind ?? shape.damage?.atStart ?? damages[0],
    log: {
      logId,
      entries: entryKind === ENTRIES_STANDARD ? "standard" : "codec",
      startsAfter,
      firstLsn: firstHeld(shape, tail.lastLsn),
      lastLsn: tail.lastLsn,
      provenLsn: tail.provenLsn,
      end: { kind: tail.end.kind, file: tail.end.file, offset: tail.end.offset, bytes: tail.end.bytes },
      segments,
      notCounting: await notCounting(disk, shape),
      gaps: gapsOf(shape),
      batches: segments.reduce((sum, segment) => sum + segment.batches, 0),
      records: segments.reduce((sum, segment) => sum + segment.records, 0),
      bytes,
      damages: [...damageOfHeaders(shape), ...damages.map(plainDamage)],
    },
  };
}

const unreadable = ({ name, size }: SegmentFile): NotCounting => ({ file: name, bytes: size, why: "unreadable" });

/** Nothing of it can count, whatever it holds: so it is of a segment that was stated again, or fenced off whole. */
const isSuperseded = (segment: Segment): boolean => segment.limit < segment.header.baseLsn;

async function surveyAll(disk: Disk, shape: LogShape, tail: LogTail, signal: AbortSignalLike | undefined): Promise<{ segments: InspectedSegment[]; broken: WalError[] }> {
  const segments: InspectedSegment[] = [];
  const broken: WalError[] = [];
  for (const segment of shape.segments) {
    if (signal?.aborted) throw signal.reason ?? new Error("aborted");
    if (isSuperseded(segment)) continue;
    const upTo = Math.min(segment.limit, tail.lastLsn);
    const survey = await driveToEnd(disk, shape.directory, surveySegment(shape.directory, segment, upTo));
    segments.push(describe(segment, survey));
    if (survey.nextLsn <= upTo && !(await isInNextFile(disk, shape, segment, survey.offset))) broken.push(missing(shape.directory, segment, survey, upTo));
  }
  return { segments, broken };
}

function describe({ name, size, header }: Segment, { batches, records, sessions, offset }: SegmentSurvey): InspectedSegment {
  const { baseLsn, continuesAfter, oldestLsn } = header;
  const held = records > 0 ? { firstLsn: baseLsn, lastLsn: baseLsn + records - 1 } : {};
  return { file: name, bytes: size, usedBytes: offset, ...held, batches, records, sessions, continuesAfter, baseLsn, oldestLsn };
}

function missing(directory: string, { name }: Segment, { nextLsn, offset }: SegmentSurvey, upTo: number): WalError {
  const file = join(directory, name);
  const message = `${file}: no batch stands at offset ${offset}, where record ${nextLsn} should begin, and records up to ${upTo} should follow. Nothing was changed; restore the file from a copy`;
  return new WalError("WAL_CORRUPT", message, { file, offset, lsn: nextLsn, expected: upTo, actual: nextLsn - 1 });
}

async function notCounting(disk: Disk, shape: LogShape): Promise<readonly NotCounting[]> {
  const found: NotCounting[] = (shape.damage?.unreadable ?? []).map(unreadable);
  for (const segment of shape.segments) if (isSuperseded(segment)) found.push({ file: segment.name, bytes: segment.size, why: "superseded" });
  const kept = shape.segments[0]?.header.continuesAfter ?? 0;
  for (const file of shape.dropped) {
    const verdict = await driveToEnd(disk, shape.directory, askHeader(shape.directory, file));
    const restated = verdict.kind === "ok" && verdict.header.baseLsn > kept;
    found.push({ file: file.name, bytes: file.size, why: restated ? "superseded" : "dropped" });
  }
  return found.sort((a, b) => (a.file < b.file ? -1 : 1));
}

function gapsOf({ segments }: LogShape): readonly InspectedGap[] {
  const gaps: InspectedGap[] = [];
  for (const { name, header } of segments) {
    if (header.baseLsn > header.continuesAfter + 1) gaps.push({ file: name, firstLsn: header.continuesAfter + 1, lastLsn: header.baseLsn - 1 });
  }
  return gaps;
}

const SET_ASIDE = /^[0-9a-f]{16}\.wal\.damaged$/;
const LOCK = "LOCK";

async function namesOf(disk: Disk, directory: string): Promise<Names> {
  const entries = await disk.list(directory);
  const names = entries.map(({ name }) => name).sort();
  const parsed = parseLogNames(names);
  const temporary = new Set(parsed.temporary.map(temporaryName));
  const leftovers = names.filter((name) => temporary.has(name) || SET_ASIDE.test(name));
  const heads = parsed.heads.map(headName);
  const ours = new Set([...heads, ...leftovers]);
  const others = names.filter((name) => !ours.has(name) && !/^[0-9a-f]{16}\.wal$/.test(name) && name !== LOCK && !name.startsWith(`${LOCK}.`));
  return { heads, leftovers, others, lockOwners: await lockOwners(disk, directory) };
}

async function lockOwners(disk: Disk, directory: string): Promise<readonly string[]> {
  try {
    const entries = await disk.list(join(directory, LOCK));
    // Desktops drop files such as .DS_Store wherever they look.
    return entries.map(({ name }) => name).filter((name) => !name.startsWith(".")).sort();
  } catch (error) {
    if (isDiskError(error, "DISK_NOT_FOUND", "DISK_NOT_A_DIRECTORY")) return [];
    throw error;
  }
}
