import { expect, test } from "vitest";
import { createStateStore, encodeSnapshot } from "../src/index.ts";
import type { StateCapture, StateStore } from "../src/index.ts";
import { bytesInUse, megabytes } from "./measured-memory.ts";
import { randomNumbers } from "./random.ts";

const key = new Uint8Array(16);
const keyView = new DataView(key.buffer);

/** The same array each time: stores keep copies. */
function keyOf(number: number): Uint8Array {
  keyView.setUint32(0, Math.imul(number, 0x9e37_79b1));
  keyView.setUint32(12, number);
  return key;
}

const random = randomNumbers(1);
const small = new Uint8Array(100);
const smallEntry = key.length + small.length;

function filled(entries: number): StateStore {
  const store = createStateStore();
  for (let number = 0; number < entries; number += 1) store.put(keyOf(number), small);
  return store;
}

/** Bytes an entry that `make` left in use, beside those of key and value. */
async function usedFor(entries: number, make: () => StateStore | Promise<StateStore>): Promise<number> {
  const before = bytesInUse();
  const made = await make();
  const used = bytesInUse() - before;
  expect(made.size).toBe(entries);
  return used / entries - smallEntry;
}

async function restored(entries: number): Promise<StateStore> {
  const store = createStateStore();
  await store.restoreFrom([encodeSnapshot(filled(entries).snapshot().entries())]);
  return store;
}

// The index has the most room to spare just after it grew, which it does at about 229,000.
for (const entries of [100_000, 225_000, 235_000, 300_000]) {
  test(`a store of ${entries} entries takes at most 40 bytes an entry beside keys and values`, async () => {
    const put = await usedFor(entries, () => filled(entries));
    const loaded = await usedFor(entries, () => restored(entries));
    console.log(`${entries} entries: ${put.toFixed(1)} bytes an entry when put, ${loaded.toFixed(1)} when restored`);
    expect(put).toBeLessThan(40);
    expect(loaded).toBeLessThan(40);
  });
}

test("after values and keys came and went many times, an entry takes at most 40 bytes still, beside half as much as all that isn't given back yet", () => {
  const count = 100_000;
  const before = bytesInUse();
  const store = filled(count);
  let next = count;
  for (let round = 0; round < 8; round += 1) {
    for (let each = 0; each < count; each += 1) store.put(keyOf(next - 1 - random(count)), small);
    for (let each = 0; each < count / 5; each += 1, next += 1) {
      store.delete(keyOf(next - count));
      store.put(keyOf(next), small);
      if (each % 1_000 === 0) store.delta().done(round);
    }
  }
  const used = bytesInUse() - before;
  expect(store.size).toBe(count);
  const records = (smallEntry + 8) * count;
  console.log(`after ${8 * 1.4 * count} changes: ${(used / count - smallEntry).toFixed(1)} bytes an entry, with all that isn't given back yet`);
  expect(used).toBeLessThan(1.5 * records + (40 - 8) * count + 2 ** 20);
});

const value = new Uint8Array(1_000);
const entryBytes = key.length + value.length + 40;
const keys = 10_000;
/** Chunks that aren't full yet, and what the test itself has in use. */
const margin = 4 * 2 ** 20;

const fill = (store: StateStore): void => {
  for (let number = 0; number < keys; number += 1) store.put(keyOf(number), value);
};
const overwriteSome = (store: StateStore): void => {
  for (let count = 0; count < keys; count += 1) store.put(keyOf(random(keys)), value);
};

/** Works on a store in rounds; what it had in use at most, as the collection at the end of a round left it. */
function mostInUse(rounds: number, begin: (store: StateStore) => void, round: (store: StateStore, number: number) => void): number {
  const before = bytesInUse();
  const store = createStateStore();
  begin(store);
  let most = 0;
  for (let number = 0; number < rounds; number += 1) {
    round(store, number);
    most = Math.max(most, bytesInUse() - before);
  }
  return most;
}

test("memory stays bounded however often entries are overwritten", () => {
  const most = mostInUse(25, fill, overwriteSome);
  console.log(`${megabytes(keys * entryBytes)} of state, overwritten 25 times at random: at most ${megabytes(most)} in use`);
  expect(most).toBeLessThan(1.5 * keys * entryBytes + margin);
});

test("memory stays bounded while a capture is open, which itself keeps what it is of", () => {
  const most = mostInUse(25, (store) => {
    fill(store);
    store.snapshot();
  }, overwriteSome);
  console.log(`the same beside an open capture: at most ${megabytes(most)} in use`);
  expect(most).toBeLessThan(2.5 * keys * entryBytes + margin);
});

test("memory stays bounded when a capture is open nearly always", () => {
  const most = mostInUse(25, fill, (store, number) => {
    const capture = number % 2 === 0 ? store.snapshot() : store.delta();
    overwriteSome(store);
    if (number % 3 === 0) capture.fail();
    else capture.done(number);
  });
  console.log(`the same with one capture after the other: at most ${megabytes(most)} in use`);
  expect(most).toBeLessThan(3 * keys * entryBytes + margin);
});

/** Each key is new, and gone after a thousand others. */
function queue(store: StateStore, number: number, atEachThousand: () => void = () => undefined): void {
  for (let each = number * keys; each < (number + 1) * keys; each += 1) {
    if (each % 1_000 === 0) atEachThousand();
    store.put(keyOf(each), value);
    store.delete(keyOf(each - 1_000));
  }
}

test("memory stays bounded when new keys come and old ones go for ever, with no capture at all", () => {
  const most = mostInUse(25, () => undefined, queue);
  console.log(`1,000 of ${25 * keys} keys at a time: at most ${megabytes(most)} in use`);
  expect(most).toBeLessThan(1.5 * 1_000 * entryBytes + margin);
});

test("memory stays bounded when new keys come and old ones go for ever, with many deltas", () => {
  const most = mostInUse(25, (store) => store.snapshot().done(0), (store, number) => {
    queue(store, number, () => store.delta().done(number));
  });
  console.log(`the same with 250 deltas: at most ${megabytes(most)} in use`);
  // Between two deltas the keys that went have to stay, without their values.
  expect(most).toBeLessThan(1.5 * 1_000 * entryBytes + 1_000 * 80 + margin);
});

test("memory stays bounded when new keys come and old ones go for ever, while every capture fails", () => {
  let capture: StateCapture | undefined;
  const most = mostInUse(25, (store) => store.snapshot().done(0), (store, number) => {
    queue(store, number, () => {
      capture?.fail();
      capture = capture === undefined ? store.snapshot() : undefined;
    });
  });
  console.log(`the same with 125 captures that failed: at most ${megabytes(most)} in use`);
  expect(most).toBeLessThan(1.5 * 1_000 * entryBytes + keys * 80 + margin);
});

test("an array that the store gave out keeps its bytes while everything around it is overwritten", () => {
  const store = createStateStore();
  for (let number = 0; number < 1_000; number += 1) store.put(keyOf(number), new Uint8Array(1_000).fill(number));
  const given = Array.from({ length: 1_000 }, (_, number) => store.get(keyOf(number)));
  for (let round = 0; round < 20; round += 1) {
    for (let number = 0; number < 1_000; number += 1) store.put(keyOf(number), new Uint8Array(1_000).fill(255 - round));
  }
  expect(given.every((array, number) => array?.every((byte) => byte === (number & 255)))).toBe(true);
});
