import { type Opening, type Step, stepsOf } from "../whole-stack/steps.ts";

/** One of the next calls that change the disk fails, once. */
export interface Fault {
  readonly do: "fault";
  readonly in: number;
  /** Counts these alone. */
  readonly kind?: "syncDirectory" | "write" | undefined;
}

export type BarrierStep = Step | Fault;

export type StepsOf = (random: () => number, depth: number) => readonly BarrierStep[];

const FAULT_WITHIN = 12;
const opening: Opening = { do: "open", maxRetained: 1, maxChainLength: 1 };

/** Steps as in the first row, in a share of the lives with a fault. */
export const ordinary = (steps: number, stepsAfterCrash: number, faults: number): StepsOf => (random, depth) => {
  const all: BarrierStep[] = [...stepsOf(random, depth === 0 ? steps : stepsAfterCrash)];
  if (random() < faults) all.splice(1 + Math.floor(random() * (all.length - 1)), 0, { do: "fault", in: 1 + Math.floor(random() * FAULT_WITHIN) });
  return all;
};

/** The steps of a life on an empty disk, with random details. */
type Script = (whole: (below: number) => number) => readonly BarrierStep[];

const full: BarrierStep = { do: "full" };
const cleanUp: BarrierStep = { do: "clean-up", keep: 1 };
const commit = (whole: (below: number) => number): BarrierStep => ({ do: "commit", changes: [{ key: `k${whole(3)}`, length: 3 }] });
const large: BarrierStep = { do: "commit", changes: [{ key: "k", length: 600 }, { key: "l", length: 600 }] };
const fault = (whole: (below: number) => number, within: number, kind: Fault["kind"]): BarrierStep => ({ do: "fault", in: 1 + whole(within), kind });

/** What has to happen in its turn before a barrier shows. */
export const SCRIPTS: readonly Script[] = [
  // The first directories can't be made durable.
  (whole) => [fault(whole, 2, "syncDirectory"), opening, commit(whole)],
  // A checkpoint fails, perhaps with its name.
  (whole) => [opening, commit(whole), full, commit(whole), fault(whole, 4, "syncDirectory"), full, { do: "truncate" }, commit(whole)],
  // Only a leftover carries the highest id.
  (whole) => [opening, commit(whole), full, commit(whole), full, { do: "delete newest" }, fault(whole, 2, "write"), full, cleanUp, commit(whole)],
  // Each checkpoint cuts the log behind it.
  (whole) => [opening, large, large, full, large, full, large, full, commit(whole)],
  // A withdrawal fails.
  (whole) => [{ ...opening, maxRetained: 2 }, commit(whole), full, commit(whole), full, fault(whole, 2, "syncDirectory"), cleanUp, cleanUp, commit(whole)],
];

export const scripted = (script: Script): StepsOf => (random, depth) => {
  const whole = (below: number): number => Math.floor(random() * below);
  return depth === 0 ? script(whole) : [opening, commit(whole)];
};

/** A first checkpoint, and a commit by whoever comes after the crash: what it finds has to be there for good. */
export const reopened: StepsOf = (random, depth) => {
  const first = commit((below) => Math.floor(random() * below));
  return depth === 0 ? [opening, first, full, first] : [opening, first];
};
