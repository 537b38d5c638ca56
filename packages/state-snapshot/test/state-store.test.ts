import { expect, test } from "vitest";
import { StateSnapshot, createStateStore, encodeSnapshot } from "../src/index.ts";
import { stateStoreConformance } from "../src/testing/index.ts";
import { bytes, joined, shown } from "./samples.ts";

stateStoreConformance({ test, create: createStateStore });

test("what a snapshot holds restores to the same state", () => {
  const store = createStateStore();
  for (let index = 0; index < 100; index += 1) store.put(bytes(`key ${index}`), bytes(String(index)));
  const capture = store.snapshot();
  const snapshot = StateSnapshot.fromBytes(joined(encodeSnapshot(capture.entries())));
  capture.done(1);
  const restored = createStateStore();
  restored.restore(Array.from(snapshot, ([key, value]) => ({ key, value })));
  expect(shown(restored.entries()).sort()).toEqual(shown(store.entries()).sort());
  expect(restored.delta().size).toBe(0);
});
