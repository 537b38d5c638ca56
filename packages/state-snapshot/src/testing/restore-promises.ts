import * as assert from "node:assert/strict";
import { encodeSnapshot } from "../encode-snapshot.ts";
import { isSnapshotError } from "../snapshot-error.ts";
import type { SnapshotEntry, SnapshotKind } from "../snapshot-entry.ts";
import { bytes, captured, entry, fill, refusedAs, stateOf, text } from "./text-states.ts";
import type { StorePromises } from "./text-states.ts";

function* failing(): Iterable<SnapshotEntry> {
  yield entry("new", "1");
  throw new Error("the source failed");
}

/** The bytes of a snapshot or delta, in two chunks. */
function part(kind: SnapshotKind, changes: Record<string, string | undefined>): readonly Uint8Array[] {
  const entries = Object.entries(changes).map(([key, value]) => entry(key, value));
  return [...encodeSnapshot(entries, { kind })].flatMap((chunk) => [chunk.subarray(0, 40), chunk.subarray(40)]);
}

/** Gives `chunks` when `wait` settles. */
async function* later(wait: Promise<void>, chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  await wait;
  yield* chunks;
}

async function* broken(): AsyncIterable<Uint8Array> {
  yield new Uint8Array(0);
  throw new Error("the disk failed");
}

/** Of replacing everything. */
export const restorePromises: StorePromises = {
  "restores exactly the entries given, and none of it counts as a change": (store) => {
    fill(store, { a: "1", b: "2" });
    store.snapshot().done(1);
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
  "restores from the bytes of a base and its deltas, and none of it counts as a change": async (store) => {
    fill(store, { a: "1", z: "1" });
    store.snapshot().done(1);
    const base = part("full", { a: "2", b: "2", c: "2" });
    await store.restoreFrom([base, part("delta", { a: undefined, c: "3", d: "3" }), part("delta", { a: "4", d: undefined })]);
    assert.deepEqual([stateOf(store), store.size], [{ a: "4", b: "2", c: "3" }, 3]);
    assert.deepEqual([store.has(bytes("d")), store.delete(bytes("d"))], [false, false]);
    const delta = store.delta();
    assert.deepEqual([delta.size, delta.basedOn], [0, undefined]);
    delta.done();
    fill(store, { d: "5" });
    assert.equal(store.delete(bytes("b")), true);
    assert.deepEqual(captured(store.delta()), { b: undefined, d: "5" });
  },
  "can be read and is as before until a restore from bytes settles, and takes no changes": async (store) => {
    fill(store, { a: "1" });
    let go = (): void => undefined;
    const wait = new Promise<void>((resolve) => {
      go = resolve;
    });
    const restored = store.restoreFrom([later(wait, part("full", { b: "2" }))]);
    assert.deepEqual([stateOf(store), text(store.get(bytes("a"))), store.size], [{ a: "1" }, "1", 1]);
    const batch = () => store.applyRanges(bytes("c3"), Int32Array.of(0, 1, 1, 2), 1);
    const changes = [() => store.put(bytes("c"), bytes("3")), () => store.delete(bytes("a")), () => store.restore([]), batch];
    for (const call of [...changes, () => store.snapshot(), () => store.delta()]) assert.throws(call, refusedAs("SNAPSHOT_BUSY"));
    await assert.rejects(store.restoreFrom([part("full", {})]), refusedAs("SNAPSHOT_BUSY"));
    go();
    await restored;
    assert.deepEqual(stateOf(store), { b: "2" });
    fill(store, { c: "3" });
    assert.deepEqual(captured(store.delta()), { c: "3" });
  },
  "is as before when a restore from bytes is refused": async (store) => {
    fill(store, { a: "1" });
    const base = part("full", { b: "2" });
    const delta = part("delta", { b: "3" });
    const twice = [...encodeSnapshot([entry("b", "3"), entry("b", undefined)], { kind: "delta" })];
    const refused = [
      [[delta], "SNAPSHOT_WRONG_KIND", 0],
      [[base, base], "SNAPSHOT_WRONG_KIND", 1],
      [[base, delta, twice], "SNAPSHOT_CORRUPT", 2],
      [[base, delta, delta.slice(0, -1)], "SNAPSHOT_TRUNCATED", 2],
      [[base, delta.map((chunk) => chunk.map((byte) => byte ^ 1))], "SNAPSHOT_CORRUPT", 1],
    ] as const;
    for (const [parts, code, number] of refused) {
      await assert.rejects(store.restoreFrom(parts), (error) => isSnapshotError(error, code) && error.part === number);
    }
    await assert.rejects(store.restoreFrom([]), RangeError);
    await assert.rejects(store.restoreFrom([base, broken()]), /the disk failed/);
    assert.deepEqual([stateOf(store), captured(store.delta())], [{ a: "1" }, { a: "1" }]);
  },
  "has no restore from bytes while a capture is open": async (store) => {
    const capture = store.snapshot();
    await assert.rejects(store.restoreFrom([part("full", {})]), refusedAs("SNAPSHOT_BUSY"));
    capture.fail();
  },
};
