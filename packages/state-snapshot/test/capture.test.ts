import { expect, test } from "vitest";
import { StateSnapshot, createStateStore, encodeSnapshot, mergeSnapshots } from "../src/index.ts";
import type { StateStore } from "../src/index.ts";
import { CapturedCursor } from "../src/captured-cursor.ts";
import { IdSet } from "../src/id-set.ts";
import { hashKey } from "../src/key-hash.ts";
import { RecordTable } from "../src/record-table.ts";
import { encodeRecords } from "../src/write-records.ts";
import { bytes, collected, isSame, joined, shown } from "./samples.ts";

function fill(store: StateStore, from: number, to: number): void {
  for (let number = from; number < to; number += 1) store.put(bytes(`key ${number}`), bytes(`value ${number}`));
}

test("a store's captures are parts of checkpoints, which replay to the state at the calls", async () => {
  const store = createStateStore();
  fill(store, 0, 10_000);
  const base = store.snapshot();
  const parts = [joined(await collected(base.bytes("full")))];
  base.done(7);
  for (const id of [8, 9, 10]) {
    fill(store, id * 100, id * 100 + 50);
    store.put(bytes("counter"), bytes(String(id)));
    store.delete(bytes(`key ${id}`));
    const capture = store.snapshot();
    const state = shown(store.entries()).sort();
    expect([capture.basedOn, capture.keyCount]).toEqual([id - 1, store.size]);
    store.put(bytes("counter"), bytes("changed while the part is being written"));
    parts.push(joined(await collected(capture.bytes("delta"))));
    capture.done(id);
    const merged = joined(await collected(mergeSnapshots(parts.map((each) => [each]))));
    expect(shown(StateSnapshot.fromBytes(merged)).sort()).toEqual(state);
  }
});

test("a capture's bytes are what encodeSnapshot makes of its entries", async () => {
  const store = createStateStore();
  fill(store, 0, 20_000);
  store.put(bytes("larger than a block"), new Uint8Array(3 * 2 ** 20).fill(5));
  fill(store, 20_000, 20_100);
  store.delete(bytes("key 5"));
  for (const kind of ["full", "delta"] as const) {
    const capture = kind === "full" ? store.snapshot() : store.delta();
    const whole = joined(await collected(capture.bytes(kind)));
    const timestampNs = Buffer.from(whole).readBigUInt64LE(16);
    expect(isSame(joined(encodeSnapshot(capture.entries(), { kind, timestampNs })), whole)).toBe(true);
    capture.done(1);
    fill(store, 100, 300);
    store.delete(bytes("key 6"));
  }
});

test("encoding can rest within an entry of any size, and while it passes many ids without an entry", () => {
  const records = new RecordTable();
  const ids = new IdSet();
  const add = (name: string, value: Uint8Array): number => {
    const key = bytes(name);
    return records.insert(hashKey(key, 0, key.length), key, value);
  };
  ids.add(add("large", new Uint8Array(20 * 2 ** 20)));
  const gone = Array.from({ length: 200_000 }, (_, number) => add(`key ${number}`, new Uint8Array(0)));
  for (const id of gone) records.remove(id);
  const frozen = records.freeze();
  const rests = (changed: IdSet | undefined): number =>
    [...encodeRecords(new CapturedCursor({ records: frozen }, changed), "full", 0n)].filter((step) => step === undefined).length;
  expect(rests(ids)).toBeGreaterThanOrEqual(20);
  expect(rests(undefined) - rests(ids)).toBe(3);
  const small = new IdSet();
  for (let number = 0; number < 2_000; number += 1) small.add(add(`small ${number}`, new Uint8Array(1)));
  const many = records.freeze();
  expect([...encodeRecords(new CapturedCursor({ records: many }, small), "full", 0n)].map((step) => step === undefined)).toEqual([...Array<boolean>(7).fill(true), false]);
});
