import * as assert from "node:assert/strict";
import type { StateStore } from "../state-store.ts";
import { bytes, captured, fill, refusedAs, stateOf } from "./text-states.ts";
import type { StorePromises } from "./text-states.ts";

/** Where the words of `text` lie: a key and its value, or `-` where the key is deleted. */
function rangesOf(text: string): Int32Array {
  const ranges: number[] = [];
  let at = 0;
  for (const [index, word] of text.split(" ").entries()) {
    if (index % 2 === 1 && word === "-") ranges.push(-1, 0);
    else ranges.push(at, at + word.length);
    at += word.length + 1;
  }
  return Int32Array.from(ranges);
}

function apply(store: StateStore, text: string): void {
  const ranges = rangesOf(text);
  store.applyRanges(bytes(text), ranges, ranges.length / 4);
}

/** Of many changes in one call. */
export const batchPromises: StorePromises = {
  "takes many changes in one call, in order": (store) => {
    fill(store, { a: "1", b: "2", c: "3" });
    apply(store, "d 4 a - b 5 e 6 e - b 7 f 8 f - f 9");
    assert.deepEqual([stateOf(store), store.size], [{ b: "7", c: "3", d: "4", f: "9" }, 4]);
    store.applyRanges(bytes(""), new Int32Array(0), 0);
    store.applyRanges(bytes("g1"), Int32Array.of(0, 1, 1, 2, 99, 99, 99, 99), 1);
    assert.equal(store.size, 5);
  },
  "counts many changes in one call as changes, each key once": (store) => {
    fill(store, { a: "1", b: "2", c: "3" });
    store.snapshot().done(1);
    apply(store, "d 4 a - e 6 e - b 7 d 5");
    const { e, ...others } = captured(store.delta());
    assert.deepEqual([e, others], [undefined, { a: undefined, b: "7", d: "5" }]);
  },
  "keeps copies of the bytes in which many changes lie": (store) => {
    const text = bytes("a1");
    store.applyRanges(text, Int32Array.of(0, 1, 1, 2), 1);
    text.fill(0);
    assert.deepEqual(stateOf(store), { a: "1" });
  },
  "takes empty keys and values, and ranges that overlap": (store) => {
    store.applyRanges(bytes("abc"), Int32Array.of(3, 3, 0, 3, 0, 2, 1, 1, 1, 3, 0, 3), 3);
    assert.deepEqual(stateOf(store), { "": "abc", ab: "", bc: "abc" });
  },
  "refuses many changes of which one can't be, and changes nothing": (store) => {
    fill(store, { a: "1" });
    const text = bytes("a2b3");
    const good = [0, 1, 1, 2];
    for (const wrong of [[-1, 1, 1, 2], [2, 1, 1, 2], [0, 5, 1, 2], [0, 1, -2, 2], [0, 1, 3, 2], [0, 1, 1, 5], [5, 5, -1, 0], [0, -1, -1, 0]]) {
      assert.throws(() => store.applyRanges(text, Int32Array.from([...good, ...wrong]), 2), RangeError);
    }
    for (const count of [-1, 0.5, 2, Number.NaN, Infinity]) assert.throws(() => store.applyRanges(text, Int32Array.from(good), count), RangeError);
    const wrongs: readonly (readonly unknown[])[] = [["a2", Int32Array.from(good), 1], [text, good, 1], [text, Float64Array.from(good), 1], [text, Int32Array.from(good), "1"]];
    for (const [first, second, third] of wrongs) {
      assert.throws(() => store.applyRanges(first as Uint8Array, second as Int32Array, third as number), TypeError);
    }
    assert.deepEqual([stateOf(store), captured(store.delta())], [{ a: "1" }, { a: "1" }]);
  },
  "refuses a key and value of many changes that no snapshot could hold, and changes nothing": (store) => {
    const large = new Uint8Array(2 ** 29 + 1);
    assert.throws(() => store.applyRanges(large, Int32Array.of(0, 1, 1, 2, 0, large.length, 0, large.length), 2), refusedAs("SNAPSHOT_TOO_LARGE"));
    assert.equal(store.size, 0);
  },
};
