import { expect, test } from "vitest";
import { StateSnapshot, createStateStore, encodeSnapshot, mergeSnapshots } from "../src/index.ts";
import { bytes } from "./samples.ts";

/*
 * What takes gigabytes of memory. Run it with LARGE=1: 10 GiB of memory and some minutes. Without, the same happens to a state of some
 * megabytes.
 */
const isLarge = process.env["LARGE"] === "1";
const valueBytes = isLarge ? 64 * 2 ** 20 : 64 * 2 ** 10;
const count = 70;

const value = (index: number): Uint8Array => new Uint8Array(valueBytes).fill(index);

test(`a store of ${(count * valueBytes) / 2 ** 20} MiB is captured, restored and merged`, async () => {
  const store = createStateStore();
  for (let index = 0; index < count; index += 1) store.put(bytes(String(index)), value(index));
  store.snapshot().done(1);
  store.put(bytes("0"), bytes("changed"));
  const delta = store.delta();
  const changes = [...encodeSnapshot(delta.entries(), { kind: "delta" })];
  delta.done(2);
  const full = store.snapshot();
  const restored = createStateStore();
  await restored.restoreFrom([encodeSnapshot(full.entries()), changes]);
  full.fail();
  let merged = 0;
  for await (const chunk of mergeSnapshots([encodeSnapshot(restored.snapshot().entries()), changes])) merged += chunk.length;
  expect(merged).toBeGreaterThan((count - 1) * valueBytes);
  expect(restored.size).toBe(count);
  expect(restored.get(bytes("0"))).toEqual(bytes("changed"));
  for (let index = 1; index < count; index += 1) {
    const read = restored.get(bytes(String(index)));
    expect([read?.length, read?.[0], read?.[valueBytes - 1]]).toEqual([valueBytes, index, index]);
  }
});

test(`a snapshot of ${(40 * valueBytes) / 2 ** 20} MiB in one array is made, read and searched`, () => {
  const snapshot = StateSnapshot.from(Array.from({ length: 40 }, (_, index) => [bytes(String(index)), value(index)] as const));
  expect(snapshot.sizeBytes).toBeGreaterThan(40 * valueBytes);
  const read = StateSnapshot.fromBytes(snapshot.toBytes());
  expect(read.size).toBe(40);
  for (const index of [0, 20, 39]) expect(read.get(bytes(String(index)))?.[valueBytes - 1]).toBe(index);
});
