import { describe, expect, it } from "vitest";
import { Counts } from "./model/counters.ts";
import { explore } from "./model/lives.ts";
import { RULES, type Rules } from "./model/rules.ts";
import { worldOf } from "./model/worlds.ts";

/** The most states that a missing rule may take to show. */
const STATES = 20_000;

/** The first thing that is wrong, and in which state it showed. */
async function hunt(rules: Rules, kind: "alone" | "in step", states: number, firstSeed = 1): Promise<{ readonly states: number; readonly found: string }> {
  const counts = new Counts();
  for (let seed = firstSeed; counts.states.size < states; seed++) {
    try {
      await explore(worldOf(counts, states, seed, rules, kind), `seed ${seed}:`);
    } catch (error) {
      return { states: counts.states.size, found: error instanceof Error ? error.message : String(error) };
    }
  }
  return { states: counts.states.size, found: "nothing" };
}

describe("the model", () => {
  it("keeps every promise by itself", async () => {
    expect(await hunt(RULES, "alone", 5000)).toMatchObject({ found: "nothing" });
  }, 600_000);

  it.each(Object.keys(RULES) as (keyof Rules)[])("shows that %s is needed, and differs from the manager without it", async (rule) => {
    const rules = { ...RULES, [rule]: false };
    const alone = await hunt(rules, "alone", STATES);
    console.log(`without ${rule} a promise is broken in the ${alone.states}th state: ${alone.found}`);
    const both = await hunt(rules, "in step", STATES);
    console.log(`without ${rule} model and manager differ in the ${both.states}th state: ${both.found}`);
    expect(both.found).not.toBe("nothing");
  }, 600_000);
});
