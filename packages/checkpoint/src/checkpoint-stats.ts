import type { CheckpointMetadata } from "./checkpoint-metadata.ts";
import type { CleanupReport } from "./clean-up.ts";

/**
 * What a manager has done since it was opened, and how its checkpoints stand as far as it knows without looking: as of the last call that
 * changed something. To be asked for at any time and as often as one likes.
 */
export interface CheckpointStats {
  /** Counter: checkpoints published, those of `compact` with them. */
  readonly published: number;
  /** Counter: bytes of their own states. */
  readonly publishedBytes: number;
  /** Counter: milliseconds that publishing them took. */
  readonly publishDuration: number;
  /** Counter: checkpoints that were begun and could not be made, as `laminar:checkpoint:failed` tells them. */
  readonly failed: number;
  /** Counter: checkpoints removed, durably, by rounds of cleaning up and by `delete`. */
  readonly removed: number;
  /** Counter: rounds of cleaning up that left something undone. */
  readonly failedCleanups: number;
  /** The newest usable checkpoint, found or made here; without one this and the other `latest…` are `undefined`. */
  readonly latestCheckpointId: number | undefined;
  /** When it was made, in milliseconds since 1970: what the log holds since then is what a recovery replays. */
  readonly latestTimestamp: number | undefined;
  /** The log is replayed from behind it. */
  readonly latestWalPosition: number | undefined;
  /** Bytes of its own state. */
  readonly latestSizeBytes: number | undefined;
  /** Milliseconds that publishing the last one took; `undefined` before this manager's first. */
  readonly lastPublishDuration: number | undefined;
  /** Checkpoints that a restore of the newest reads, itself with them; 0 without one. */
  readonly chainLength: number;
  /** Bytes that it reads. */
  readonly chainSizeBytes: number;
  /** Checkpoints that the last round of cleaning up left; `undefined` before the first, and when it ended before that was known. */
  readonly kept: number | undefined;
  /** The log is needed above it, as of that round; 0 before the first. */
  readonly oldestWalPosition: number;
}

/** What one manager counts. */
export class CheckpointCounters {
  published = 0;
  publishedBytes = 0;
  publishDuration = 0;
  lastPublishDuration = 0;
  failed = 0;
  removed = 0;
  failedCleanups = 0;

  countPublished(bytes: number, duration: number): void {
    this.published++;
    this.publishedBytes += bytes;
    this.publishDuration += duration;
    this.lastPublishDuration = duration;
  }

  countCleanup({ removed, error }: CleanupReport): void {
    this.removed += removed.length;
    if (error !== undefined) this.failedCleanups++;
  }

  statsWith(latest: CheckpointMetadata | undefined, cleanup: CleanupReport | undefined): CheckpointStats {
    const { published, publishedBytes, publishDuration, lastPublishDuration, failed, removed, failedCleanups } = this;
    const chain = latest?.chain ?? [];
    return {
      published,
      publishedBytes,
      publishDuration,
      failed,
      removed,
      failedCleanups,
      latestCheckpointId: latest?.id,
      latestTimestamp: latest?.timestamp,
      latestWalPosition: latest?.walPosition,
      latestSizeBytes: latest?.sizeBytes,
      lastPublishDuration: published > 0 ? lastPublishDuration : undefined,
      chainLength: chain.length,
      chainSizeBytes: chain.reduce((sum, { size }) => sum + size, 0),
      kept: cleanup && (cleanup.kept.length > 0 || cleanup.error === undefined) ? cleanup.kept.length : undefined,
      oldestWalPosition: cleanup?.oldestWalPosition ?? 0,
    };
  }
}
