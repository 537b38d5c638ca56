import { expect, test } from "vitest";
import { StateDelta, StateSnapshot, createStateStore, encodeSnapshot } from "../src/index.ts";
import type { StateStore } from "../src/index.ts";
import { bytesInUse, megabytes } from "./measured-memory.ts";
import { withSeeds } from "./random.ts";
import { bytes, encoded, pieces, shown } from "./samples.ts";

const entries = (count: number, valueBytes: number) =>
  Array.from({ length: count }, (_, number) => [bytes(`key ${number}`), new Uint8Array(valueBytes).fill(number)] as const);

test("a store restored from chunks of any size is what the bytes say", async () => {
  await withSeeds(10, async (random) => {
    const size = [1, 30, 5_000, 70_000, 300_000][random(5)] ?? 1;
    const base = encoded(entries(60, Math.min(5_000, 20 * size)));
    const large = new Uint8Array(Math.min(400_000, 1_000 * size));
    const delta = encoded([[bytes("key 7"), undefined], [bytes("new"), large], [bytes("key 9"), bytes("other")]], { kind: "delta" });
    const model = new Map(Array.from(StateSnapshot.fromBytes(base), ([key, value]) => [String(key), [key, value] as const]));
    for (const [key, value] of StateDelta.fromBytes(delta)) {
      if (value === undefined) model.delete(String(key));
      else model.set(String(key), [key, value]);
    }
    const store = createStateStore();
    await store.restoreFrom([pieces(base, random, size), pieces(delta, random, size)]);
    expect(shown(store.entries()).sort()).toEqual(shown(model.values()).sort());
    expect(store.size).toBe(model.size);
  });
});

test("the chunks become the store's memory: nothing of them is copied but what lies across two", async () => {
  const chunks = [...encodeSnapshot(entries(2_000, 1_000))];
  const store = createStateStore();
  await store.restoreFrom([chunks]);
  const buffers = new Set<unknown>(chunks.map((chunk) => chunk.buffer));
  expect([...store.entries()].every(([key, value]) => buffers.has(key.buffer) && buffers.has(value.buffer))).toBe(true);
});

test("memory that a restore kept is given back when most of its entries were overwritten, also when it is all one array", async () => {
  const count = 20_000;
  const before = bytesInUse();
  const store = await restoredFromOneArray(count);
  // All but one in fifty: for these alone the array as a whole would be kept.
  for (let round = 0; round < 4; round += 1) {
    for (let number = 0; number < count; number += 1) if (number % 50 !== 0) store.put(bytes(`key ${number}`), new Uint8Array(1_000).fill(round));
  }
  const used = bytesInUse() - before;
  console.log(`${megabytes(count * 1_020)} restored and overwritten: ${megabytes(used)} in use`);
  expect(used).toBeLessThan(1.5 * count * 1_060 + 4 * 2 ** 20);
  expect(store.get(bytes("key 50"))?.[0]).toBe(50);
});

/** By itself, so that afterwards nobody but the store has the array. */
async function restoredFromOneArray(count: number): Promise<StateStore> {
  const store = createStateStore();
  await store.restoreFrom([cut(encoded(entries(count, 1_000)), 100_000)]);
  return store;
}

function* cut(whole: Uint8Array, size: number): Iterable<Uint8Array> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}

test("a key that comes twice is damage at the place of the second one, in the base and in a delta", async () => {
  const twice = encoded([[bytes("a"), bytes("1")], [bytes("b"), bytes("2")], [bytes("a"), bytes("3")]]);
  await expect(createStateStore().restoreFrom([[twice]])).rejects.toMatchObject({ code: "SNAPSHOT_CORRUPT", part: 0, block: 0, offset: 28 + 20 + 2 * 10 + 8 });
  const gone = encoded([[bytes("b"), undefined], [bytes("b"), undefined]], { kind: "delta" });
  await expect(createStateStore().restoreFrom([[encoded([])], [gone]])).rejects.toMatchObject({ code: "SNAPSHOT_CORRUPT", part: 1, block: 0 });
});
