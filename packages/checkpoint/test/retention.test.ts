import { describe, expect, it } from "vitest";
import { planRetention, type UsablePoint } from "../src/retention.ts";

const full = (id: number, walPosition: number): UsablePoint => ({ id, walPosition, chain: [id] });
const delta = (id: number, walPosition: number, ...chain: number[]): UsablePoint => ({ id, walPosition, chain: [...chain, id] });

describe("what stays", () => {
  it("is nothing to remove where nothing is usable", () => {
    expect(planRetention({ usable: [], unusable: [1], damaged: [2], keep: 1, firstOwnId: 1 })).toMatchObject({ kept: [], remove: [], oldestWalPosition: 0 });
  });

  it("counts chains, not points, and keeps the log above each kept chain's newest position", () => {
    const usable = [full(1, 10), delta(2, 20, 1), full(3, 30), delta(4, 40, 3), delta(5, 50, 3, 4)];
    const two = planRetention({ usable, unusable: [], damaged: [], keep: 2, firstOwnId: 5 });
    expect([two.remove, two.oldestWalPosition]).toEqual([[], 20]);
    const one = planRetention({ usable, unusable: [], damaged: [], keep: 1, firstOwnId: 5 });
    expect([one.remove, one.oldestWalPosition, one.needed]).toEqual([[1, 2], 50, new Set([3, 4, 5])]);
  });

  it("lets damage go only once it is older than everything needed", () => {
    const plan = planRetention({ usable: [full(4, 1), full(6, 2)], unusable: [5], damaged: [1, 3, 7], keep: 2, firstOwnId: 5 });
    expect(plan.remove).toEqual([1, 3, 5]);
  });

  it("is everything, and all of the log, until what is kept is certain to be durable", () => {
    const found = { usable: [full(1, 10), full(3, 30)], unusable: [2], damaged: [], keep: 1 };
    expect(planRetention({ ...found, firstOwnId: 4 })).toMatchObject({ kept: [{ id: 3 }], remove: [], oldestWalPosition: 0 });
    expect(planRetention({ ...found, firstOwnId: 3 })).toMatchObject({ kept: [{ id: 3 }], remove: [1, 2], oldestWalPosition: 30 });
  });
});
