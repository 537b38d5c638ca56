import * as assert from "node:assert/strict";
import { bytes, fill, refusedAs, stateOf, text } from "./text-states.ts";
import type { StorePromises } from "./text-states.ts";

/** Of keys and values. */
export const entryPromises: StorePromises = {
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
  "gives out arrays that stay as they are while their keys change": (store) => {
    fill(store, { a: "1", b: "2" });
    const given = [store.get(bytes("a")), ...[...store.entries()].flat(), ...[...store.snapshot().entries()].map(({ value }) => value)];
    const before = given.map(text);
    for (let round = 0; round < 50; round += 1) fill(store, { a: "x".repeat(20_000), b: "y".repeat(20_000) });
    store.delete(bytes("a"));
    assert.deepEqual(given.map(text), before);
  },
  "refuses a key and value that no snapshot could hold, and changes nothing": (store) => {
    fill(store, { a: "1" });
    assert.throws(() => store.put(bytes("a"), new Uint8Array(2 ** 30)), refusedAs("SNAPSHOT_TOO_LARGE"));
    assert.deepEqual(stateOf(store), { a: "1" });
  },
};
