import { expect, test } from "vitest";
import { StateDelta, StateSnapshot, createStateStore, decodeSnapshot, encodeSnapshot, isCorruption, mergeSnapshots } from "../src/index.ts";
import { handMade } from "./hand-made.ts";
import { bytes, collected, decoded, encoded, joined, rejection, shown } from "./samples.ts";

/* What is wrong with the snapshots that this design began with, by the numbers of its study: each has a test that it isn't so here. */

const state = Array.from({ length: 100 }, (_, index) => [bytes(`k${index}`), bytes(`v${index}`)] as const);

test("6: a snapshot that can't be read is an error in every reader, never no state or a part of it", async () => {
  const whole = encoded(state);
  const junk = Uint8Array.from({ length: whole.length }, (_, index) => index * 31);
  const store = createStateStore();
  store.put(bytes("kept"), bytes("1"));
  for (const wrong of [new Uint8Array(0), junk, whole.subarray(0, whole.length / 2)]) {
    expect(() => StateSnapshot.fromBytes(wrong)).toThrow(expect.toSatisfy(isCorruption));
    for (const work of [decoded([wrong]), collected(mergeSnapshots([[wrong]])), store.restoreFrom([[wrong]])]) {
      expect(isCorruption(await rejection(work))).toBe(true);
    }
  }
  async function* missing(): AsyncIterable<Uint8Array> {
    yield whole.subarray(0, 100);
    throw new Error("the file is gone");
  }
  for (const work of [decoded(missing()), collected(mergeSnapshots([missing()])), store.restoreFrom([missing()])]) {
    await expect(work).rejects.toThrow("the file is gone");
  }
  expect(shown(store.entries())).toEqual(shown([[bytes("kept"), bytes("1")]]));
});

test("7: a flipped byte is damage, in whichever reader, and never comes back as another value", async () => {
  const whole = encoded(state);
  const at = Buffer.from(whole).indexOf("v42");
  const flipped = whole.slice();
  flipped[at] = (flipped[at] ?? 0) ^ 0x10;
  const place = { code: "SNAPSHOT_CORRUPT", block: 0, offset: 48 };
  expect(await rejection(decoded([flipped]))).toMatchObject(place);
  expect(() => StateSnapshot.fromBytes(flipped)).toThrow(expect.objectContaining(place));
  expect(await rejection(createStateStore().restoreFrom([[flipped]]))).toMatchObject({ ...place, part: 0 });
  expect(await rejection(collected(mergeSnapshots([[flipped]])))).toMatchObject({ ...place, part: 0 });
});

test("7: a snapshot of another size than it was written with is damage", async () => {
  const whole = encoded(state);
  for (const length of [0, 1, 28, whole.length - 44, whole.length - 1]) {
    expect(isCorruption(await rejection(decoded([whole.subarray(0, length)])))).toBe(true);
  }
  expect(isCorruption(await rejection(decoded([joined([whole, Uint8Array.of(0)])])))).toBe(true);
});

test("37: state, changes and number of keys of a capture are of one moment, however late its bytes are drawn", async () => {
  const store = createStateStore();
  for (const [key, value] of state) store.put(key, value);
  store.snapshot().done(1);
  store.put(bytes("count"), bytes("1"));
  const capture = store.snapshot();
  const late = capture.bytes("full");
  store.put(bytes("count"), bytes("2"));
  store.put(bytes("offset"), bytes("2"));
  expect(shown(await decoded(late)).sort()).toEqual(shown([...state, [bytes("count"), bytes("1")]]).sort());
  expect(shown(await decoded(capture.bytes("delta")))).toEqual(shown([[bytes("count"), bytes("1")]]));
  expect(capture.keyCount).toBe(state.length + 1);
});

