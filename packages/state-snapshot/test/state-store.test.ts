import { expect, test } from "vitest";
import { StateSnapshot, createStateStore, encodeSnapshot, mergeSnapshots } from "../src/index.ts";
import type { SnapshotEntry, StateCapture } from "../src/index.ts";
import { stateStoreConformance } from "../src/testing/index.ts";
import { randomBytes, withSeeds } from "./random.ts";
import { bytes, joined, shown } from "./samples.ts";

stateStoreConformance({ test, create: createStateStore });

/** A capture under way, the state that it is of, and what a reader has drawn so far. */
interface Under {
  readonly capture: StateCapture;
  readonly state: readonly string[];
  readonly reader: Iterator<SnapshotEntry>;
  readonly drawn: SnapshotEntry[];
}

/** Draws up to `count` entries; whether that was all. */
function draw(under: Under, count: number): boolean {
  for (let left = count; left > 0; left -= 1) {
    const step = under.reader.next();
    if (step.done === true) return true;
    under.drawn.push(step.value);
  }
  return false;
}

async function replayed(parts: readonly Uint8Array[]): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of mergeSnapshots(parts.map((part) => [part]))) chunks.push(chunk);
  return shown(StateSnapshot.fromBytes(joined(chunks))).sort();
}

test("a store changed at random agrees with a Map, and its captures replay to the state at which they were taken", async () => {
  await withSeeds(60, async (random) => {
    const store = createStateStore();
    const model = new Map<string, readonly [Uint8Array, Uint8Array]>();
    const state = () => shown(model.values()).sort();
    let parts: readonly Uint8Array[] = [];
    let under: Under | undefined;

    for (let step = 0; step < 400; step += 1) {
      const name = `key ${random(40)}`;
      const action = random(20);
      if (action < 9) {
        const value = randomBytes(random, 30);
        store.put(bytes(name), value);
        model.set(name, [bytes(name), value]);
      } else if (action < 14) {
        expect(store.delete(bytes(name))).toBe(model.delete(name));
      } else if (action < 16 && under === undefined) {
        const capture = parts.length === 0 || random(3) === 0 ? store.snapshot() : store.delta();
        under = { capture, state: state(), reader: capture.entries()[Symbol.iterator](), drawn: [] };
      } else if (under !== undefined && draw(under, random(10))) {
        expect(under.drawn.length).toBe(under.capture.size);
        const part = joined(encodeSnapshot(under.drawn, { kind: under.capture.kind }));
        const next = under.capture.kind === "full" ? [part] : [...parts, part];
        expect(await replayed(next)).toEqual(under.state);
        if (random(3) > 0) {
          under.capture.done(step);
          parts = next;
        } else {
          under.capture.fail();
        }
        under = undefined;
      }
      expect(store.get(bytes(name))).toEqual(model.get(name)?.[1]);
      expect(store.size).toBe(model.size);
    }
    expect(shown(store.entries()).sort()).toEqual(state());
  });
});

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
