import { type Change, type Opening, type Step, stepsOf } from "../whole-stack/steps.ts";

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

/**
 * What has to happen in its turn before a barrier shows: what goes wrong and is undone, ids that only a leftover carries, a log
 * that is cut behind each checkpoint.
 */
export const troubled: StepsOf = (random, depth) => {
  const whole = (below: number): number => Math.floor(random() * below);
  const commit = (): BarrierStep => ({ do: "commit", changes: [{ key: `k${whole(3)}`, length: 3 }] satisfies Change[] });
  const large = (): BarrierStep => ({ do: "commit", changes: [{ key: "k", length: 600 }, { key: "l", length: 600 }] });
  const fault = (within: number, kind?: Fault["kind"]): BarrierStep => ({ do: "fault", in: 1 + whole(within), kind });
  if (depth > 0) return [opening, commit()];
  const scripts: readonly (readonly BarrierStep[])[] = [
    [fault(5, "syncDirectory"), opening, commit()],
    [opening, commit(), { do: "full" }, commit(), fault(4, "syncDirectory"), { do: "full" }, { do: "truncate" }, commit()],
    [opening, commit(), { do: "full" }, commit(), { do: "full" }, { do: "delete newest" }, fault(2, "write"), { do: "full" }, { do: "clean-up", keep: 1 }, commit()],
    [opening, large(), large(), { do: "full" }, large(), { do: "full" }, large(), { do: "full" }, commit()],
    [{ ...opening, maxRetained: 2 }, commit(), { do: "full" }, commit(), { do: "full" }, fault(2, "syncDirectory"), { do: "clean-up", keep: 1 }, { do: "clean-up", keep: 1 }, commit()],
  ];
  return scripts[Math.floor(random() * scripts.length)] ?? [];
};

/** A first checkpoint, and a commit by whoever comes after the crash: what it finds has to be there for good. */
export const reopened: StepsOf = (random, depth) => {
  const commit: BarrierStep = { do: "commit", changes: [{ key: `k${Math.floor(random() * 3)}`, length: 3 }] };
  return depth === 0 ? [opening, commit, { do: "full" }, commit] : [opening, commit];
};
