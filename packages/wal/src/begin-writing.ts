import { join } from "node:path";
import type { Disk } from "@laminar/disk";
import { type BatchDecoder, decodeFound, requireKind } from "./decode-batch.ts";
import { drive, driveOver, ioError, listLog, readShape } from "./drive-log.ts";
import { type LogTail, readBatches } from "./log-core.ts";
import { LogDriver } from "./log-driver.ts";
import { type DamagePolicy, isFenced, type LogShape } from "./log-shape.ts";
import { Vanished } from "./log-requests.ts";
import type { Lsn } from "./log.ts";
import { readBodies, RestatementCandidates, type Restatement } from "./restatement.ts";
import { SegmentCatalog } from "./segment-catalog.ts";
import type { ExistingFiles, NewSegment, SegmentWriter } from "./segment-writer.ts";
import { WalError } from "./wal-error.ts";

/** All that a writer has to know of the log it goes on with. */
export interface FoundLog {
  readonly shape: LogShape;
  readonly tail: LogTail;
  readonly restatement: Restatement | undefined;
}

export interface FindOptions {
  readonly segmentSize: number;
  readonly onDamage: DamagePolicy;
}

/** Reads everything: a log that is damaged anywhere takes no more entries, unless that is asked for. */
export async function findLog(
  disk: Disk,
  directory: string,
  decoder: BatchDecoder<unknown>,
  options: FindOptions,
): Promise<{ readonly files: ExistingFiles; readonly log?: FoundLog | undefined }> {
  try {
    const listing = await listLog(disk, directory);
    if (!listing) throw new WalError("WAL_NOT_FOUND", `${directory} is gone, and was there when it was locked; check what removed it, then open again`, { file: directory });
    const shape = await readShape(disk, listing, options.onDamage);
    if (!shape) return { files: listing };
    requireKind(shape, decoder);
    const candidates = new RestatementCandidates(shape, options.segmentSize);
    const batches = readBatches(shape, { after: 0, upTo: Number.POSITIVE_INFINITY, onDamage: options.onDamage });
    let isDecodable: (() => void) | undefined;
    const tail = await driveOver(disk, directory, batches, (found) => {
      candidates.add(found);
      isDecodable ??= tried(() => decodeFound(shape, found, decoder, 0));
    });
    isDecodable?.();
    return { files: listing, log: { shape, tail, restatement: candidates.plan(shape, tail) } };
  } catch (error) {
    throw error instanceof Vanished ? ioError(error, directory) : error;
  }
}

/** Whether this codec wrote the log, as one batch tells; who reads the others finds out about them. Said when it is asked for: damage comes first. */
function tried(decode: () => unknown): () => void {
  try {
    decode();
    return () => undefined;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** What a writer begins with. */
export interface Beginning {
  readonly catalog: SegmentCatalog;
  /** The number of the next record. */
  readonly nextLsn: Lsn;
}

/** Makes the first segment of a new log. */
export async function createLog(disk: Disk, directory: string, segments: SegmentWriter, session: number): Promise<Beginning> {
  const first = await segments.publish({ continuesAfter: 0, baseLsn: 1, oldestLsn: 1 }, session);
  const { logId, entryKind } = first.header;
  const catalog = new SegmentCatalog(disk, { directory, logId, entryKind, segments: [], dropped: [], oldestLsn: 1, startsAfter: 0 }, 0);
  catalog.add(first);
  return { catalog, nextLsn: 1 };
}

/** Makes everything that was read durable in a segment of this writer's, where that isn't proven, before anybody sees it. */
export async function continueLog(disk: Disk, log: FoundLog, segments: SegmentWriter, session: number, after: Lsn | undefined): Promise<Beginning> {
  const { shape, tail, restatement } = log;
  const catalog = new SegmentCatalog(disk, shape, tail.lastLsn);
  // Decided before anything is written: a wrong position changes nothing.
  const resumption = resumeBehindDamage(log, after);
  if (restatement) {
    const copies = await drive(new LogDriver(disk, shape.directory), readBodies(shape.directory, restatement.copies), () => undefined);
    catalog.add(await segments.publish({ ...restatement.segment, copies }, session));
    catalog.lastLsn = tail.lastLsn;
    await catalog.remove(restatement.superseded);
  }
  if (resumption) {
    catalog.add(await segments.publish(resumption, session));
    await setAside(disk, shape);
  }
  // Before the newest segment's own name is known to be durable, what it takes out of use has to stay.
  if (restatement ?? resumption ?? tail.newestProven) await catalog.removeDropped();
  return { catalog, nextLsn: resumption?.baseLsn ?? tail.nextLsn };
}

/** Where a damaged log goes on; `undefined` for one that isn't. */
function resumeBehindDamage({ shape, tail }: FoundLog, after: Lsn | undefined): NewSegment | undefined {
  if (!shape.damage && tail.end.kind !== "damaged") return undefined;
  const position = after ?? tail.lastLsn;
  const baseLsn = Math.max(tail.nextLsn, position + 1);
  if (isFenced(shape, position)) {
    const message = `${shape.directory}: writing can't go on after record ${position}, which a fence took out of use; choose a position that counts`;
    throw new WalError("WAL_POSITION_FENCED", message, { file: shape.directory, lsn: position });
  }
  // Nothing that is held leads to such a position, so none of it may be read as if it did.
  if (position < shape.startsAfter || position > tail.lastLsn) return { continuesAfter: position, baseLsn, oldestLsn: position + 1 };
  const oldestLsn = shape.damage?.atStart ? Math.max(shape.oldestLsn, shape.startsAfter + 1) : shape.oldestLsn;
  return { continuesAfter: position, baseLsn, oldestLsn };
}

/** Gives files that can't be read another name, under which nobody reads them as segments. Their bytes stay. */
async function setAside(disk: Disk, { directory, damage }: LogShape): Promise<void> {
  if (!damage || damage.unreadable.length === 0) return;
  for (const { name } of damage.unreadable) await disk.rename(join(directory, name), join(directory, `${name}.damaged`));
  await disk.syncDirectory(directory);
}
