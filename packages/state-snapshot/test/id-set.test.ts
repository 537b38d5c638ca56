import { expect, test } from "vitest";
import { IdSet } from "../src/id-set.ts";
import { withSeeds } from "./random.ts";

type Random = (below: number) => number;

const ranges = [40, 1_000, 40_000, 3_000_000];

function randomSet(random: Random, range: number): { readonly set: IdSet; readonly model: Set<number> } {
  const set = new IdSet();
  const model = new Set<number>();
  for (let count = random(200); count > 0; count -= 1) {
    const id = random(range);
    if (random(3) === 0) {
      set.delete(id);
      model.delete(id);
    } else {
      set.add(id);
      model.add(id);
    }
    expect(set.has(id)).toBe(model.has(id));
  }
  return { set, model };
}

function idsOf(set: IdSet): number[] {
  const ids: number[] = [];
  for (let id = set.next(0); id >= 0; id = set.next(id + 1)) ids.push(id);
  return ids;
}

const sorted = (ids: Iterable<number>): number[] => [...ids].sort((a, b) => a - b);

test("a set of ids holds what was added and not taken out, in order, and knows how many they are", async () => {
  await withSeeds(100, (random) => {
    const { set, model } = randomSet(random, ranges[random(ranges.length)] ?? 1);
    expect(idsOf(set)).toEqual(sorted(model));
    expect(set.size).toBe(model.size);
  });
});

test("a set that absorbs another one holds the ids of both, once", async () => {
  await withSeeds(100, (random) => {
    const range = ranges[random(ranges.length)] ?? 1;
    const one = randomSet(random, range);
    const other = randomSet(random, range);
    one.set.absorb(other.set);
    const both = new Set([...one.model, ...other.model]);
    expect(idsOf(one.set)).toEqual(sorted(both));
    expect(one.set.size).toBe(both.size);
    for (const id of both) one.set.delete(id);
    expect([one.set.size, idsOf(other.set)]).toEqual([0, sorted(other.model)]);
  });
});

test("ids are collected in order from any one on, as many as there is room for", async () => {
  await withSeeds(100, (random) => {
    const range = ranges[random(ranges.length)] ?? 1;
    const { set, model } = randomSet(random, range);
    const start = random(range);
    const room = new Int32Array(1 + random(50));
    const wanted = sorted(model).filter((id) => id >= start).slice(0, room.length);
    expect(Array.from(room.subarray(0, set.collect(start, room)))).toEqual(wanted);
  });
});

test("the set of all ids below a length holds each of them, and takes others", () => {
  for (const length of [0, 1, 31, 32, 33, 32_767, 32_768, 32_769, 100_000]) {
    const set = IdSet.below(length);
    expect([set.size, set.has(length)]).toEqual([length, false]);
    expect(idsOf(set)).toEqual(Array.from({ length }, (_, id) => id));
    set.add(length + 40);
    expect(set.next(length)).toBe(length + 40);
  }
});

test("the highest id that an entry can have is found", () => {
  const set = new IdSet();
  const highest = 2 ** 31 - 2;
  set.add(highest);
  expect([set.next(0), set.next(highest), set.next(highest + 1)]).toEqual([highest, highest, -1]);
});
