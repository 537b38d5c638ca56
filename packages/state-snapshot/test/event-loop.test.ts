import { expect, test } from "vitest";
import { StateSnapshot, createStateStore, decodeSnapshot, mergeSnapshots } from "../src/index.ts";
import type { StateStore } from "../src/index.ts";
import { paced } from "../src/pace.ts";
import { bytes, collected, joined } from "./samples.ts";

const count = 200_000;

function filled(): StateStore {
  const store = createStateStore();
  for (let number = 0; number < count; number += 1) store.put(bytes(`key ${number}`), bytes(`value ${number}`));
  return store;
}

/** Turns that the event loop makes while `work` goes on; `beside` is done at each. */
async function turnsDuring(work: () => Promise<unknown>, beside: (turn: number) => void = () => undefined): Promise<number> {
  let turns = 0;
  let goesOn = true;
  const turn = (): void => {
    turns += 1;
    beside(turns);
    if (goesOn) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  goesOn = false;
  return turns;
}

test("while a capture's bytes are made, the event loop and the store go on", async () => {
  const store = filled();
  const capture = store.snapshot();
  let chunks: readonly Uint8Array[] = [];
  const turns = await turnsDuring(async () => {
    chunks = await collected(capture.bytes("full"));
  }, (turn) => store.put(bytes(`key ${turn}`), bytes("changed")));
  console.log(`${turns} turns of the event loop while ${count} entries were encoded without waiting for anything`);
  expect(turns).toBeGreaterThan(1);
  const values = Array.from(StateSnapshot.fromBytes(joined(chunks)), ([, value]) => new TextDecoder().decode(value));
  expect([values.length, values.includes("changed")]).toEqual([count, false]);
});

test("while a snapshot is read, restored or merged whose chunks never wait, the event loop goes on", async () => {
  const parts = [await collected(filled().snapshot().bytes("full"))];
  const store = createStateStore();
  const works = {
    decodeSnapshot: async () => {
      for await (const entries of decodeSnapshot(parts[0] ?? [])) expect(entries.length).toBeGreaterThan(0);
    },
    restoreFrom: () => store.restoreFrom(parts),
    mergeSnapshots: () => collected(mergeSnapshots(parts)),
  };
  for (const [name, work] of Object.entries(works)) {
    const turns = await turnsDuring(work);
    console.log(`${turns} turns of the event loop during ${name} of ${count} entries`);
    expect(turns).toBeGreaterThan(1);
  }
  expect(store.size).toBe(count);
});

test("work that is due rests where there is no chunk yet too", async () => {
  function* steps(): Iterable<Uint8Array | undefined> {
    for (let step = 0; step < 20; step += 1) {
      const since = performance.now();
      while (performance.now() - since < 4);
      yield step === 19 ? new Uint8Array(1) : undefined;
    }
  }
  expect(await turnsDuring(() => collected(paced(steps())))).toBeGreaterThanOrEqual(19);
});
