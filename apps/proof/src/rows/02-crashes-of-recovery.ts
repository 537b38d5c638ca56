import { exploreCrashes } from "@laminar/disk/testing";
import { restoreChance } from "../identities.ts";
import type { Outcome, Row, Work } from "../row.ts";
import { Contents } from "../whole-stack/contents.ts";
import { contentOf, wholeStack } from "../whole-stack/crash-test.ts";

const DEPTH = 3;
/** After a crash it opens, which recovers, and closes. */
const test = wholeStack({ steps: 12, stepsAfterCrash: 0 });

async function explore({ goal, seed }: Work): Promise<Outcome> {
  const found: number[] = [];
  const contents = new Contents();
  let nested = 0;
  const signal = { aborted: false };
  try {
    const { looked, failure, nextSeed } = await exploreCrashes(test, {
      states: Number.MAX_SAFE_INTEGER,
      seed,
      contentOf,
      signal,
      imagesPerOperation: 24,
      nested: (depth) => (depth === 0 ? 0.12 : depth < DEPTH ? 0.04 : 0),
      onState({ depth, content }) {
        found[depth] = (found[depth] ?? 0) + 1;
        if (depth > 0) {
          nested++;
          contents.add(content);
        }
        signal.aborted = nested >= goal;
      },
    });
    const [before = 0, ...byDepth] = found;
    const counters = Object.fromEntries(byDepth.map((count, index) => [`in opening after ${index + 1} crashes`, count]));
    return { reached: nested, violations: failure === undefined ? [] : [String(failure)], counters: { ...counters, "started from": before, "images looked at": looked }, contents: contents.all, nextSeed };
  } finally {
    restoreChance();
  }
}

/** A crash while what a crash left is opened again, up to three deep. */
export const crashesOfRecovery: Row = {
  number: 2,
  title: "crashes while recovering, 3 deep",
  unit: "distinct states",
  soakGoal: 5_000_000,
  parts: [{ name: "by hand", goal: { check: 1500, proof: 100_000 }, seconds: 100, run: explore }],
};
