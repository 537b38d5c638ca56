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

/** What has to go wrong in its turn before a barrier shows that undoes something, or that keeps an id from being given again. */
export const troubled: StepsOf = (random, depth) => {
  const whole = (below: number): number => Math.floor(random() * below);
  const commit = (): BarrierStep => ({ do: "commit", changes: [{ key: `k${whole(3)}`, length: 3 }] satisfies Change[] });
  const fault = (within: number, kind?: Fault["kind"]): BarrierStep => ({ do: "fault", in: 1 + whole(within), kind });
  if (depth > 0) return [opening, commit()];
  const scripts: readonly (readonly BarrierStep[])[] = [
    [fault(5, "syncDirectory"), opening, commit()],
    [opening, commit(), { do: "full" }, commit(), fault(4, "syncDirectory"), { do: "full" }, { do: "truncate" }, commit()],
    [opening, commit(), { do: "full" }, commit(), { do: "full" }, { do: "delete newest" }, fault(2, "write"), { do: "full" }, { do: "clean-up", keep: 1 }, commit()],
    [{ ...opening, maxRetained: 2 }, commit(), { do: "full" }, commit(), { do: "full" }, fault(2, "syncDirectory"), { do: "clean-up", keep: 1 }, { do: "clean-up", keep: 1 }, commit()],
  ];
  return scripts[whole(scripts.length)] ?? [];
};
