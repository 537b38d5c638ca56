import * as assert from "node:assert/strict";
import { bytes, captured, fill, refusedAs, stateOf, text } from "./text-states.ts";
import type { StorePromises } from "./text-states.ts";

/** Of captures, and of what counts as changed. */
export const capturePromises: StorePromises = {
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
  "knows what it was saved as by the very value that it was given": (store) => {
    const [one, other] = [{ id: 1 }, { id: 1 }];
    fill(store, { a: "1" });
    store.snapshot().done(one);
    const capture = store.delta();
    assert.equal(capture.basedOn, one);
    assert.notEqual(capture.basedOn, other);
    capture.done(other);
    assert.equal(store.snapshot().basedOn, other);
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
  "tells of a key that was deleted and put again since as of one that changed": (store) => {
    fill(store, { a: "1", b: "2" });
    store.snapshot().done(1);
    store.delete(bytes("a"));
    fill(store, { a: "3" });
    const delta = store.delta();
    store.delete(bytes("a"));
    delta.done(2);
    fill(store, { a: "4" });
    store.delete(bytes("a"));
    assert.deepEqual([captured(store.delta()), stateOf(store)], [{ a: undefined }, { b: "2" }]);
  },
  "forgets a deleted key once that is saved, and knows it as new afterwards": (store) => {
    fill(store, { a: "1" });
    store.snapshot().done(1);
    store.delete(bytes("a"));
    store.delta().done(2);
    for (let round = 0; round < 50; round += 1) fill(store, { [`b${round}`]: "2" });
    assert.equal(store.delete(bytes("a")), false);
    fill(store, { a: "3" });
    assert.equal(captured(store.delta())["a"], "3");
    assert.equal(store.size, 51);
  },
  "reads a capture from the beginning each time": (store) => {
    fill(store, { a: "1", b: "2" });
    const capture = store.snapshot();
    const entries = capture.entries();
    assert.deepEqual([[...entries].length, [...entries].length, captured(capture)], [2, 2, { a: "1", b: "2" }]);
  },
};
