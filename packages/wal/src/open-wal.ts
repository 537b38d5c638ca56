import { type Disk, lockDirectory, makeDirectories, nodeDisk } from "@laminar/disk";
import { AppendBuffer } from "./append-buffer.ts";
import { continueLog, createLog, findLog, type FoundLog } from "./begin-writing.ts";
import { batchDecoder } from "./decode-batch.ts";
import { ioError, listLog } from "./drive-log.ts";
import { entryEncoder } from "./encode-entries.ts";
import { FileLog } from "./file-log.ts";
import { DirectoryReader } from "./log-reader.ts";
import type { LogReader, WriteAheadLog } from "./log.ts";
import { SegmentWriter } from "./segment-writer.ts";
import type { WalCodec, WalEntry, WalEntryInput } from "./wal-entry.ts";
import { isWalError, WalError } from "./wal-error.ts";
import { send } from "./wal-events.ts";
import { requireDamagePolicy, requireDirectory, requireOptions, walLimits, type WalOptions, type WalReaderOptions } from "./wal-options.ts";
import { WalWriter } from "./wal-writer.ts";
import { Announcement } from "./waiting.ts";

/**
 * Opens the log in `directory` for writing, creating it (and what is missing of the path) if there is none. When it settles,
 * the caller is the only writer, everything that a reader gets is durable, and nothing that was acknowledged is missing: a
 * log of which that can't be said is refused with a typed error and not one byte on disk is changed. What was written
 * before is never changed; a new segment takes the new records. Reads and verifies the whole log. Looks at its files on this thread,
 * a millisecond a turn of the event loop, as long as that is quick, and on others otherwise.
 *
 * @throws TypeError, RangeError for wrong options and names that no option has, before anything is touched
 * @throws WalError `WAL_LOCKED` while another process or thread has it, `WAL_NOT_FOUND` with `mustExist`, `WAL_CODEC_MISMATCH`,
 *   `WAL_UNSUPPORTED_FORMAT`, `WAL_IO`; and for damage `WAL_CORRUPT`, `WAL_SUSPECTED_DAMAGE`, `WAL_LOST_SEGMENT`
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
  requireOptions(options);
  const limits = walLimits(options as WalOptions);
  const { disk = nodeDisk, mustExist = false, codec, onDamage = "refuse", after, oneContainer } = options;
  requireDamagePolicy(onDamage, after);
  const began = disk.clock.monotonic();
  if (mustExist) await requireLog(disk, directory);
  else await makeDirectories(disk, directory).catch((error: unknown) => Promise.reject(ioError(error, directory)));
  const lock = await lockDirectory(disk, directory, { oneContainer }).catch((error: unknown) => Promise.reject(ioError(error, directory)));
  let segments: SegmentWriter | undefined;
  try {
    const decoder = batchDecoder(codec);
    const { files, log } = await findLog(disk, directory, decoder, { segmentSize: limits.segmentSize, onDamage });
    const identity = { logId: log?.shape.logId ?? newLogId(), entryKind: decoder.entryKind };
    segments = new SegmentWriter(disk, directory, lock, identity, files);
    const session = segments.nextNumber;
    const { catalog, nextLsn } = await (log ? continueLog(disk, log, segments, session, after) : createLog(disk, directory, segments, session));
    await segments.removeTemporary(files.temporary);
    const buffer = new AppendBuffer<unknown>(entryEncoder(codec), limits, nextLsn);
    const durable = new Announcement();
    const writer = new WalWriter<unknown>({ clock: disk.clock, lock, limits, buffer, segments, catalog, session, firstLsn: nextLsn, onDurable: () => durable.announce() });
    const opened = new FileLog({ disk, directory, decoder, writer, catalog, durable, end: log?.tail.end, damageAtStart: log?.shape.damage?.atStart });
    tellOpened(opened, directory, log, disk.clock.monotonic() - began);
    return opened;
  } catch (error) {
    await segments?.close().catch(() => undefined);
    await lock.release().catch(() => undefined);
    throw isWalError(error) || error instanceof TypeError || error instanceof RangeError ? error : ioError(error, directory);
  }
}

function tellOpened(opened: WriteAheadLog<unknown, unknown>, location: string, found: FoundLog | undefined, duration: number): void {
  const { logId, startsAfter, lastLsn, end, damageAtStart } = opened;
  const { segments, sizeBytes } = opened.stats();
  const restatedBatches = found?.restatement?.copies.length ?? 0;
  send("laminar:wal:opened", { location, logId, isNew: !found, startsAfter, lastLsn, segments, sizeBytes, end, damageAtStart, restatedBatches, duration });
}

async function requireLog(disk: Disk, directory: string): Promise<void> {
  const listing = await listLog(disk, directory).catch((error: unknown) => Promise.reject(ioError(error, directory)));
  if (!listing || listing.highest === 0) throw new WalError("WAL_NOT_FOUND", `there is no log in ${directory}; check the path, or leave mustExist out to create one`, { file: directory });
}

const newLogId = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Opens the log in `directory` for reading, beside whoever writes. Takes no lock and changes nothing. It finds the end of the log, for
 * which the newest segment is read. Looks at all files as `openWal` does.
 *
 * @throws TypeError for wrong options and names that no option has
 * @throws WalError `WAL_NOT_FOUND` when there is no such directory, and as `openWal`, but for the lock
 */
export function openWalReader(directory: string, options?: WalReaderOptions): Promise<LogReader<WalEntry>>;
export function openWalReader<E, I = E>(
  directory: string,
  options: Omit<WalReaderOptions, "codec"> & { readonly codec: WalCodec<E, I> },
): Promise<LogReader<E>>;
export async function openWalReader(
  directory: string,
  options: Omit<WalReaderOptions, "codec"> & { readonly codec?: WalCodec<unknown, unknown> | undefined } = {},
): Promise<LogReader<unknown>> {
  requireDirectory(directory);
  requireOptions(options);
  const { disk = nodeDisk, codec, onDamage = "refuse" } = options;
  requireDamagePolicy(onDamage);
  const decoder = batchDecoder(codec);
  return DirectoryReader.open(disk, directory, decoder, onDamage);
}
