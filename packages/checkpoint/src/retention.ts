/** What retention needs to know of a usable checkpoint: its chain verifies, and the log still counts its position. */
export interface UsablePoint {
  readonly id: number;
  readonly walPosition: number;
  /** Ids of its chain, ascending; the first is the full one, the last its own. */
  readonly chain: readonly number[];
}

export interface RetentionInput {
  readonly usable: readonly UsablePoint[];
  /** Ids of directories that verify but aren't usable: abandoned by a fence, of another log. */
  readonly unusable: readonly number[];
  /** Ids of directories that don't verify. */
  readonly damaged: readonly number[];
  /** How many chains are kept. */
  readonly keep: number;
  /** The first id that this manager gives: only what it published itself is certain to be durable. */
  readonly firstOwnId: number;
}

export interface RetentionPlan {
  /** Usable checkpoints that stay, newest first. */
  readonly kept: readonly UsablePoint[];
  /** Ids that a kept chain needs. */
  readonly needed: ReadonlySet<number>;
  /** Ids that may go, ascending. */
  readonly remove: readonly number[];
  /** The log is needed above it; 0 when nothing is kept that is certain to be durable. */
  readonly oldestWalPosition: number;
}

/**
 * Whether one of them is certain to be durable, with its chain: a delta stands only on what its manager published. Of one that
 * was found nobody can know: its publisher may have died before the sync of its name, and somebody else had that sync's error,
 * after which every later sync says yes.
 */
export function isAnyCertain(usable: readonly { readonly id: number }[], firstOwnId: number): boolean {
  return usable.some(({ id }) => id >= firstOwnId);
}

/**
 * Decides what stays. Chains are counted, not points, because all points of one chain fall with its base. The log is kept
 * above the smallest, over the kept chains, of each one's newest position: so any one kept chain is enough. One of them has to
 * be certain to be durable, or nothing goes, neither checkpoints nor log. What is damaged goes only once it is older than
 * everything needed; until then somebody may want to look at it.
 */
export function planRetention({ usable, unusable, damaged, keep, firstOwnId }: RetentionInput): RetentionPlan {
  const base = (point: UsablePoint): number => point.chain[0] as number;
  const bases = [...new Set(usable.map(base))].sort((a, b) => b - a).slice(0, keep);
  const kept = usable.filter((point) => bases.includes(base(point))).sort((a, b) => b.id - a.id);
  const needed = new Set(kept.flatMap(({ chain }) => chain));
  const newestPositions = bases.map((id) => Math.max(...kept.filter((point) => base(point) === id).map(({ walPosition }) => walPosition)));
  const maySomeGo = isAnyCertain(kept, firstOwnId);
  const oldestNeeded = Math.min(...needed);
  const verifying = [...usable.map(({ id }) => id), ...unusable].filter((id) => !needed.has(id));
  const remove = maySomeGo ? [...verifying, ...damaged.filter((id) => id < oldestNeeded)] : [];
  return {
    kept,
    needed,
    remove: remove.sort((a, b) => a - b),
    oldestWalPosition: maySomeGo ? Math.min(...newestPositions) : 0,
  };
}
