import type { Disk } from "@laminar/disk";
import { requireFlag, requireKnownNames, shown } from "@laminar/disk/arguments";
import type { ChainPolicy } from "./chain-policy.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";

/** What the manager asks of a log. Every `WriteAheadLog` is one. */
export interface CheckpointLog {
  /** Its identity, which is stored with each checkpoint. */
  readonly logId: string;
  /** The last record known to be durable. */
  readonly durableLsn: number;
  /** The log is held above it. Where it is given, a checkpoint below it counts for nothing: the records in between are gone. */
  readonly startsAfter?: number | undefined;
  /** False for a position that a fence took out of use. */
  counts(lsn: number): boolean;
  /** Lets go of records below `lsn`. What it gives back isn't looked at. */
  truncateBefore(lsn: number): Promise<unknown>;
}

/**
 * Makes one full state of a full one and the deltas that follow it, oldest first; `allocate` is as for `CapturedState.bytes`.
 * `mergeSnapshots` of `@laminar/state-snapshot` is one.
 */
export type MergeStates = (
  parts: readonly AsyncIterable<Uint8Array>[],
  allocate: (bytes: number) => Uint8Array,
) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** What a checkpoint manager is opened with. */
export interface CheckpointConfig {
  /** Where checkpoints are kept; or give a `store`. */
  readonly directory?: string | undefined;
  /** Where checkpoints are kept, instead of a `directory`: an object store, memory, one of your own. */
  readonly store?: CheckpointStore | undefined;
  /** The machine that `directory` is on. @default nodeDisk */
  readonly disk?: Disk | undefined;
  /** For `directory`: the volume is used by one container at a time. See `FileStoreOptions`. @default false */
  readonly oneContainer?: boolean | undefined;
  /** The log that checkpoints belong to: their positions must be durable in it, and it is truncated behind them. */
  readonly log?: CheckpointLog | undefined;
  /** Milliseconds between checkpoints, for `shouldCheckpoint`. @default 60_000 */
  readonly interval?: number | undefined;
  /** How many chains are kept; without deltas that is how many checkpoints. @default 3 */
  readonly maxRetained?: number | undefined;
  /** Bytes that the log must have before `shouldCheckpoint` says yes. @default 67_108_864 */
  readonly minWalSizeForCheckpoint?: number | undefined;
  /** Whether a checkpoint may hold only what changed since the one before it. @default true */
  readonly incremental?: boolean | undefined;
  /** Parts that a chain may have, the full one included; then a full one follows. 1: never a delta. @default 8 */
  readonly maxChainLength?: number | undefined;
  /** A full one follows when the deltas of a chain together are larger than this share of its full part. @default 0.5 */
  readonly maxDeltaRatio?: number | undefined;
  /** Needed by `compact` alone. */
  readonly merge?: MergeStates | undefined;
  /** Whether the log is truncated behind the oldest kept checkpoint after each new one. @default true */
  readonly truncateWal?: boolean | undefined;
}

export interface CheckpointPolicy extends ChainPolicy {
  readonly interval: number;
  readonly maxRetained: number;
  readonly minWalSizeForCheckpoint: number;
  readonly truncateWal: boolean;
}

function whole(name: string, value: unknown, min: number): number {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number, not ${shown(value)}`);
  if (!Number.isSafeInteger(value) || value < min) throw new RangeError(`${name} must be a whole number, at least ${min}, not ${value}`);
  return value;
}

function ratio(name: string, value: unknown): number {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number, not ${shown(value)}`);
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`${name} must be a number, 0 or more, not ${value}`);
  return value;
}

/** The policy with its defaults; throws before anything is touched. */
export function checkpointPolicy(config: CheckpointConfig): CheckpointPolicy {
  if (typeof config !== "object" || config === null) throw new TypeError(`a checkpoint manager takes { directory } or { store }, not ${shown(config)}`);
  requireKnownNames(config, SETTINGS, "a checkpoint manager");
  if ((config.directory === undefined) === (config.store === undefined)) {
    throw new TypeError(`a checkpoint manager takes directory or store, ${config.store === undefined ? "and neither was given" : "not both"}`);
  }
  checkStore(config.store);
  checkDisk(config.disk);
  requireFlag(config.oneContainer, "oneContainer");
  requireFlag(config.truncateWal, "truncateWal");
  requireFlag(config.incremental, "incremental");
  if (config.oneContainer !== undefined && config.store !== undefined) throw new TypeError("oneContainer goes with directory; a store has a lock of its own");
  if (config.merge !== undefined && typeof config.merge !== "function") throw new TypeError(`merge must be a function, such as mergeSnapshots of @laminar/state-snapshot, not ${shown(config.merge)}`);
  checkLog(config.log);
  const { interval = 60_000, maxRetained = 3, minWalSizeForCheckpoint = 64 * 1024 * 1024, maxChainLength = 8, maxDeltaRatio = 0.5 } = config;
  return {
    interval: whole("interval", interval, 1),
    maxRetained: whole("maxRetained", maxRetained, 1),
    minWalSizeForCheckpoint: whole("minWalSizeForCheckpoint", minWalSizeForCheckpoint, 0),
    truncateWal: config.truncateWal ?? true,
    incremental: config.incremental ?? true,
    maxChainLength: whole("maxChainLength", maxChainLength, 1),
    maxDeltaRatio: ratio("maxDeltaRatio", maxDeltaRatio),
  };
}

const SETTINGS = {
  directory: true,
  store: true,
  disk: true,
  oneContainer: true,
  log: true,
  interval: true,
  maxRetained: true,
  minWalSizeForCheckpoint: true,
  incremental: true,
  maxChainLength: true,
  maxDeltaRatio: true,
  merge: true,
  truncateWal: true,
} satisfies Record<keyof CheckpointConfig, true>;

function checkStore(store: CheckpointStore | undefined): void {
  if (store === undefined || (typeof store === "object" && store !== null && typeof store.publish === "function")) return;
  throw new TypeError(`store must be a CheckpointStore, such as memoryCheckpointStore() gives, not ${shown(store)}`);
}

export function checkDisk(disk: unknown): void {
  if (disk === undefined || (typeof disk === "object" && disk !== null && "clock" in disk)) return;
  throw new TypeError(`disk must be a Disk of @laminar/disk, not ${shown(disk)}`);
}

function checkLog(log: CheckpointLog | undefined): void {
  if (log === undefined) return;
  const isLog = typeof log === "object" && log !== null && typeof log.logId === "string" && typeof log.durableLsn === "number";
  if (!isLog || typeof log.counts !== "function" || typeof log.truncateBefore !== "function") {
    throw new TypeError(`log must have logId, durableLsn, counts and truncateBefore, as what openWal gives has; not ${shown(log)}`);
  }
}
