import { describe, expect, it } from "vitest";
import { Counts } from "./model/counters.ts";
import { explore } from "./model/lives.ts";
import { RULES, type Rules } from "./model/rules.ts";
import { worldOf } from "./model/worlds.ts";

const IS_PROOF = process.env["CHECKPOINT_PROOF"] === "1";
/** The most states that a missing rule may take to show. */
const STATES = 60_000;

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

/** How the lack of a rule shows, on the model alone, by the promise that is broken. */
const SHOWN_BY: Record<keyof Rules, RegExp | undefined> = {
  abandonedSkipped: /REFUSED: fenced/,
  untilBoundsTheChoice: /POINT IN TIME/,
  witnessesHeard: /SILENTLY OLDER/,
  commitsOfOwnSession: /SILENTLY WRONG/,
  chainByChecksum: /RESTORED FROM ANOTHER BASE/,
  retentionCountsUsable: /LITTER|CHAIN LOST|ALL BUT|REFUSED/,
  retentionByChains: /CHAIN LOST/,
  floorForEveryChain: /LITTER|CHAIN LOST|ALL BUT/,
  newestWithdrawnFirst: /DELTA WITHOUT ITS BASE/,
  withdrawalDurableFirst: /FALSE DAMAGE|CHAIN LOST/,
  damageStopsNothing: /LITTER/,
  readErrorsPostpone: /CHAIN LOST|REFUSED|DELTA WITHOUT ITS BASE/,
  // A second guard: what could be judged wrongly postpones the round already.
  publishedKeptFirst: undefined,
  ownKeptFirst: /REFUSED|SILENTLY OLDER/,
  // What stands on a found one is as uncertain as that.
  deltaOnOwn: /SILENTLY WRONG|REFUSED/,
  deltaOnCounted: /SILENTLY WRONG/,
  deltaOnVerified: /NOT USABLE/,
  chainLengthBound: /CHAIN TOO LONG/,
  // It saves time and space, no state.
  deltasWeighed: undefined,
  failedPublishWithdrawn: /LISTED THOUGH IT FAILED/,
  openSyncs: /CHECKPOINT LOST/,
  highestIdStays: /ID REUSED/,
  contentSynced: /FALSE DAMAGE/,
  directorySynced: /FALSE DAMAGE/,
  publishSynced: /CHECKPOINT LOST|REFUSED/,
};

/** Where the lack of a rule takes long to show, the normal run begins with the seed that shows it. */
const FIRST_SEED: Record<"alone" | "in step", Partial<Record<keyof Rules, number>>> = {
  alone: {
    retentionCountsUsable: 34, retentionByChains: 32, readErrorsPostpone: 164, ownKeptFirst: 92, deltaOnOwn: 10, deltaOnCounted: 56, deltaOnVerified: 13, failedPublishWithdrawn: 50, openSyncs: 26, highestIdStays: 50,
  },
  "in step": { abandonedSkipped: 23, commitsOfOwnSession: 10, retentionCountsUsable: 43, publishedKeptFirst: 67, failedPublishWithdrawn: 48, highestIdStays: 10 },
};

describe("the model", () => {
  it("keeps every promise by itself", async () => {
    expect(await hunt(RULES, "alone", IS_PROOF ? STATES : 1500)).toMatchObject({ found: "nothing" });
  }, 1_200_000);

  it.each(Object.keys(RULES) as (keyof Rules)[])("shows that %s is needed, and differs from the manager without it", async (rule) => {
    const rules = { ...RULES, [rule]: false };
    const promise = SHOWN_BY[rule];
    const firstSeed = (kind: "alone" | "in step"): number => (IS_PROOF ? 1 : (FIRST_SEED[kind][rule] ?? 1));
    if (promise) {
      const { states, found } = await hunt(rules, "alone", STATES, firstSeed("alone"));
      console.log(`without ${rule} a promise is broken in the ${states}th state: ${found}`);
      expect(found).toMatch(promise);
    }
    const { states, found } = await hunt(rules, "in step", STATES, firstSeed("in step"));
    console.log(`without ${rule} model and manager differ in the ${states}th state: ${found}`);
    expect(found).not.toBe("nothing");
  }, 1_200_000);
});
