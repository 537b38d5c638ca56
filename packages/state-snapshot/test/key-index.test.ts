import { expect, test } from "vitest";
import { KeyIndex, NO_ID } from "../src/key-index.ts";
import { withSeeds } from "./random.ts";

type Random = (below: number) => number;

const nothing = new Uint8Array(0);

/** An index over keys that are numbers: the key that is looked for stands in `start`. */
function indexOf(keys: readonly number[]): KeyIndex {
  return new KeyIndex({
    matches: (id, _bytes, start) => keys[id] === start,
    isAt: (id, _chunk, offset) => keys[id] === offset,
    areAlike: (id, other) => keys[id] === keys[other],
  });
}

const hashings: Readonly<Record<string, (key: number) => number>> = {
  "spread well": (key) => Math.imul(key ^ (key >>> 15), 0x2c1b3c6d),
  "all the same": () => 0x1234_5678,
  "all the same with every bit set": () => -1,
  "of seven values": (key) => Math.imul(key % 7, 0x9e37_79b1),
  "different in the upper bits only": (key) => key << 16,
  "different in the lower bits only": (key) => key & 0xffff,
  "one behind the other": (key) => key,
};

/** Inserts and removes at random; how many entries there were at most. */
function run(random: Random, hash: (key: number) => number, steps: number): number {
  const keys: number[] = [];
  const index = indexOf(keys);
  const model = new Map<number, number>();
  let most = 0;
  for (let step = 0; step < steps; step += 1) {
    const key = random(steps);
    const id = model.get(key);
    expect(index.find(hash(key), nothing, key, 0)).toBe(id ?? NO_ID);
    expect(index.findAt(hash(key), 0, key)).toBe(id ?? NO_ID);
    if (id === undefined) {
      keys.push(key);
      model.set(key, keys.length - 1);
      index.reserve(hash(key));
      index.insert(hash(key), keys.length - 1);
    } else if (random(3) > 0) {
      index.remove(hash(key), id);
      model.delete(key);
    }
    most = Math.max(most, model.size);
  }
  for (const [key, id] of model) expect(index.find(hash(key), nothing, key, 0)).toBe(id);
  return most;
}

for (const [name, hash] of Object.entries(hashings)) {
  test(`the index finds what is in it, and nothing else, where hashes are ${name}`, async () => {
    let most = 0;
    await withSeeds(5, (random) => {
      most = Math.max(most, run(random, hash, 2_000));
    });
    console.log(`hashes ${name}: up to ${most} entries`);
  });
}

for (const [name, count] of [["spread well", 100_000], ["all the same", 8_000], ["of seven values", 12_000]] as const) {
  test(`the index finds ${count} entries across many splits, and what is left when half are gone, where hashes are ${name}`, () => {
    const hash = hashings[name] ?? (() => 0);
    const keys = Array.from({ length: count }, (_, key) => key);
    const index = indexOf(keys);
    for (const key of keys) {
      index.reserve(hash(key));
      index.insert(hash(key), key);
    }
    const looked = keys.filter((key) => key % 50 < 2);
    expect(looked.filter((key) => index.find(hash(key), nothing, key, 0) !== key)).toEqual([]);
    for (const key of looked) if (key % 2 === 0) index.remove(hash(key), key);
    expect(looked.filter((key) => index.find(hash(key), nothing, key, 0) === key)).toEqual(looked.filter((key) => key % 2 === 1));
  });
}

test("taking out an id that isn't there changes nothing", () => {
  const index = indexOf([5]);
  index.insert(1, 0);
  index.remove(1, 7);
  expect(index.find(1, nothing, 5, 0)).toBe(0);
});

for (const [name, hash] of Object.entries(hashings)) {
  test(`an index made at once as large as it has to be finds the same as one that grew, where hashes are ${name}`, async () => {
    let [added, refused] = [0, 0];
    await withSeeds(4, (random) => {
      const count = 1 + random(name.startsWith("all") || name.startsWith("of seven") ? 1_500 : 12_000);
      const keys = Array.from({ length: count }, () => random(4 * count));
      const index = indexOf(keys);
      for (const _ of index.presize(random(3) === 0 ? random(count) : count));
      const model = new Map<number, number>();
      for (const [id, key] of keys.entries()) {
        const known = index.add(hash(key), id);
        expect(known).toBe(model.get(key) ?? NO_ID);
        if (known === NO_ID) model.set(key, id);
        else refused += 1;
      }
      added += model.size;
      for (const [key, id] of model) expect(index.find(hash(key), nothing, key, 0)).toBe(id);
      for (let key = 0; key < 100; key += 1) expect(index.find(hash(key), nothing, key, 0)).toBe(model.get(key) ?? NO_ID);
      for (const [key, id] of model) index.remove(hash(key), id);
      for (const key of model.keys()) expect(index.find(hash(key), nothing, key, 0)).toBe(NO_ID);
    });
    console.log(`hashes ${name}: ${added} added, ${refused} were there`);
  });
}
