import type { ChainPart, CheckpointMetadata } from "./checkpoint-metadata.ts";

/** What the next checkpoint could be a delta of. */
export interface DeltaBase {
  /** What captures know the base's state by: its own metadata, or, after a compaction, those of the checkpoint whose state it holds too. */
  readonly stateOf: CheckpointMetadata;
  readonly chain: readonly ChainPart[];
}

export interface ChainPolicy {
  readonly incremental: boolean;
  readonly maxChainLength: number;
  readonly maxDeltaRatio: number;
}

/**
 * The chain that the next checkpoint continues; none for a full one. A delta needs a state whose changes are counted from that
 * base, room in the chain, and deltas that don't outweigh their share of the full part: a restore reads all of them.
 */
export function chainToContinue(base: DeltaBase | undefined, basedOn: unknown, policy: ChainPolicy): readonly ChainPart[] | undefined {
  if (!policy.incremental || base === undefined || basedOn !== base.stateOf) return undefined;
  const [full, ...deltas] = base.chain;
  if (full === undefined || base.chain.length >= policy.maxChainLength) return undefined;
  const deltaBytes = deltas.reduce((sum, { size }) => sum + size, 0);
  return deltaBytes > policy.maxDeltaRatio * full.size ? undefined : base.chain;
}
