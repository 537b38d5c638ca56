/// <reference lib="esnext.disposable" preserve="true" />

import type { CheckpointConfig, CheckpointMetadata, CheckpointStats, CommitPoint } from "@laminar/checkpoint";
import type { Disk } from "@laminar/disk";
import type { AbortSignalLike, WalCodec, WalOptions, WalStats } from "@laminar/wal";
import type { RecoveryProgress } from "../core/recover-core.ts";
import type { RecoveryReport } from "../core/recovery-report.ts";

/** What a commit says beside its changes: how far the sources were read, and how far time has come. */
export interface CommitInput {
  /** Only what has moved has to be named. An offset never goes backward: a smaller one than before is kept as it was. */
  readonly offsets?: ReadonlyMap<string, bigint | number> | undefined;
  /** Never goes backward either. */
  readonly watermark?: bigint | number | undefined;
}

/** How a durable state stands, and what its log and its checkpoints have done since it was opened. */
export interface DurableStateStats {
  /** Keys, as of the last commit. */
  readonly keys: number;
  readonly wal: WalStats;
  readonly checkpoints: CheckpointStats;
}

/** Changes that count together, and reads that see them. */
export interface ChangeGroup<K, V> {
  /** The value, with what is staged; `undefined` where there is none. */
  get(key: K): V | undefined;
  /** Whether the key has a value, with what is staged. */
  has(key: K): boolean;
  /** Encodes the value at once: later changes of it have no effect. Throws what its codec throws, with nothing changed. */
  put(key: K, value: V): void;
  /** Whether the key was there. */
  delete(key: K): boolean;
}

/**
 * A state of keys and values that survives crashes. `put` and `delete` stage changes in memory; `commit` makes all that is staged
 * durable as one group, whole or not at all. Reads see what is staged; they decode a value anew each time, so what they give is the
 * caller's. Changes that were not committed are gone after a crash, a `rollback`, or `close`, and are never on disk.
 *
 * Concurrent callers share the staged changes: a commit takes what all of them staged before it. Use `update` for a group of its own.
 * Commits that run at the same time share one sync.
 *
 * When the disk fails, the commits under way reject, nobody knows which of them are durable, and every call but `close` throws
 * `RECOVERY_STATE_FAILED` from then on: open again, and what is durable is there.
 */
export interface DurableState<K, V> extends ChangeGroup<K, V>, AsyncDisposable {
  /** Keys, the staged changes included. */
  readonly size: number;
  /**
   * Every key with its value, the staged changes included, in no order. May go on across changes: a key that doesn't change
   * meanwhile comes exactly once.
   */
  entries(): Iterable<readonly [K, V]>;
  /**
   * Makes everything staged before the call count, as one group. When it resolves, the group and all earlier ones are durable.
   * Without anything staged or said nothing is written, but it still waits for the earlier ones. Groups take effect in the order of
   * the calls, and reads see a group at once. At most 64 MiB of changes (`WAL_ENTRY_TOO_LARGE`, and they stay staged).
   */
  commit(input?: CommitInput): Promise<CommitPoint>;
  /** Drops everything that is staged. */
  rollback(): void;
  /**
   * Runs `change` with a group of its own over what is committed, and commits that group alone: durable when it resolves to what
   * `change` gave. When `change` throws, nothing has changed. Updates run one after the other; commits may come in between while an
   * `async` one waits. `input` is looked at after `change`. An update that waits for another one inside its function waits for ever.
   */
  update<T>(change: (group: ChangeGroup<K, V>) => T | Promise<T>, input?: CommitInput): Promise<T>;
  /** Makes a checkpoint of everything committed, and lets the log behind it go. They are made in the background as well, by policy. */
  checkpoint(): Promise<CheckpointMetadata>;
  /** As of the last commit. */
  readonly offsets: ReadonlyMap<string, bigint>;
  /** As of the last commit. */
  readonly watermark: bigint | undefined;
  /** What the opening found. */
  readonly recovered: RecoveryReport;
  /** Why the last checkpoint in the background wasn't made; `undefined` when it was. The log keeps everything until one is. */
  readonly lastCheckpointError: unknown;
  /** At once and without the disk. After a failure and after `close` it stays as it was left. */
  stats(): DurableStateStats;
  /**
   * Ends the commits and checkpoints that are under way and frees the directory. Staged changes are dropped; an update whose function
   * hasn't ended isn't waited for, and rejects with `RECOVERY_STATE_CLOSED` when it does. Idempotent.
   */
  close(): Promise<void>;
}

/** What a durable state is opened with. */
export interface DurableStateOptions<V> {
  /** Made when it isn't there, with `log` and `checkpoints` in it. One process has it at a time. */
  readonly directory: string;
  /** What keys are. Strings must be well-formed. @default "string" */
  readonly keys?: "string" | "bytes" | undefined;
  /** How values become bytes. @default msgpackCodec(): any plain value */
  readonly values?: WalCodec<V> | undefined;
  /** When checkpoints are made, and how many stay. */
  readonly checkpoints?:
    | Pick<CheckpointConfig, "interval" | "minWalSizeForCheckpoint" | "maxRetained" | "incremental" | "maxChainLength" | "maxDeltaRatio">
    | undefined;
  /** How the log is divided into files. It goes behind the oldest kept checkpoint in steps of a segment. */
  readonly log?: Pick<WalOptions, "segmentSize"> | undefined;
  /** `"stop"`: what is behind damage of the log is given up, and `recovered` says so. @default "refuse" */
  readonly onDamage?: "refuse" | "stop" | undefined;
  /** A directory without a state in it is `RECOVERY_NOT_FOUND` instead of an empty state. @default false */
  readonly mustExist?: boolean | undefined;
  /** The volume is used by one container at a time. See `LockOptions` of `@laminar/disk`. @default false */
  readonly oneContainer?: boolean | undefined;
  /** Called while the opening recovers. */
  readonly onProgress?: ((progress: RecoveryProgress) => void) | undefined;
  /** Ends the opening, with the signal's reason, while it recovers. */
  readonly signal?: AbortSignalLike | undefined;
  /** The machine to work on. @default nodeDisk */
  readonly disk?: Disk | undefined;
}
