import type { Counts } from "./counters.ts";
import { ModelSubject } from "./model-subject.ts";
import { recoverModel } from "./model-recovery.ts";
import { readBoth } from "./readers.ts";
import { LockstepSubject } from "./real-subject.ts";
import type { Rules } from "./rules.ts";
import type { World } from "./world.ts";

/** A deterministic generator; tests that use it print the seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

const CHAIN_LENGTHS = [3, 5, 2, 4, 1] as const;

/** The model alone, or the manager in step with it, under the policy that a seed gives. */
export function worldOf(counts: Counts, states: number, seed: number, rules: Rules, kind: "alone" | "in step"): World {
  const random = seeded(seed);
  return {
    counts,
    random,
    damageRandom: seeded(-seed),
    rules,
    policy: { maxRetained: 1 + (seed % 3), maxChainLength: CHAIN_LENGTHS[seed % CHAIN_LENGTHS.length] ?? 1, maxDeltaRatio: seed % 4 === 0 ? 0.5 : 5 },
    imagesPerOperation: 6,
    depthMost: 4,
    goesOn: { afterKill: 0.003, beforeSync: seed % 2 === 0 ? 0.15 : 0.003, afterPowerCut: 0.001, atTheEnd: 0.4 },
    damages: 0.07,
    failures: seed % 2 === 0 ? 0.01 : 0,
    openingFailures: seed % 2 === 0 ? 0.7 : 0,
    enough: () => counts.states.size >= states,
    start: (...given) => (kind === "alone" ? new ModelSubject(...given) : new LockstepSubject(...given)),
    read: async (disk, tree, log, until) => (kind === "alone" ? { verdict: recoverModel(tree, log, rules, until) } : readBoth(disk(), tree, log, rules, until)),
  };
}
