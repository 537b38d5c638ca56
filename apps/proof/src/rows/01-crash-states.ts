import { type CrashTest, exploreCrashes } from "@laminar/disk/testing";
import { durableState } from "../durable-state/crash-test.ts";
import { restoreChance } from "../identities.ts";
import type { Outcome, Part, Row, Work } from "../row.ts";
import { Contents } from "../whole-stack/contents.ts";
import { Counter } from "../whole-stack/count.ts";
import { contentOf, wholeStack } from "../whole-stack/crash-test.ts";
import { type AnyStep, operationKindOf, shapesOf } from "../whole-stack/labels.ts";
import type { Told } from "../whole-stack/promises.ts";

/** Below this share of all states a kind of operation, or a shape, counts as not looked at. */
const LEAST_SHARE = 1 / 500;
/** There is no log only until the first one gets its first segment. */
const RARE: ReadonlySet<string> = new Set(["log of 0 segments"]);

async function explore<Step extends AnyStep>(test: CrashTest<Step, Told>, { size, goal, seed }: Work): Promise<Outcome> {
  const kinds = new Counter();
  const shapes = new Counter();
  const contents = new Contents();
  try {
    const findings = await exploreCrashes(test, {
      states: goal,
      seed,
      contentOf,
      nested: (depth) => (depth === 0 ? 0.003 : depth < 3 ? 0.005 : 0),
      onState(state) {
        contents.add(state.content);
        kinds.add(operationKindOf(state));
        for (const shape of shapesOf(state)) shapes.add(shape);
      },
    });
    const { states, looked, lives, byDepth, failure, nextSeed } = findings;
    const rare = size === "check" ? [] : [...kinds.entries(), ...shapes.entries()].filter(([name, count]) => !RARE.has(name) && count < states * LEAST_SHARE);
    return {
      reached: states,
      violations: [...(failure === undefined ? [] : [String(failure)]), ...rare.map(([name, count]) => `${name}: only ${count} states, the exploration passes it by`)],
      counters: {
        "images looked at": looked,
        lives,
        "refusals of legal images": failure?.kind === "refused" ? 1 : 0,
        ...Object.fromEntries([...kinds.entries(), ...shapes.entries()]),
        ...Object.fromEntries(byDepth.map((count, depth) => [`after ${depth === 0 ? "one crash" : `${depth + 1} crashes`}`, count])),
      },
      contents: contents.all,
      nextSeed,
    };
  } finally {
    restoreChance();
  }
}

/** Its directories have other names, so that no state is counted by both. */
const byHand: Part = {
  name: "put together by hand",
  goal: { check: 4000, proof: 600_000 },
  seconds: 500,
  run: (work) => explore(wholeStack({ steps: 30, stepsAfterCrash: 4 }), work),
};

const asDurableState: Part = {
  name: "openDurableState",
  goal: { check: 3000, proof: 400_000 },
  seconds: 400,
  run: (work) => explore(durableState({ steps: 20, stepsAfterCrash: 4 }), work),
};

/** What a crash at any moment may leave: a recovery gives back exactly one commit, not older than the last acknowledged one. */
export const crashStates: Row = { number: 1, title: "crash states of the whole stack", unit: "distinct states", soakGoal: 50_000_000, parts: [byHand, asDurableState] };
