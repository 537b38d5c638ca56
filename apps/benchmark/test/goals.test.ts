import { expect, it } from "vitest";
import { goals } from "../src/goals/goals.ts";
import type { Goal } from "../src/goals/goal.ts";
import { judge } from "../src/goals/judge.ts";
import { scaleOf, withScaled } from "../src/goals/scale.ts";
import type { Result, Role, Sample, Unit } from "../src/row.ts";
import { rows } from "../src/rows/rows.ts";
import { standardSettings } from "../src/settings.ts";
import { median, timesAhead } from "../src/statistics.ts";

function result(row: string, name: string, role: Role, unit: Unit, ...samples: readonly (number | Sample)[]): Result {
  return { row, title: row, unit, name, role, samples: samples.map((sample) => (typeof sample === "number" ? { value: sample } : sample)) };
}

const rate: Goal = { row: "append", ours: "ours", against: { role: "peer as documented", times: 4 } };
const time: Goal = { row: "load", ours: "ours", against: { role: "published", times: 2 } };
const outcome = (goal: Goal, results: readonly Result[]) => judge([goal], results, standardSettings);

it("takes the median of the rounds", () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([7]), median([])]).toEqual([2, 2.5, 7, undefined]);
});

it("counts a rate as better when it is higher, a time when it is lower", () => {
  expect([timesAhead("entries/s", 300, 100), timesAhead("ms", 50, 100), timesAhead("ms", 100, 50)]).toEqual([3, 2, 0.5]);
});

it("measures a goal against the best of the rivals, by medians", () => {
  const peers = [result("append", "slow", "peer as documented", "entries/s", 10, 10, 10), result("append", "fast", "peer as documented", "entries/s", 90, 20, 25)];
  const others = [result("append", "by hand", "by hand", "entries/s", 1000), result("recover", "elsewhere", "peer as documented", "entries/s", 1000)];
  const reached = (...values: readonly number[]) => outcome(rate, [...peers, ...others, result("append", "ours", "ours", "entries/s", ...values)]).verdicts;
  expect(reached(100, 1, 500)).toMatchObject([{ rival: "fast", wanted: "≥ 4 ×", reached: "4.00 ×", isMet: true }]);
  expect(reached(99.9, 99.9, 99.9)).toMatchObject([{ isMet: false }]);
});

it("shows what a goal against published numbers is when they are scaled, and lets it depend on them as they are", () => {
  const measured = [result("load", "ours", "ours", "ms", 100), result("load", "reference", "published", "ms", 180)];
  const anchor = result("anchor", "lmdb", "peer as documented", "entries/s", 1_060_000);
  expect(outcome(time, measured).verdicts).toMatchObject([{ reached: "1.80 ×", scaled: "", isMet: false }]);
  expect(outcome(time, [...measured, anchor]).verdicts).toMatchObject([{ reached: "1.80 ×", scaled: "0.90 ×", isMet: false }]);
});

it("puts scaled numbers beside the published ones: this machine is twice as fast, so times are halved", () => {
  const results = [result("load", "reference", "published", "ms", 180), result("append", "reference", "published", "entries/s", 500), result("anchor", "lmdb", "peer as documented", "entries/s", 1_060_000)];
  expect(scaleOf(results)).toBe(2);
  const scaled = withScaled(results).filter(({ role }) => role === "scaled");
  expect(scaled.map(({ samples }) => samples)).toEqual([[{ value: 90 }], [{ value: 1000 }]]);
  expect(withScaled(results.slice(0, 2))).toHaveLength(2);
});

it("holds a limit against the median, and says which limits mean nothing for the work", () => {
  const limit = (most: number | undefined): Goal => ({ row: "load", ours: "ours", against: { metric: "stall", unit: "ms", most: () => most, why: "no stall" } });
  const ours = result("load", "ours", "ours", "ms", { value: 1, stall: 9 }, { value: 1, stall: 2 }, { value: 1, stall: 1 });
  expect(outcome(limit(2), [ours]).verdicts).toMatchObject([{ wanted: "≤ 2.0 ms", reached: "2.0 ms", isMet: true }]);
  expect(outcome(limit(1.9), [ours]).verdicts).toMatchObject([{ isMet: false }]);
  expect(outcome(limit(undefined), [ours])).toEqual({ verdicts: [], open: ["load: no stall: means nothing for this work"] });
});

it("gives no verdict without a rival, and none for a row that wasn't measured", () => {
  expect(outcome(rate, [result("append", "ours", "ours", "entries/s", 1)])).toEqual({ verdicts: [], open: ["append: no peer as documented ran"] });
  expect(outcome(rate, [])).toEqual({ verdicts: [], open: [] });
});

it("has a contestant for every goal", () => {
  for (const { row, ours } of goals) {
    const names = rows.find(({ name }) => name === row)?.contestants([]).map(({ name }) => name);
    expect(names, row).toContain(ours);
  }
});
