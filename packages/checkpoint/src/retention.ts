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
}

export interface RetentionPlan {
  /** Usable checkpoints that stay, newest first. */
  readonly kept: readonly UsablePoint[];
  /** Ids that a kept chain needs. */
  readonly needed: ReadonlySet<number>;
  /** Ids that may go, ascending. */
  readonly remove: readonly number[];
  /** The log is needed above it; 0 when nothing usable is kept. */
  readonly oldestWalPosition: number;
}

/**
 * Decides what stays. Chains are counted, not points, because all points of one chain fall with its base. The log is kept
 * above the smallest, over the kept chains, of each one's newest position: so any one kept chain is enough. What is damaged
 * goes only once it is older than everything needed; until then somebody may want to look at it.
 */
export function planRetention({ usable, unusable, damaged, keep }: RetentionInput): RetentionPlan {
  const base = (point: UsablePoint): number => point.chain[0] as number;
  const bases = [...new Set(usable.map(base))].sort((a, b) => b - a).slice(0, keep);
  const kept = usable.filter((point) => bases.includes(base(point))).sort((a, b) => b.id - a.id);
  const needed = new Set(kept.flatMap(({ chain }) => chain));
  const newestPositions = bases.map((id) => Math.max(...kept.filter((point) => base(point) === id).map(({ walPosition }) => walPosition)));
  const oldestNeeded = Math.min(...needed);
  const verifying = [...usable.map(({ id }) => id), ...unusable].filter((id) => !needed.has(id));
  const remove = kept.length === 0 ? [] : [...verifying, ...damaged.filter((id) => id < oldestNeeded)];
  return {
    kept,
    needed,
    remove: remove.sort((a, b) => a - b),
    oldestWalPosition: newestPositions.length === 0 ? 0 : Math.min(...newestPositions),
  };
}
