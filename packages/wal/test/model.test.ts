import { appendFileSync } from "node:fs";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { someDamage } from "./image-damage.ts";
import { seeded } from "./logs.ts";
import { Counts, explore, knownOf, type World } from "./model/crash-lives.ts";
import type { Files, ModelVerdict } from "./model/model-reader.ts";
import { LockstepSubject } from "./model/real-subject.ts";
import { readBoth } from "./model/readers.ts";
import { RULES } from "./model/rules.ts";

afterEach(() => void vi.restoreAllMocks());

/** `pnpm --filter @laminar/wal proof` does all of it, the normal run a part. */
const IS_PROOF = process.env["WAL_PROOF"] === "1";
const STATES = Number(process.env["MODEL_STATES"] ?? (IS_PROOF ? 300_000 : 10_000));
/** Where a line says how many states there were, for the proof of all packages. */
const COUNTS = process.env["MODEL_COUNTS"];
const LEAST_PER_OPERATION = STATES / 200;
const LEAST_PER_DEPTH = STATES / 25;

/** What became of damaged images, by what was done to them. */
class DamageCounts {
  readonly #outcomes: Map<string, { same: number; refused: number; shorter: number }> = new Map();
  total = 0;

  add(what: string, outcome: "same" | "refused" | "shorter"): void {
    const counts = this.#outcomes.get(what) ?? { same: 0, refused: 0, shorter: 0 };
    this.#outcomes.set(what, counts);
    counts[outcome]++;
    this.total++;
  }

  toString(): string {
    return [...this.#outcomes].map(([what, { same, refused, shorter }]) => `${what}: ${same} the same, ${refused} refused, ${shorter} shorter`).join("; ");
  }
}

/** The records that must be held: what is below `oldestLsn` may come back from a segment that waits for its unlinking. */
function textOf(verdict: ModelVerdict, oldestLsn: number): string {
  if (verdict.kind !== "log") return verdict.kind;
  return knownOf(verdict.batches).filter(({ lsn }) => lsn >= oldestLsn).map(({ lsn, id }) => `${lsn}:${id} `).join("");
}

/** Damages an image in every way once. Both readers must agree, and what isn't refused is what was there, or less of its end. */
function damageOf(files: Files, whole: ModelVerdict, random: () => number, counts: DamageCounts): string | undefined {
  if (whole.kind !== "log") return undefined;
  const before = textOf(whole, whole.oldestLsn);
  for (const { what, damaged } of someDamage(files, random)) {
    const { model, difference } = readBoth(damaged, RULES);
    if (difference !== undefined) return `${what}: ${difference}`;
    const after = textOf(model, whole.oldestLsn);
    const outcome = model.kind === "refused" ? "refused" : after === before ? "same" : before.startsWith(after) ? "shorter" : undefined;
    if (outcome === undefined) return `${what} is not seen: ${after} instead of ${before}`;
    if (outcome === "shorter" && what === "a flipped bit") return `${what} shortens ${before} to ${after}`;
    counts.add(what, outcome);
  }
  return undefined;
}

describe("the model and the log", () => {
  it("do the same on the same disk, see the same in every state that a crash or damage leaves, and keep every promise", async () => {
    const counts = new Counts();
    const damage = new DamageCounts();
    const started = performance.now();
    for (let seed = 1; counts.states.size < STATES; seed++) {
      const random = seeded(seed);
      // Of its own, so that a life doesn't depend on which states were seen before it.
      const damageRandom = seeded(-seed);
      const world: World = {
        counts,
        random,
        imagesPerOperation: 16,
        depthMost: 3,
        lives: { afterKill: 0.04, afterPowerCut: 0.005 },
        failures: 0.004,
        enough: () => counts.states.size >= STATES,
        start: (disk, depth) => new LockstepSubject(disk, depth, RULES),
        read: (files) => {
          const { model, difference } = readBoth(files, RULES);
          return { verdict: model, wrong: difference };
        },
        onState: (files, verdict) => (damageRandom() < 0.04 ? damageOf(files, verdict, damageRandom, damage) : undefined),
      };
      await explore(world, createSimulatedDisk(), `seed ${seed}:`);
    }
    const seconds = (performance.now() - started) / 1000;
    const least = `at least ${Math.min(...counts.byOperation.values())} of each operation and ${Math.min(...counts.byDepth)} of each depth`;
    console.log(`${counts.toString()}; ${least}; 0 disagreements, 0 violations, 0 refusals; ${Math.round(counts.states.size / seconds)} states a second`);
    console.log(`${damage.total} damaged images, the same verdict by both (${damage.toString()})`);
    expect(counts.states.size).toBeGreaterThanOrEqual(STATES);
    expect(Math.min(...counts.byOperation.values())).toBeGreaterThan(LEAST_PER_OPERATION);
    expect(Math.min(...counts.byDepth)).toBeGreaterThan(LEAST_PER_DEPTH);
    expect(damage.total).toBeGreaterThan(STATES / 3);
    if (COUNTS !== undefined) appendFileSync(COUNTS, `${counts.states.size}\n`);
  }, 7_200_000);
});
