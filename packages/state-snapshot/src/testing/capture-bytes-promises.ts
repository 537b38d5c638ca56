import * as assert from "node:assert/strict";
import type { SnapshotKind } from "../snapshot-entry.ts";
import type { StateCapture, StateStore } from "../state-store.ts";
import { bytes, captured, decoded, fill, refusedAs, stateOf } from "./text-states.ts";
import type { StorePromises } from "./text-states.ts";

const both = (store: StateStore): readonly (() => StateCapture)[] => [() => store.snapshot(), () => store.delta()];

/** A store that has checkpoint 7 and changes since. */
function changed(store: StateStore): void {
  fill(store, { a: "1", b: "2", c: "3" });
  store.snapshot().done(7);
  fill(store, { a: "4", d: "5" });
  store.delete(bytes("b"));
}

async function wholeOf(capture: StateCapture, kind: SnapshotKind): Promise<Uint8Array> {
  let whole = new Uint8Array(0);
  for await (const chunk of capture.bytes(kind)) {
    const longer = new Uint8Array(whole.length + chunk.length);
    longer.set(whole);
    longer.set(chunk, whole.length);
    whole = longer;
  }
  return whole;
}

/** Of a capture's encoded bytes. */
export const captureBytesPromises: StorePromises = {
  "encodes both kinds of either capture, as of the moment of the capture": async (store) => {
    changed(store);
    for (const take of both(store)) {
      const capture = take();
      const before = [stateOf(store), captured(capture)];
      fill(store, { a: "6", b: "7", e: "8" });
      store.delete(bytes("d"));
      const full = await decoded(capture.bytes("full"), "full");
      const delta = await decoded(capture.bytes("delta"), "delta");
      assert.deepEqual(full, { a: "4", c: "3", d: "5" });
      assert.deepEqual(delta, { a: "4", b: undefined, d: "5" });
      assert.deepEqual(before, [full, capture.kind === "full" ? full : delta]);
      capture.fail();
      fill(store, { a: "4", d: "5" });
      for (const key of ["b", "e"]) store.delete(bytes(key));
    }
  },
  "says of either capture how many keys there are and what changes are counted from": (store) => {
    for (const take of both(store)) {
      const capture = take();
      assert.deepEqual([capture.keyCount, capture.basedOn], [0, undefined]);
      capture.fail();
    }
    changed(store);
    for (const take of both(store)) {
      const capture = take();
      fill(store, { e: "8" });
      assert.deepEqual([capture.keyCount, capture.basedOn], [3, 7]);
      capture.fail();
      store.delete(bytes("e"));
    }
  },
  "counts changes from a capture that was done, whichever kind of it was written": async (store) => {
    changed(store);
    const full = store.snapshot();
    await decoded(full.bytes("delta"), "delta");
    full.done(8);
    fill(store, { c: "6" });
    const delta = store.delta();
    assert.deepEqual([delta.basedOn, await decoded(delta.bytes("delta"), "delta")], [8, { c: "6" }]);
    await decoded(delta.bytes("full"), "full");
    delta.done(9);
    const next = store.snapshot();
    assert.deepEqual([next.basedOn, await decoded(next.bytes("delta"), "delta")], [9, {}]);
  },
  "encodes the same bytes from the beginning at each call, also when one was left halfway": async (store) => {
    for (let number = 0; number < 40; number += 1) fill(store, { [`key ${number}`]: `${number}`.repeat(10_000) });
    const capture = store.snapshot();
    const first = await wholeOf(capture, "full");
    for await (const chunk of capture.bytes("full")) {
      chunk.fill(0);
      break;
    }
    fill(store, { "key 1": "other", "key 99": "new" });
    assert.deepEqual(await wholeOf(capture, "full"), first);
  },
  "lets nobody draw bytes of a capture that was released, not even halfway": async (store) => {
    for (let number = 0; number < 40; number += 1) fill(store, { [`key ${number}`]: `${number}`.repeat(20_000) });
    for (const end of [(capture: StateCapture) => capture.fail(), (capture: StateCapture) => capture.done(1)]) {
      const capture = store.snapshot();
      const late = capture.bytes("full");
      const started = capture.bytes("full")[Symbol.asyncIterator]();
      await started.next();
      end(capture);
      assert.throws(() => capture.bytes("full"), refusedAs("SNAPSHOT_RELEASED"));
      await assert.rejects(decoded(late, "full"), refusedAs("SNAPSHOT_RELEASED"));
      await assert.rejects(async () => {
        while ((await started.next()).done !== true);
      }, refusedAs("SNAPSHOT_RELEASED"));
    }
  },
  "refuses to encode a kind that is none": (store) => {
    const capture = store.snapshot();
    for (const wrong of ["part", undefined, 1] as unknown as SnapshotKind[]) assert.throws(() => capture.bytes(wrong), TypeError);
  },
};
