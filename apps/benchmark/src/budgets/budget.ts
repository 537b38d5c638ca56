import { measures, type Weight } from "./weigh.ts";

/** What each hot path may cost, by its name. */
export type Budgets = Readonly<Record<string, Weight>>;

export interface Finding {
  readonly path: string;
  readonly measure: keyof Weight;
  /** `"over"`: costs more than its budget. `"stale"`: so much less that the budget guards nothing. `"missing"`: has no budget. */
  readonly kind: "over" | "stale" | "missing";
  readonly budget: number;
  readonly actual: number;
}

interface Tolerance {
  /** Share of the budget, and what is added to it, that may come on top. */
  readonly share: number;
  readonly add: number;
  /** Below this share, less the same addition, a budget is stale. */
  readonly stale: number;
}

/**
 * What the disk is asked for is the same each time. Memory depends on what the compiler made of the code, which another version of the
 * runtime does otherwise, so it has a little room: less than the smallest array that a careless line makes for each entry.
 */
const exact: Tolerance = { share: 1.01, add: 0.0001, stale: 0.9 };
const tolerances: Readonly<Record<keyof Weight, Tolerance>> = {
  heapBytes: { share: 1.35, add: 24, stale: 0.5 },
  bufferBytes: { share: 1.05, add: 2, stale: 0.8 },
  writes: exact,
  bytesWritten: exact,
  reads: exact,
  bytesRead: exact,
  syncs: exact,
  nameCalls: exact,
};

/** What is wrong with what was weighed, or with its budgets. */
export function judge(path: string, weight: Weight, budgets: Budgets): readonly Finding[] {
  const budgeted = budgets[path];
  return measures.flatMap((measure): readonly Finding[] => {
    const actual = weight[measure];
    if (!budgeted) return [{ path, measure, kind: "missing", budget: Number.NaN, actual }];
    const budget = budgeted[measure];
    const { share, add, stale } = tolerances[measure];
    if (actual > budget * share + add) return [{ path, measure, kind: "over", budget, actual }];
    return actual < budget * stale - add ? [{ path, measure, kind: "stale", budget, actual }] : [];
  });
}
