import { type Disk, lockDirectory, makeDirectories, nodeDisk } from "@laminar/disk";
import { AppendBuffer } from "./append-buffer.ts";
import { type BatchDecoder, batchDecoder, decodeFound, requireKind } from "./decode-batch.ts";
import { entryEncoder } from "./encode-entries.ts";
import { driveLog, driveToEnd, ioError, listLog, Vanished } from "./drive-log.ts";
import { FileLog } from "./file-log.ts";
import { type FoundBatch, type LogShape, type LogTail, readBatches, readShape } from "./log-core.ts";
import { DirectoryReader, lookAtLog, settle } from "./log-reader.ts";
import type { LogReader, WriteAheadLog } from "./log.ts";
import { SegmentCatalog } from "./segment-catalog.ts";
import { SegmentWriter } from "./segment-writer.ts";
import type { WalCodec, WalEntry, WalEntryInput } from "./wal-entry.ts";
import { isWalError, WalError } from "./wal-error.ts";
import { requireDirectory, walLimits, type WalOptions } from "./wal-options.ts";
import { WalWriter } from "./wal-writer.ts";

/**
 * Opens the log in `directory` for writing, creating it (and what is missing of the path) if there is none. When it settles,
 * the caller is the only writer, everything that a reader gets is durable, and nothing that was acknowledged is missing: a
 * log of which that can't be said is refused with a typed error and not one byte on disk is changed. What was written
 * before is never changed; a new segment takes the new records.
 */
export function openWal(directory: string, options?: WalOptions): Promise<WriteAheadLog<WalEntry, WalEntryInput>>;
export function openWal<E, I = E>(
  directory: string,
  options: Omit<WalOptions, "codec"> & { readonly codec: WalCodec<E, I> },
): Promise<WriteAheadLog<E, I>>;
export async function openWal(
  directory: string,
  options: Omit<WalOptions, "codec"> & { readonly codec?: WalCodec<unknown, unknown> | undefined } = {},
): Promise<WriteAheadLog<unknown, unknown>> {
  requireDirectory(directory);
  const limits = walLimits(options as WalOptions);
  requireSupported(options as WalOptions);
  const { disk = nodeDisk, mustExist = false, codec } = options;
  if (mustExist) await requireLog(disk, directory);
  else await makeDirectories(disk, directory).catch((error: unknown) => Promise.reject(ioError(error, directory)));
  const lock = await lockDirectory(disk, directory).catch((error: unknown) => Promise.reject(ioError(error, directory)));
  let segments: SegmentWriter | undefined;
  try {
    const decoder = batchDecoder(codec);
    const found = await readWhole(disk, directory, decoder);
    const identity = { logId: found.read?.shape.logId ?? newLogId(), entryKind: decoder.entryKind };
    segments = new SegmentWriter(disk, directory, lock, identity, found.highest);
    const session = segments.nextNumber;
    const catalog = await begin(disk, directory, segments, session, found.read);
    const nextLsn = Math.max(found.read?.tail.nextLsn ?? 1, 1);
    const buffer = new AppendBuffer<unknown>(entryEncoder(codec), limits, nextLsn);
    const writer = new WalWriter<unknown>({ clock: disk.clock, lock, limits, buffer, segments, catalog, session });
    return new FileLog({ disk, directory, decoder, writer, catalog, end: found.read?.tail.end });
  } catch (error) {
    await segments?.close().catch(() => undefined);
    await lock.release().catch(() => undefined);
    throw isWalError(error) || error instanceof TypeError ? error : ioError(error, directory);
  }
}

function requireSupported(options: WalOptions): void {
  const { onDamage = "refuse" } = options;
  if (onDamage === "refuse") return;
  if (onDamage !== "stop") throw new TypeError('onDamage is "refuse" or "stop"');
  throw new WalError("WAL_NOT_SUPPORTED", 'onDamage: "stop" is not supported yet');
}

async function requireLog(disk: Disk, directory: string): Promise<void> {
  const listing = await listLog(disk, directory).catch((error: unknown) => Promise.reject(ioError(error, directory)));
  if (!listing || listing.highest === 0) throw new WalError("WAL_NOT_FOUND", `there is no log in ${directory}`, { file: directory });
}

const newLogId = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

interface WholeLog {
  readonly shape: LogShape;
  readonly tail: LogTail;
  /** Batches of the newest segment whose records aren't proven durable. */
  readonly unproven: readonly FoundBatch[];
}

