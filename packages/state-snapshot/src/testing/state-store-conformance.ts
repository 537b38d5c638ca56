import * as assert from "node:assert/strict";
import { isSnapshotError } from "../snapshot-error.ts";
import type { SnapshotEntry } from "../snapshot-entry.ts";
import type { StateCapture, StateStore } from "../state-store.ts";

export interface StateStoreConformance {
  /** Registers a test: `test` of vitest, `node:test`, Jest and others fits. */
  readonly test: (name: string, body: () => Promise<void>) => unknown;
  /** A new, empty store for each test. */
  readonly create: () => StateStore | Promise<StateStore>;
}

/** Registers one test for each promise of `StateStore`. */
export function stateStoreConformance({ test, create }: StateStoreConformance): void {
  for (const [name, run] of Object.entries(promises)) test(`a state store ${name}`, async () => run(await create()));
}

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const text = (array: Uint8Array | undefined): string | undefined => (array === undefined ? undefined : String.fromCharCode(...array));
const byKey = <T>(pairs: [string, T][]): Record<string, T> => Object.fromEntries(pairs);

function fill(store: StateStore, state: Record<string, string>): void {
  for (const [key, value] of Object.entries(state)) store.put(bytes(key), bytes(value));
}

function stateOf(store: StateStore): Record<string, string | undefined> {
  return byKey([...store.entries()].map(([key, value]) => [text(key) ?? "", text(value)]));
}

function captured(capture: StateCapture): Record<string, string | undefined> {
  const entries = [...capture.entries()];
  assert.equal(entries.length, capture.size);
  const found = byKey(entries.map(({ key, value }) => [text(key) ?? "", text(value)]));
  assert.equal(Object.keys(found).length, entries.length, "a key came twice");
  return found;
}

const refusedAs = (code: string) => (error: unknown) => isSnapshotError(error) && error.code === code;

function* failing(): Iterable<SnapshotEntry> {
  yield { key: bytes("new"), value: bytes("1") };
  throw new Error("the source failed");
}

