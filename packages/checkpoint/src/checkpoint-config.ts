import type { Disk } from "@laminar/disk";
import type { CheckpointStore } from "./checkpoint-store.ts";

/** What the manager asks of a log. Every `WriteAheadLog` is one. */
export interface CheckpointLog {
  readonly logId: string;
  readonly durableLsn: number;
  /** False for a position that a fence took out of use. */
  counts(lsn: number): boolean;
  truncateBefore(lsn: number): Promise<unknown>;
}

export interface CheckpointConfig {
  /** Where checkpoints are kept; or give a `store`. */
  readonly directory?: string | undefined;
  readonly store?: CheckpointStore | undefined;
  /** The machine that `directory` is on. @default nodeDisk */
  readonly disk?: Disk | undefined;
  /** The log that checkpoints belong to: their positions must be durable in it, and it is truncated behind them. */
  readonly log?: CheckpointLog | undefined;
  /** Milliseconds between checkpoints, for `shouldCheckpoint`. @default 60_000 */
  readonly interval?: number | undefined;
  /** How many chains are kept; without deltas that is how many checkpoints. @default 3 */
  readonly maxRetained?: number | undefined;
  /** Bytes that the log must have before `shouldCheckpoint` says yes. @default 67_108_864 */
  readonly minWalSizeForCheckpoint?: number | undefined;
  /** Whether the log is truncated behind the oldest kept checkpoint after each new one. @default true */
  readonly truncateWal?: boolean | undefined;
}

export interface CheckpointPolicy {
  readonly interval: number;
  readonly maxRetained: number;
  readonly minWalSizeForCheckpoint: number;
  readonly truncateWal: boolean;
}

function whole(name: string, value: unknown, min: number): number {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number`);
  if (!Number.isSafeInteger(value) || value < min) throw new RangeError(`${name} must be a whole number, at least ${min}`);
  return value;
}

/** The policy with its defaults; throws before anything is touched. */
export function checkpointPolicy(config: CheckpointConfig): CheckpointPolicy {
  const { interval = 60_000, maxRetained = 3, minWalSizeForCheckpoint = 64 * 1024 * 1024, truncateWal = true } = config;
  if ((config.directory === undefined) === (config.store === undefined)) throw new TypeError("give a directory or a store");
  if (typeof truncateWal !== "boolean") throw new TypeError("truncateWal must be a boolean");
  return {
    interval: whole("interval", interval, 1),
    maxRetained: whole("maxRetained", maxRetained, 1),
    minWalSizeForCheckpoint: whole("minWalSizeForCheckpoint", minWalSizeForCheckpoint, 0),
    truncateWal,
  };
}