/** Reads everything: a log that is damaged anywhere takes no more entries. */
async function readWhole(disk: Disk, directory: string, decoder: BatchDecoder<unknown>): Promise<{ highest: number; read?: WholeLog }> {
  try {
    const listing = await listLog(disk, directory);
    if (!listing) throw new WalError("WAL_NOT_FOUND", `${directory} is gone`, { file: directory });
    const shape = await driveToEnd(disk, directory, readShape(listing));
    if (!shape) return { highest: listing.highest };
    requireKind(shape, decoder);
    const batches = driveLog(disk, directory, readBatches(shape, { after: 0, upTo: Number.POSITIVE_INFINITY }));
    let late: FoundBatch[] = [];
    for (;;) {
      const step = await batches.next();
      if (step.done) {
        const tail = step.value;
        const unproven = late.filter(({ header }) => header.firstLsn + header.count - 1 > tail.provenLsn);
        return { highest: listing.highest, read: { shape, tail, unproven } };
      }
      decodeFound(shape, step.value, decoder, 0);
      // Only the newest segment can hold records that no later header proves, and only behind what its batches prove.
      late = late.filter(({ header }) => header.firstLsn + header.count - 1 > step.value.header.durableLsn);
      if (step.value.segment === shape.segments.at(-1)) late.push(step.value);
    }
  } catch (error) {
    throw error instanceof Vanished ? ioError(error, directory) : error;
  }
}

/** Makes everything that was read durable in a segment of this writer's, where that isn't proven, before anybody sees it. */
async function begin(disk: Disk, directory: string, segments: SegmentWriter, session: number, read: WholeLog | undefined): Promise<SegmentCatalog> {
  if (!read) {
    const first = await segments.publish({ continuesAfter: 0, baseLsn: 1, oldestLsn: 1 }, session);
    const empty = { directory, logId: first.header.logId, entryKind: first.header.entryKind, segments: [], dropped: [], oldestLsn: 1, startsAfter: 0 };
    const catalog = new SegmentCatalog(disk, empty, 0);
    catalog.add(first);
    return catalog;
  }
  const { shape, tail, unproven } = read;
  const catalog = new SegmentCatalog(disk, shape, tail.lastLsn);
  const newest = shape.segments.at(-1)?.header;
  const first = unproven[0]?.header.firstLsn;
  const fenceUnproven = newest !== undefined && !tail.newestProven && newest.baseLsn > newest.continuesAfter + 1;
  if (first !== undefined) {
    const continuesAfter = first === newest?.baseLsn ? newest.continuesAfter : first - 1;
    catalog.add(await segments.publish({ continuesAfter, baseLsn: first, oldestLsn: shape.oldestLsn, copies: unproven }, session));
  } else if (fenceUnproven) {
    catalog.add(await segments.publish({ continuesAfter: tail.lastLsn, baseLsn: tail.nextLsn, oldestLsn: shape.oldestLsn }, session));
  }
  catalog.lastLsn = tail.lastLsn;
  for (const { name } of shape.dropped) await disk.remove(`${directory}/${name}`).catch(() => undefined);
  return catalog;
}

/** Opens the log in `directory` for reading, beside whoever writes. Takes no lock and changes nothing. */
export function openWalReader(directory: string, options?: Pick<WalOptions, "disk">): Promise<LogReader<WalEntry>>;
export function openWalReader<E, I = E>(
  directory: string,
  options: Pick<WalOptions, "disk"> & { readonly codec: WalCodec<E, I> },
): Promise<LogReader<E>>;
export async function openWalReader(
  directory: string,
  options: Pick<WalOptions, "disk"> & { readonly codec?: WalCodec<unknown, unknown> | undefined } = {},
): Promise<LogReader<unknown>> {
  requireDirectory(directory);
  const { disk = nodeDisk, codec } = options;
  const decoder = batchDecoder(codec);
  try {
    const view = await settle(disk, directory, (listing) => lookAtLog(disk, directory, listing));
    if (!view) throw new WalError("WAL_NOT_FOUND", `there is no log in ${directory}`, { file: directory });
    requireKind(view.shape, decoder);
    return new DirectoryReader(disk, directory, decoder, view);
  } catch (error) {
    throw isWalError(error) ? error : ioError(error, directory);
  }
}
