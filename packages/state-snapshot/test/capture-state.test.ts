import { expect, test } from "vitest";
import { StateDelta, StateSnapshot, captureState, createStateStore, encodeSnapshot, mergeSnapshots } from "../src/index.ts";
import type { StateCapture, StatePart, StateStore } from "../src/index.ts";
import { encodingSteps } from "../src/encode-snapshot.ts";
import { bytes, collected, isSame, joined, shown } from "./samples.ts";

function fill(store: StateStore, from: number, to: number): void {
  for (let number = from; number < to; number += 1) store.put(bytes(`key ${number}`), bytes(`value ${number}`));
}

const bytesOf = async (part: StatePart): Promise<Uint8Array> => joined(await collected(part.bytes));

test("a store's captures are parts of checkpoints, which replay to the state at the calls", async () => {
  const store = createStateStore();
  const capture = captureState(store);
  fill(store, 0, 10_000);
  const base = capture("full");
  expect([base.basedOn, base.keyCount]).toEqual([undefined, 10_000]);
  const parts = [await bytesOf(base)];
  base.done(7);
  for (const id of [8, 9, 10]) {
    fill(store, id * 100, id * 100 + 50);
    store.put(bytes("counter"), bytes(String(id)));
    store.delete(bytes(`key ${id}`));
    const part = capture("delta");
    const state = shown(store.entries()).sort();
    expect([part.basedOn, part.keyCount]).toEqual([id - 1, store.size]);
    store.put(bytes("counter"), bytes("changed while the part is being written"));
    parts.push(await bytesOf(part));
    part.done(id);
    const merged = joined(await collected(mergeSnapshots(parts.map((each) => [each]))));
    expect(shown(StateSnapshot.fromBytes(merged)).sort()).toEqual(state);
  }
});

test("a part's bytes are those of encodeSnapshot, from the beginning at each iteration", async () => {
  const store = createStateStore();
  fill(store, 0, 20_000);
  const part = captureState(store)("full");
  const first = await bytesOf(part);
  store.put(bytes("key 1"), bytes("other"));
  expect(isSame(await bytesOf(part), first)).toBe(true);
  const snapshot = StateSnapshot.fromBytes(first);
  expect(isSame(joined(encodeSnapshot(snapshot, { timestampNs: snapshot.timestampNs })), first)).toBe(true);
});

test("the changes of a part that failed are in the next one, which is based on the same checkpoint", async () => {
  const store = createStateStore();
  const capture = captureState(store);
  fill(store, 0, 10);
  capture("full").done(1);
  store.put(bytes("a"), bytes("1"));
  const failed = capture("delta");
  await bytesOf(failed);
  failed.fail();
  store.put(bytes("b"), bytes("2"));
  const part = capture("delta");
  expect(part.basedOn).toBe(1);
  expect(shown(StateDelta.fromBytes(await bytesOf(part)))).toEqual(shown([[bytes("a"), bytes("1")], [bytes("b"), bytes("2")]]));
});

test("one part at a time: the next call throws until the last one was done or failed", async () => {
  const capture = captureState(createStateStore());
  const part = capture("full");
  expect(() => capture("delta")).toThrow(expect.objectContaining({ code: "SNAPSHOT_BUSY" }));
  part.fail();
  await expect(bytesOf(part)).rejects.toMatchObject({ code: "SNAPSHOT_RELEASED" });
  capture("delta").done(1);
});

test("a store of somebody else's is captured through its interface alone", async () => {
  const inner = createStateStore();
  fill(inner, 0, 100);
  const ended: unknown[] = [];
  const capture: StateCapture = {
    kind: "full",
    size: 100,
    basedOn: undefined,
    entries: () => Array.from(inner.entries(), ([key, value]) => ({ key, value })),
    done: (id) => void ended.push(id),
    fail: () => void ended.push("failed"),
  };
  const store = new Proxy(inner, { get: (target, name) => (name === "snapshot" ? () => capture : Reflect.get(target, name, target)) });
  const part = captureState(store)("full");
  expect(shown(StateSnapshot.fromBytes(await bytesOf(part)))).toEqual(shown(inner.entries()));
  part.done(3);
  part.fail();
  expect(ended).toEqual([3, "failed"]);
});

test("while a part is being made, the event loop and the store go on", async () => {
  const store = createStateStore();
  fill(store, 0, 200_000);
  const part = captureState(store)("full");
  let turns = 0;
  let goesOn = true;
  const turn = (): void => {
    turns += 1;
    store.put(bytes(`key ${turns}`), bytes("changed"));
    if (goesOn) setImmediate(turn);
  };
  setImmediate(turn);
  const snapshot = StateSnapshot.fromBytes(await bytesOf(part));
  goesOn = false;
  console.log(`${turns} turns of the event loop while a part of ${snapshot.size} entries was made without waiting for anything`);
  expect(turns).toBeGreaterThan(1);
  expect(Array.from(snapshot, ([, value]) => new TextDecoder().decode(value)).filter((value) => value === "changed")).toEqual([]);
});

test("encoding can rest within an entry of any size, and while it passes many ids without an entry", () => {
  const large = encodingSteps([[bytes("a"), new Uint8Array(20 * 2 ** 20)]], {});
  expect([...large].filter((step) => step === undefined).length).toBeGreaterThanOrEqual(20);
  const store = createStateStore();
  fill(store, 0, 200_000);
  store.snapshot().done(1);
  for (let number = 0; number < 200_000; number += 1) store.delete(bytes(`key ${number}`));
  const steps = encodingSteps(store.snapshot().entries(), {});
  expect([...steps].filter((step) => step === undefined).length).toBe(3);
});
