import { appendFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Counts } from "./model/counters.ts";
import { explore } from "./model/lives.ts";
import { RULES } from "./model/rules.ts";
import { worldOf } from "./model/worlds.ts";

/** `pnpm --filter @laminar/checkpoint proof` does all of it, the normal run a part. */
const IS_PROOF = process.env["CHECKPOINT_PROOF"] === "1";
const STATES = Number(process.env["MODEL_STATES"] ?? (IS_PROOF ? 200_000 : 8500));
/** Where a line says how many states there were, for the proof of all packages. */
const COUNTS = process.env["MODEL_COUNTS"];
const LEAST_PER_OPERATION = STATES / 1000;
const LEAST_PER_CHAIN_LENGTH = STATES / 1000;
const LEAST_PER_DEPTH = STATES / 40;

describe("the model and the manager", () => {
  it("do the same on the same disk, see the same in every state that a crash or damage leaves, and keep every promise", async () => {
    const counts = new Counts();
    const started = performance.now();
    let seed = 1;
    for (; counts.states.size < STATES; seed++) await explore(worldOf(counts, STATES, seed, RULES, "in step"), `seed ${seed}:`);
    const seconds = (performance.now() - started) / 1000;
    const least = [counts.byOperation, counts.byChainLength].map((count) => Math.min(...count.values()));
    console.log(`${counts.toString()}\nat least ${least.join(" and ")} of each of these; 0 disagreements, 0 violations, 0 refusals; seeds 1 to ${seed - 1}; ${Math.round(counts.states.size / seconds)} states a second`);
    expect(counts.states.size).toBeGreaterThanOrEqual(STATES);
    expect(Math.min(...counts.byOperation.values())).toBeGreaterThan(LEAST_PER_OPERATION);
    expect([...counts.byChainLength.keys()]).toEqual(expect.arrayContaining([0, 1, 2, 3, 4]));
    for (const length of [1, 2, 3, 4]) expect(counts.byChainLength.get(length)).toBeGreaterThan(LEAST_PER_CHAIN_LENGTH);
    expect(Math.min(...counts.byDepth)).toBeGreaterThan(LEAST_PER_DEPTH);
    expect(counts.damagedImages).toBeGreaterThan(STATES / 10);
    if (COUNTS !== undefined) appendFileSync(COUNTS, `${counts.states.size}\n`);
  }, 7_200_000);
});
