import { ByHandSubject } from "../model-runs/by-hand-subject.ts";
import { DurableSubject } from "../model-runs/durable-subject.ts";
import { runSteps, shrunkSteps } from "../model-runs/run-steps.ts";
import { modelStepsOf } from "../model-runs/steps.ts";
import type { OpenSubject } from "../model-runs/subject.ts";
import type { Outcome, Part, Row, Work } from "../row.ts";
import { Counter } from "../whole-stack/count.ts";

const STEPS = 200;

/** Holds what `open` gives against the reference model: sequences of random steps, one for each seed. */
export async function compareWithModel(open: OpenSubject, { goal, seed }: Work): Promise<Outcome> {
  const counter = new Counter();
  const violations: string[] = [];
  let reached = 0;
  for (; reached < goal && violations.length === 0; reached++) {
    const steps = modelStepsOf(seed + reached, STEPS);
    for (const step of steps) counter.add(step.do);
    if ((await runSteps(open, steps)) !== undefined) violations.push(`seed ${seed + reached}: ${await shrunkSteps(open, steps)}`);
  }
  return { reached, violations, counters: { operations: reached * STEPS, ...Object.fromEntries(counter.entries()) }, nextSeed: seed + reached };
}

export const openDurable: OpenSubject = (disk, model) => DurableSubject.open(disk, model);
export const openByHand: OpenSubject = (disk, model) => ByHandSubject.open(disk, model);

const part = (name: string, open: OpenSubject): Part => ({ name, goal: { check: 40, proof: 2500 }, seconds: 45, run: (work) => compareWithModel(open, work) });

/** Every answer is the one that a map and a list of commits would give. */
export const referenceModel: Row = {
  number: 11,
  title: "random operations against a reference model",
  unit: "seeds × 200 operations",
  soakGoal: 1_000_000,
  parts: [part("a durable state", openDurable), part("by hand", openByHand)],
};
