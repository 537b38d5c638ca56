import { expect, test } from "vitest";
import { createStateStore } from "../src/index.ts";
import type { ReadMemory, StateStore } from "../src/index.ts";
import { inOneArray } from "./change-samples.ts";
import type { Change } from "./change-samples.ts";
import { randomBytes, withSeeds } from "./random.ts";

const memoryOf = ({ memory }: StateStore): ReadMemory => {
  if (memory === undefined) throw new Error("this store has memory");
  return memory;
};

const shown = (store: StateStore): readonly string[] =>
  Array.from(store.entries(), ([key, value]) => `${Buffer.from(key).toString("hex")}: ${Buffer.from(value).toString("hex")}`);

function changesOf(random: (below: number) => number): readonly Change[] {
  return Array.from({ length: 1 + random(400) }, () => {
    const key = randomBytes(random, 3);
    return { key, value: random(4) === 0 ? undefined : randomBytes(random, 300) };
  });
}

test("a store that is read into its own memory holds what another one holds, however the memory is lent and given back", async () => {
  const counted = { reads: 0, "arrays that came twice": 0 };
  await withSeeds(4, (random) => {
    const [store, plain] = [createStateStore(), createStateStore()];
    const memory = memoryOf(store);
    const lent: Uint8Array[] = [];
    const seen = new Set<ArrayBufferLike>();
    for (let read = 0; read < 120; read += 1) {
      const changes = changesOf(random);
      const { bytes, ranges } = inOneArray(changes, random);
      // As a log's reader does: one array is read ahead, and the one before comes back late.
      const array = memory.take(bytes.length);
      counted.reads += 1;
      counted["arrays that came twice"] += seen.has(array.buffer) ? 1 : 0;
      seen.add(array.buffer);
      array.set(bytes);
      lent.push(array);
      store.applyRanges(array, ranges, changes.length);
      plain.applyRanges(bytes, ranges, changes.length);
      while (lent.length > random(3)) memory.giveBack(lent.shift() as Uint8Array);
    }
    expect(shown(store)).toEqual(shown(plain));
  });
  expect(counted["arrays that came twice"]).toBeGreaterThan(0);
  console.log(Object.entries(counted).map(([what, count]) => `${count} ${what}`).join(", "));
});

test("records stand in memory that was given back", () => {
  const store = createStateStore();
  const memory = memoryOf(store);
  // Large enough that a chunk of a mebibyte fits in.
  for (let key = 0; key < 600; key += 1) store.put(Uint8Array.of(key, key >> 8), new Uint8Array(1_000));
  const array = memory.take(0x10_0000);
  memory.giveBack(array);
  for (let key = 0; key < 600; key += 1) store.put(Uint8Array.of(key, key >> 8), new Uint8Array(1_000).fill(7));
  expect(array.includes(7)).toBe(true);
});

test("memory that isn't the store's, or was given back before, stays its owner's", () => {
  const store = createStateStore();
  const memory = memoryOf(store);
  const own = new Uint8Array(0x4000);
  memory.giveBack(own);
  const array = memory.take(0x4000);
  memory.giveBack(array.subarray(0, 10));
  memory.giveBack(array);
  const first = memory.take(0x4000).fill(0);
  const second = memory.take(0x4000).fill(0);
  expect(first.buffer).not.toBe(second.buffer);
  for (let key = 0; key < 200; key += 1) store.put(Uint8Array.of(key), new Uint8Array(100).fill(9));
  expect([own, first, second].some((bytes) => bytes.includes(9))).toBe(false);
});

test.each([-1, 1.5, Number.NaN, "1" as unknown as number])("a length of %s is refused", (length) => {
  expect(() => memoryOf(createStateStore()).take(length)).toThrow(RangeError);
});
