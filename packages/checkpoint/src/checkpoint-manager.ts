/// <reference lib="esnext.disposable" preserve="true" />

import type { CheckpointMetadata } from "./checkpoint-metadata.ts";
import type { CheckpointStats } from "./checkpoint-stats.ts";
import type { CheckpointRequest, PublishOptions } from "./checkpoint-request.ts";
import type { CleanupReport } from "./clean-up.ts";

/**
 * Publishes and keeps checkpoints. One manager per place. Calls that change something (`create`, `compact`, `delete`, `cleanup`)
 * take effect one after the other, in the order of the calls; the others may run at any time.
 *
 * Only what this manager published itself is certain to be durable. Of a checkpoint that it found at opening, nobody can know: a
 * sync that fails may say yes the next time, and the error may have been another process's. A found one is listed, used and kept
 * like any other, but nothing goes on its account: as long as no usable checkpoint is this manager's own, {@link cleanup} removes
 * no checkpoint, {@link oldestWalPosition} is 0, and {@link delete} refuses those that may be needed.
 */
export interface IncrementalCheckpointManager extends AsyncDisposable {
  /**
   * Publishes a checkpoint, whole or not at all; it is durable when this settles. Then older ones and the log behind them go, as
   * the policy says; a failure of that is in {@link lastCleanup} and harms nothing. A capture is written as a delta when its
   * changes are counted from the checkpoint that this manager published last, that one's chain still verifies, and the policy
   * allows it; otherwise as a full state. Whatever happens, the capture is ended: `done` once its checkpoint is durable, else
   * `fail`. Rejects, with nothing published, when the position isn't durable in the log (`CHECKPOINT_NOT_DURABLE`) or was fenced
   * off (`RangeError`), when the disk fails (`CHECKPOINT_IO`), and with what the state's source throws.
   */
  create(request: CheckpointRequest, options?: PublishOptions): Promise<CheckpointMetadata>;
  /**
   * Publishes the newest usable checkpoint's state and cut once more, as a full one, from its files alone, through the
   * configuration's `merge`: restores get faster, and the store isn't asked. Resolves to that checkpoint, to the newest one where
   * that is full already, and to `undefined` where none is usable. The next delta may follow it.
   */
  compact(options?: PublishOptions): Promise<CheckpointMetadata | undefined>;
  /** The newest usable one: its chain verifies, which is read anew, and the log is its own and can be replayed from its position. */
  latest(): Promise<CheckpointMetadata | undefined>;
  /** All whose metadata verify, newest first. */
  list(): Promise<readonly CheckpointMetadata[]>;
  /** `undefined` when there is no such checkpoint; rejects with `CHECKPOINT_CORRUPT` when its metadata don't verify. */
  metadata(id: number): Promise<CheckpointMetadata | undefined>;
  /** This checkpoint's own part; throws before its last chunk when size or checksum differ. */
  readState(id: number): AsyncIterable<Uint8Array>;
  /**
   * Removes one; durable when it settles. `CHECKPOINT_IN_USE`, with nothing changed, when the chain of another usable checkpoint
   * needs it; and when it is usable and no other usable one is this manager's own, unless nothing hangs on it: the log alone holds
   * everything, or there is no log and it is the only one. A damaged or abandoned one can always go.
   */
  delete(id: number): Promise<void>;
  /** Keeps so many chains (the policy's number if not given); resolves to the ids removed, durably: none before this manager's first own checkpoint. Rejects when something could not be removed. */
  cleanup(keep?: number): Promise<readonly number[]>;
  /** Whether the interval has passed since the last checkpoint (or since opening), and the log, if its size is given, has the minimum. */
  shouldCheckpoint(log?: { readonly walBytes: number }): boolean;
  /** The log is needed above it: `truncateBefore(p + 1)` is safe. 0 as long as no usable checkpoint is this manager's own. */
  oldestWalPosition(): Promise<number>;
  /** Used when a request names none; taken from the newest checkpoint at opening. */
  epoch: number;
  /** The newest usable one, as of the last call that changed something. */
  readonly latestCheckpointId: number | undefined;
  /** What the last clean-up removed, what it kept and why, and what went wrong; `undefined` before the first. */
  readonly lastCleanup: CleanupReport | undefined;
  /** Counters since it was opened, and how its checkpoints stand, at once and without a look at them. Stays as it was left after `close`. */
  stats(): CheckpointStats;
  /** Frees the place once what is under way has ended. Idempotent. */
  close(): Promise<void>;
}