test("38: a delta says that it is one and what it is a change of, and holds nothing but that", async () => {
  const store = createStateStore();
  for (const [key, value] of state) store.put(key, value);
  const full = store.snapshot();
  const base = encoded(full.entries());
  full.done(11);
  store.put(bytes("k1"), bytes("changed"));
  store.delete(bytes("k2"));
  const capture = store.delta();
  expect([capture.kind, capture.basedOn, capture.size]).toEqual(["delta", 11, 2]);
  const delta = encoded(capture.entries(), { kind: capture.kind });
  expect(delta.length).toBeLessThan(base.length / 10);
  expect(() => StateSnapshot.fromBytes(delta)).toThrow(expect.objectContaining({ code: "SNAPSHOT_WRONG_KIND" }));
  expect(await rejection(createStateStore().restoreFrom([[delta]]))).toMatchObject({ code: "SNAPSHOT_WRONG_KIND", part: 0 });
  const restored = createStateStore();
  await restored.restoreFrom([[base], [delta]]);
  expect(shown(restored.entries()).sort()).toEqual(shown(store.entries()).sort());
});

test("44: a snapshot is read at any address", () => {
  const whole = encoded(state);
  for (let shift = 0; shift < 16; shift += 1) {
    const room = joined([new Uint8Array(shift), whole]);
    expect(shown(StateSnapshot.fromBytes(room.subarray(shift)))).toEqual(shown(state));
  }
});

test("44: the version is looked at, and another one is no damage", () => {
  const newer = handMade({ kind: 1, version: 2, blocks: [] });
  const features = handMade({ kind: 1, features: 4, blocks: [] });
  const hints = handMade({ kind: 1, features: 0x8001_0000, blocks: [] });
  const unsupported = expect.objectContaining({ code: "SNAPSHOT_UNSUPPORTED_FORMAT" });
  expect(() => StateSnapshot.fromBytes(newer)).toThrow(unsupported);
  expect(() => StateSnapshot.fromBytes(features)).toThrow(unsupported);
  expect(StateSnapshot.fromBytes(hints).size).toBe(0);
  expect(() => StateDelta.fromBytes(handMade({ kind: 9, blocks: [] }))).toThrow(unsupported);
});

test("44: equal states have equal bytes when their timestamps are equal", () => {
  const bytesAt = (timestampNs: bigint) => joined(encodeSnapshot(state, { timestampNs }));
  expect(bytesAt(5n)).toEqual(bytesAt(5n));
  const store = createStateStore();
  for (const [key, value] of state) store.put(key, value);
  for (const [key, value] of state) store.put(key, value);
  expect(joined(encodeSnapshot(store.snapshot().entries(), { timestampNs: 5n }))).toEqual(bytesAt(5n));
});

test("51: a delta has keys and values, and a capture that fails loses none of them", () => {
  const store = createStateStore();
  for (const [key, value] of state) store.put(key, value);
  store.snapshot().done(1);
  store.put(bytes("k7"), bytes("changed"));
  store.delta().fail();
  expect(shown(store.delta().entries())).toEqual(shown([[bytes("k7"), bytes("changed")]]));
});

/** 2^31 bytes and more, of one array of 16 MiB: on the way through, not in memory. With LARGE=1 above 2^32. */
const large = process.env["LARGE"] === "1" ? 4.4 : 2.2;

test(`43: a snapshot of ${large} GiB is written and read, in the memory of a few of its entries`, async () => {
  const value = new Uint8Array(16 * 2 ** 20).fill(7);
  const count = Math.ceil((large * 2 ** 30) / value.length);
  function* entries(): Iterable<readonly [Uint8Array, Uint8Array]> {
    for (let index = 0; index < count; index += 1) yield [bytes(String(index)), value];
  }
  let read = 0;
  let most = 0;
  const before = process.memoryUsage.rss();
  for await (const block of decodeSnapshot(encodeSnapshot(entries()))) {
    for (const entry of block) read += entry.value?.length ?? 0;
    most = Math.max(most, process.memoryUsage.rss() - before);
  }
  console.log(`${(read / 2 ** 30).toFixed(2)} GiB read, ${Math.round(most / 2 ** 20)} MiB of memory taken`);
  expect(read).toBe(count * value.length);
  expect(most).toBeLessThan(768 * 2 ** 20);
});
