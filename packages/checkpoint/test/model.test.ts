import { describe, expect, it } from "vitest";
import { Counts } from "./model/counters.ts";
import { explore } from "./model/lives.ts";
import { RULES } from "./model/rules.ts";
import { worldOf } from "./model/worlds.ts";

/** `pnpm --filter @laminar/checkpoint proof` does all of it, the normal run a part. */
const IS_PROOF = process.env["CHECKPOINT_PROOF"] === "1";
const STATES = Number(process.env["N"] ?? 5000);

describe("the model and the manager", () => {
  it("do the same on the same disk, see the same in every state that a crash or damage leaves, and keep every promise", async () => {
    const counts = new Counts();
    const started = performance.now();
    let seed = 1;
    for (; counts.states.size < STATES; seed++) await explore(worldOf(counts, STATES, seed, RULES, "in step"), `seed ${seed}:`);
    const seconds = (performance.now() - started) / 1000;
    console.log(`${counts.toString()}\nseeds 1 to ${seed - 1}; 0 disagreements, 0 violations, 0 refusals; ${Math.round(counts.states.size / seconds)} states a second`);
    expect(counts.states.size).toBeGreaterThanOrEqual(STATES);
  }, 7_200_000);
});
