import type { Disk } from "@laminar/disk";
import { requireFlag, requireKnownNames, shown } from "@laminar/disk/arguments";
import type { Lsn } from "./log.ts";
import type { MemoryWalOptions } from "./memory-wal.ts";
import type { WalSyncOptions } from "./read-wal-sync.ts";
import { BODY_BYTES_MAX, UNFINISHED_BYTES_MAX } from "./segment-format.ts";
import type { WalCodec } from "./wal-entry.ts";

/** Settings of a log that is opened for writing. */
export interface WalOptions {
  /** Entries of one's own type instead of the four standard ones. A log is read with the kind that it was written with. */
  readonly codec?: WalCodec<never, never> | undefined;
  /**
   * Milliseconds after which what was appended is made durable without anybody asking. `Infinity`: only when asked, when half of
   * `highWaterMark` waits, and at `close`.
   * @default 100
   */
  readonly syncInterval?: number | undefined;
  /** Bytes after which the next segment is begun. @default 67_108_864 */
  readonly segmentSize?: number | undefined;
  /** Bytes of one entry, or of all entries of one `appendAll`, at most. @default 67_108_864 */
  readonly maxEntrySize?: number | undefined;
  /**
   * Bytes after which a batch takes no more entries and is written, to the page cache, without anybody asking. Small ones are still in the
   * processor's cache when they are checksummed and written. @default 65_536
   */
  readonly maxBatchSize?: number | undefined;
  /** Bytes that are not durable from which `ready` waits; `append` refuses above four times that. 256 MiB at most. @default 16_777_216 */
  readonly highWaterMark?: number | undefined;
  /** A log that isn't there is refused (`WAL_NOT_FOUND`) instead of created. @default false */
  readonly mustExist?: boolean | undefined;
  /**
   * `"refuse"`: a damaged log is an error and stays as it is. `"stop"`: writing goes on from the last record before the
   * damage, or from `after`; what was behind no longer counts, and no number of a record that may have been lost is given
   * again. Nothing is erased. Say it when what is lost has been accepted. @default "refuse"
   */
  readonly onDamage?: "refuse" | "stop" | undefined;
  /**
   * With `onDamage: "stop"`: the position of the state that was recovered. A damaged log then goes on from there, so that
   * nothing written later hangs on what was lost. Past the damage it also takes out of use what is before it. Without damage
   * it has no effect.
   */
  readonly after?: Lsn | undefined;
  /**
   * The volume is used by one container at a time, so an owner of the lock that can't be judged counts as dead. See
   * `LockOptions` of `@laminar/disk`. @default false
   */
  readonly oneContainer?: boolean | undefined;
  /** The machine to work on. @default nodeDisk */
  readonly disk?: Disk | undefined;
}

/** Options of a reader, which takes no lock and writes nothing. */
export interface WalReaderOptions extends Pick<WalOptions, "codec" | "disk"> {
  /**
   * `"refuse"`: reading a damaged log ends in an error. `"stop"`: it ends before the damage, and `end` says so.
   * @default "refuse"
   */
  readonly onDamage?: "refuse" | "stop" | undefined;
}

export interface WalLimits {
  readonly syncInterval: number;
  readonly segmentSize: number;
  readonly maxEntrySize: number;
  readonly maxBatchSize: number;
  readonly highWaterMark: number;
}

function size(name: string, value: number | undefined, otherwise: number, min: number, max: number): number {
  if (value === undefined) return otherwise;
  if (typeof value !== "number") throw new TypeError(`${name} must be a number of bytes, not ${shown(value)}`);
  if (!Number.isSafeInteger(value) || value < min || value > max) throw new RangeError(`${name} must be a whole number of bytes from ${min} to ${max}, not ${value}`);
  return value;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** The options' numbers with their defaults; throws `TypeError` or `RangeError` before anything is touched. */
export function walLimits(options: WalOptions): WalLimits {
  const { syncInterval = 100 } = options;
  if (typeof syncInterval !== "number") throw new TypeError(`syncInterval must be a number of milliseconds, not ${shown(syncInterval)}`);
  if (!(syncInterval > 0) || (syncInterval > 0x7fff_ffff && syncInterval !== Number.POSITIVE_INFINITY)) {
    throw new RangeError(`syncInterval must be above 0 and at most 2,147,483,647 milliseconds, or Infinity, not ${syncInterval}`);
  }
  return {
    syncInterval,
    segmentSize: size("segmentSize", options.segmentSize, 64 * MIB, 1024, Number.MAX_SAFE_INTEGER),
    maxEntrySize: size("maxEntrySize", options.maxEntrySize, 64 * MIB, 1, BODY_BYTES_MAX / 2),
    maxBatchSize: size("maxBatchSize", options.maxBatchSize, 64 * KIB, 1, BODY_BYTES_MAX / 4),
    highWaterMark: size("highWaterMark", options.highWaterMark, 16 * MIB, 1, UNFINISHED_BYTES_MAX / 8),
  };
}

export function requireDirectory(directory: unknown): asserts directory is string {
  if (typeof directory !== "string" || directory === "" || directory.includes("\0")) throw new TypeError(`directory must be the path of a directory, not ${shown(directory)}`);
}

/** `after` says where to go on behind damage, and means nothing without it. */
export function requireDamagePolicy(onDamage: unknown, after?: unknown): void {
  if (onDamage !== "refuse" && onDamage !== "stop") throw new TypeError(`onDamage must be "refuse" or "stop", not ${shown(onDamage)}`);
  if (after === undefined) return;
  if (onDamage === "refuse") throw new TypeError('after goes with onDamage: "stop", and means nothing without it');
  requireLsn(after, "after");
}

export function requireLsn(lsn: unknown, what: string): asserts lsn is Lsn {
  if (typeof lsn !== "number") throw new TypeError(`${what} must be a number, not ${shown(lsn)}`);
  if (!Number.isSafeInteger(lsn) || lsn < 0) throw new RangeError(`${what} must be a safe integer, 0 or more, not ${lsn}`);
}

/** What a JavaScript caller may get wrong beside the numbers, for whatever opens a log. */
export function requireOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) throw new TypeError(`options must be an object, not ${shown(options)}`);
  requireKnownNames(options, OPTIONS, "a log");
  const { codec, mustExist, oneContainer, disk } = options as Readonly<Record<string, unknown>>;
  if (codec !== undefined) requireCodec(codec);
  requireFlag(mustExist, "mustExist");
  requireFlag(oneContainer, "oneContainer");
  requireDisk(disk);
}

/** Those of a reader are among those of a writer, so that both can be given the same object. */
const OPTIONS = {
  codec: true,
  syncInterval: true,
  segmentSize: true,
  maxEntrySize: true,
  maxBatchSize: true,
  highWaterMark: true,
  mustExist: true,
  onDamage: true,
  after: true,
  oneContainer: true,
  disk: true,
  unproven: true,
  logId: true,
} satisfies Record<keyof WalOptions | keyof WalSyncOptions | keyof MemoryWalOptions, true>;

export function requireDisk(disk: unknown): void {
  if (disk === undefined || (typeof disk === "object" && disk !== null && ("list" in disk || "listSync" in disk))) return;
  throw new TypeError(`disk must be a Disk of @laminar/disk, not ${shown(disk)}`);
}

function requireCodec(codec: unknown): void {
  const { encode, decode } = (codec ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof encode !== "function" || typeof decode !== "function") throw new TypeError(`codec must have encode(entry) and decode(bytes), as msgpackCodec() has; not ${shown(codec)}`);
}