const promises: Readonly<Record<string, (store: StateStore) => void>> = {
  "gives back what was put, and the last value of a key": (store) => {
    fill(store, { a: "1", b: "2" });
    fill(store, { a: "3" });
    assert.equal(text(store.get(bytes("a"))), "3");
    assert.equal(store.get(bytes("c")), undefined);
    assert.deepEqual([store.size, store.has(bytes("b")), store.has(bytes("c"))], [2, true, false]);
    assert.deepEqual(stateOf(store), { a: "3", b: "2" });
  },
  "takes any bytes as a key and as a value, none at all too": (store) => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    const keys = [new Uint8Array(0), new Uint8Array(1), all, all.subarray(1), new Uint8Array(20_000).fill(255)];
    for (const [index, key] of keys.entries()) store.put(key, all.subarray(0, index));
    for (const [index, key] of keys.entries()) assert.deepEqual([...(store.get(key) ?? [-1])], [...all.subarray(0, index)]);
    assert.equal(store.size, keys.length);
  },
  "says of a delete whether the key was there": (store) => {
    fill(store, { a: "1" });
    assert.deepEqual([store.delete(bytes("a")), store.delete(bytes("a")), store.size], [true, false, 0]);
    assert.equal(store.has(bytes("a")), false);
  },
  "keeps copies of what it is given": (store) => {
    const key = bytes("a");
    const value = bytes("1");
    store.put(key, value);
    key.fill(0);
    value.fill(0);
    assert.deepEqual(stateOf(store), { a: "1" });
  },
  "refuses what isn't bytes and changes nothing": (store) => {
    fill(store, { a: "1" });
    for (const wrong of ["a", 1, null, undefined, [1]] as unknown as Uint8Array[]) {
      assert.throws(() => store.put(wrong, bytes("2")), TypeError);
      assert.throws(() => store.put(bytes("a"), wrong), TypeError);
      assert.throws(() => store.delete(wrong), TypeError);
      assert.throws(() => store.get(wrong), TypeError);
    }
    assert.deepEqual(stateOf(store), { a: "1" });
  },
  "hands out a full capture that stays as it was while the store changes": (store) => {
    fill(store, { a: "1", b: "2", c: "3" });
    const capture = store.snapshot();
    const started = capture.entries()[Symbol.iterator]();
    const first = started.next();
    fill(store, { a: "4", d: "5" });
    store.delete(bytes("b"));
    assert.deepEqual(stateOf(store), { a: "4", c: "3", d: "5" });
    assert.equal(store.size, 3);
    assert.deepEqual([capture.kind, capture.basedOn], ["full", undefined]);
    assert.deepEqual(captured(capture), { a: "1", b: "2", c: "3" });
    let left = first.done === true ? 0 : 1;
    while (started.next().done !== true) left += 1;
    assert.equal(left, 3);
    capture.done();
    assert.deepEqual(stateOf(store), { a: "4", c: "3", d: "5" });
    assert.equal(store.size, 3);
  },
  "puts what changed since the last done capture into a delta, deletes included": (store) => {
    fill(store, { a: "1", b: "2", c: "3" });
    store.snapshot().done(7);
    fill(store, { a: "4", d: "5" });
    store.delete(bytes("b"));
    const delta = store.delta();
    fill(store, { c: "6" });
    assert.deepEqual([delta.kind, delta.basedOn], ["delta", 7]);
    assert.deepEqual(captured(delta), { a: "4", b: undefined, d: "5" });
    delta.done(8);
    const next = store.delta();
    assert.deepEqual([next.basedOn, captured(next)], [8, { c: "6" }]);
  },
  "counts changes made during a full capture as unsaved": (store) => {
    fill(store, { a: "1" });
    const capture = store.snapshot();
    fill(store, { b: "2" });
    store.delete(bytes("a"));
    capture.done();
    assert.deepEqual(captured(store.delta()), { a: undefined, b: "2" });
  },
  "counts the changes of a failed capture as unsaved again, under newer ones": (store) => {
    fill(store, { a: "1", b: "2" });
    store.snapshot().done(1);
    fill(store, { a: "3", b: "4" });
    for (const take of [() => store.delta(), () => store.snapshot()]) {
      const capture = take();
      store.delete(bytes("b"));
      capture.fail();
      capture.done(9);
    }
    const delta = store.delta();
    assert.deepEqual([delta.basedOn, captured(delta)], [1, { a: "3", b: undefined }]);
  },
  "counts a delta without any done capture from the beginning": (store) => {
    fill(store, { a: "1" });
    assert.deepEqual([store.delta().basedOn, store.size], [undefined, 1]);
  },
  "has one capture open at a time": (store) => {
    fill(store, { a: "1" });
    const capture = store.snapshot();
    for (const call of [() => store.snapshot(), () => store.delta(), () => store.restore([])]) {
      assert.throws(call, refusedAs("SNAPSHOT_BUSY"));
    }
    assert.deepEqual([captured(capture), stateOf(store)], [{ a: "1" }, { a: "1" }]);
    capture.fail();
    store.delta().done();
  },
  "lets nobody read a capture that was released, not even halfway": (store) => {
    fill(store, { a: "1", b: "2" });
    for (const capture of [store.snapshot()]) {
      const started = capture.entries()[Symbol.iterator]();
      started.next();
      capture.done();
      assert.throws(() => started.next(), refusedAs("SNAPSHOT_RELEASED"));
      assert.throws(() => [...capture.entries()], refusedAs("SNAPSHOT_RELEASED"));
    }
  },
  "gives every key that doesn't change once, while a capture begins and ends": (store) => {
    fill(store, { a: "1", b: "2" });
    const capture = store.snapshot();
    fill(store, { c: "3", d: "4", e: "5" });
    const seen: (string | undefined)[] = [];
    for (const [key] of store.entries()) {
      seen.push(text(key));
      if (seen.length === 3) capture.done();
    }
    assert.deepEqual(new Set(seen), new Set(["a", "b", "c", "d", "e"]));
    assert.equal(seen.length, 5);
  },
  "restores exactly the entries given, and none of it counts as a change": (store) => {
    fill(store, { a: "1", b: "2" });
    store.snapshot().done(1);
    const entry = (key: string, value: string | undefined) => ({ key: bytes(key), value: value === undefined ? undefined : bytes(value) });
    store.restore([entry("c", "3"), entry("d", "4"), entry("e", "5"), entry("d", undefined), entry("c", "6")]);
    assert.deepEqual([stateOf(store), store.size], [{ c: "6", e: "5" }, 2]);
    const delta = store.delta();
    assert.deepEqual([delta.size, delta.basedOn], [0, undefined]);
  },
  "is as before when a restore fails": (store) => {
    fill(store, { a: "1" });
    assert.throws(() => store.restore(failing()), /the source failed/);
    assert.deepEqual([stateOf(store), captured(store.delta())], [{ a: "1" }, { a: "1" }]);
  },
};
