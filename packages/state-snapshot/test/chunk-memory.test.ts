import { expect, test } from "vitest";
import { SnapshotError, createStateStore, mergeSnapshots } from "../src/index.ts";
import type { AllocateMemory, StateStore } from "../src/index.ts";
import { ahead } from "../src/pace.ts";
import { randomBytes, withSeeds } from "./random.ts";
import { bytes, collected, isSame, joined } from "./samples.ts";

function filled(entries: number): StateStore {
  const store = createStateStore();
  for (let number = 0; number < entries; number += 1) store.put(bytes(`key ${number}`), bytes(`value ${number}`.repeat(10)));
  return store;
}

/** Gives out the memory of a chunk again that was taken, spoilt; counts what it had to make. */
class Memory {
  readonly #lent = new Map<ArrayBufferLike, Uint8Array>();
  readonly #free: Uint8Array[] = [];
  made = 0;

  readonly allocate: AllocateMemory = (length) => {
    const free = this.#free.pop();
    const memory = free !== undefined && free.length >= length ? free : this.#make(length);
    this.#lent.set(memory.buffer, memory);
    return memory;
  };

  #make(length: number): Uint8Array {
    this.made += 1;
    return new Uint8Array(length + 5).fill(0xa5);
  }

  /** Copies of the chunks. */
  async copied(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
    const copies: Uint8Array[] = [];
    for await (const chunk of chunks) {
      copies.push(chunk.slice());
      const memory = this.#lent.get(chunk.buffer);
      if (memory !== undefined) this.#free.push(memory.fill(0x5a));
    }
    return joined(copies);
  }
}

test("a capture and a merge make the same bytes in memory that is given to them again and again", async () => {
  await withSeeds(10, async (random) => {
    const store = createStateStore();
    for (let count = 0; count < 3000; count += 1) store.put(randomBytes(random, 20), randomBytes(random, random(50) === 0 ? 100_000 : 800));
    store.snapshot().done(1);
    const base = store.snapshot();
    const parts = [joined(await collected(base.bytes("full")))];
    base.done(1);
    for (let count = 0; count < 500; count += 1) store.put(randomBytes(random, 20), randomBytes(random, 800));
    const capture = store.snapshot();
    for (const kind of ["full", "delta"] as const) {
      const plain = joined(await collected(capture.bytes(kind)));
      expect(isSame(await new Memory().copied(capture.bytes(kind, new Memory().allocate)), plain)).toBe(true);
      const memory = new Memory();
      expect(isSame(await memory.copied(capture.bytes(kind, memory.allocate)), plain)).toBe(true);
      if (kind === "delta") parts.push(plain);
    }
    const plain = joined(await collected(mergeSnapshots(parts.map((part) => [part]))));
    const memory = new Memory();
    expect(isSame(await memory.copied(mergeSnapshots(parts.map((part) => [part]), memory.allocate)), plain)).toBe(true);
  });
});

test("a snapshot of any size needs memory for two chunks, beside what the first one grows through", async () => {
  const memory = new Memory();
  const whole = await memory.copied(filled(100_000).snapshot().bytes("full", memory.allocate));
  console.log(`${memory.made} arrays for ${whole.length} bytes`);
  expect(whole.length).toBeGreaterThan(40 * 256 * 1024);
  expect(memory.made).toBeLessThan(12);
});

test("memory that is too small, or none, is refused, and so is what can't give any", async () => {
  const capture = filled(10).snapshot();
  for (const allocate of [() => new Uint8Array(3), () => [], () => undefined] as unknown as AllocateMemory[]) {
    await expect(collected(capture.bytes("full", allocate))).rejects.toThrow(TypeError);
  }
  for (const wrong of [1, null, "memory"] as unknown as AllocateMemory[]) {
    expect(() => capture.bytes("full", wrong)).toThrow(TypeError);
    expect(() => mergeSnapshots([[]], wrong)).toThrow(TypeError);
  }
});

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("while a reader works on a chunk, the next one is made, and no other", async () => {
  let made = 0;
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    for (; made < 5; made += 1) yield bytes(`chunk ${made}`);
  }
  const reader = ahead(chunks(), () => undefined);
  expect((await reader.next()).value).toEqual(bytes("chunk 0"));
  for (let turn = 0; turn < 5; turn += 1) await aTurn();
  expect(made).toBe(1);
  expect((await reader.next()).value).toEqual(bytes("chunk 1"));
});

test("a reader that leaves, or fails, ends what is made ahead of it", async () => {
  let isOpen = false;
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    isOpen = true;
    try {
      for (;;) yield bytes("chunk");
    } finally {
      isOpen = false;
    }
  }
  for await (const chunk of ahead(chunks(), () => undefined)) {
    expect([isOpen, chunk]).toEqual([true, bytes("chunk")]);
    break;
  }
  expect(isOpen).toBe(false);
});

test("a failure of what is made ahead waits for the reader", async () => {
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    yield bytes("chunk");
    throw new RangeError("no more");
  }
  const reader = ahead(chunks(), () => undefined);
  await reader.next();
  for (let turn = 0; turn < 5; turn += 1) await aTurn();
  await expect(reader.next()).rejects.toThrow(RangeError);
});

test("a chunk that was made ahead isn't given out once its capture was released", async () => {
  const capture = filled(3000).snapshot();
  const started = capture.bytes("full")[Symbol.asyncIterator]();
  await started.next();
  for (let turn = 0; turn < 20; turn += 1) await aTurn();
  capture.done(1);
  const late = await started.next().catch((error: unknown) => error);
  expect(late).toBeInstanceOf(SnapshotError);
  expect(late).toMatchObject({ code: "SNAPSHOT_RELEASED" });
});
