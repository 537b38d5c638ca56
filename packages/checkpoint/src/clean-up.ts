import type { Assessment } from "./assess-checkpoints.ts";
import { planRetention, type RetentionPlan } from "./retention.ts";

/**
 * Why a checkpoint stays.
 *
 * - `"restore-point"`: usable, and of one of the kept chains
 * - `"needed"`: not usable itself, but a kept chain needs its state
 * - `"damaged"`: doesn't verify, and not older than all that is needed yet; kept so that it can be looked at
 * - `"not-removed"`: has nothing to stay for; removing it failed, or waits: for the next round, or for this manager's first own checkpoint
 * - `"nothing-usable"`: nothing is removed while there is no usable checkpoint
 */
export type KeptReason = "restore-point" | "needed" | "damaged" | "not-removed" | "nothing-usable";

/** A checkpoint that a round of cleaning up left, and why. */
export interface KeptCheckpoint {
  readonly id: number;
  readonly reason: KeptReason;
  /** What is wrong with a damaged one. */
  readonly problem?: unknown;
}

/** What a round of cleaning up did. */
export interface CleanupReport {
  /** Ids that are gone, durably; ascending. */
  readonly removed: readonly number[];
  /** What is there still, newest first. Empty when the round ended before that was known; then `error` says why. */
  readonly kept: readonly KeptCheckpoint[];
  /** The log is needed above it, as of this round; 0 when no usable checkpoint is certain to be durable. */
  readonly oldestWalPosition: number;
  /** Why something was left undone; the next round tries again. `undefined` when nothing was. */
  readonly error: unknown;
}

export function retentionOf({ usable, unusable, damaged }: Assessment, keep: number, firstOwnId: number): RetentionPlan {
  return planRetention({
    usable: usable.map(({ id, walPosition, chain }) => ({ id, walPosition, chain: chain.map((part) => part.id) })),
    unusable: unusable.map(({ id }) => id),
    damaged: damaged.map(({ id }) => id),
    keep,
    firstOwnId,
  });
}

/** Why each checkpoint that is left stays. */
export function keptAfter({ usable, unusable, damaged }: Assessment, plan: RetentionPlan, removed: readonly number[]): readonly KeptCheckpoint[] {
  const points = new Set(plan.kept.map(({ id }) => id));
  const reasonOf = (id: number, otherwise: KeptReason): KeptReason => {
    if (points.has(id)) return "restore-point";
    if (plan.needed.has(id)) return "needed";
    return plan.kept.length === 0 ? "nothing-usable" : otherwise;
  };
  const all: KeptCheckpoint[] = [
    ...[...usable, ...unusable].map(({ id }) => ({ id, reason: reasonOf(id, "not-removed") })),
    ...damaged.map(({ id, problem }) => ({ id, reason: reasonOf(id, plan.remove.includes(id) ? "not-removed" : "damaged"), problem })),
  ];
  return all.filter(({ id }) => !removed.includes(id)).sort((a, b) => b.id - a.id);
}
