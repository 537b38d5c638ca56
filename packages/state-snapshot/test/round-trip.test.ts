import { expect, test } from "vitest";
import { createStateStore, decodeSnapshot, encodeSnapshot } from "../src/index.ts";
import type { SnapshotEntry } from "../src/index.ts";
import { randomBytes, withSeeds } from "./random.ts";
import { bytes, collected, decoded, encoded, isSame, joined, pieces, rejection, shown } from "./samples.ts";

type Random = (below: number) => number;

function randomEntries(random: Random, kind: "full" | "delta"): SnapshotEntry[] {
  const most = [4, 40, 400, 5_000][random(4)] ?? 4;
  return Array.from({ length: random(60) }, (_, index) => {
    const key = joined([randomBytes(random, 20), bytes(String(index))]);
    const gone = kind === "delta" && random(4) === 0;
    return { key, value: gone ? undefined : randomBytes(random, most) };
  });
}

test("what was encoded comes back, whatever the chunks are", async () => {
  await withSeeds(60, async (random) => {
    const kind = random(2) === 0 ? "full" : "delta";
    const entries = randomEntries(random, kind);
    const whole = encoded(entries, { kind });
    const size = [1, 7, 100, 70_000][random(4)] ?? 1;
    expect(shown(await decoded(pieces(whole, random, size)))).toEqual(shown(entries));
  });
});

test("an asynchronous source gives the same as a synchronous one", async () => {
  const entries = [{ key: bytes("a"), value: bytes("1") }];
  async function* source(): AsyncIterable<Uint8Array> {
    yield* encodeSnapshot(entries);
  }
  expect(shown(await decoded(source()))).toEqual(shown(entries));
});

test("no entries, an empty key and an empty value are kept", async () => {
  const none = new Uint8Array(0);
  expect(await decoded([encoded([])])).toEqual([]);
  expect(await decoded([encoded([[none, none]])])).toEqual([{ key: none, value: none }]);
});

test("an entry that doesn't fit into a block has one of its own, between its neighbours", async () => {
  const large = new Uint8Array(300_000).fill(7);
  const entries = [bytes("small"), large, bytes("small too")].map((value, index) => ({ key: bytes(String(index)), value }));
  const chunks = [...encodeSnapshot(entries, { timestampNs: 0n })];
  expect(chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(28 + 34 + 300_029 + 38 + 44);
  expect(shown(await decoded(chunks))).toEqual(shown(entries));
});

test("entries are drawn chunk by chunk, not all at once", () => {
  let drawn = 0;
  function* endless(): Iterable<readonly [Uint8Array, Uint8Array]> {
    for (;;) yield [bytes(String((drawn += 1))), new Uint8Array(1_000)];
  }
  const chunks = encodeSnapshot(endless())[Symbol.iterator]();
  expect(drawn).toBe(0);
  for (let chunk = 1; chunk <= 5; chunk += 1) {
    const { value = new Uint8Array(0) } = chunks.next();
    expect(value.length).toBeLessThan(270_000);
    expect(drawn).toBeLessThan(chunk * 270);
  }
});

test("keys and values are views of the chunks, but for an entry that lies in two", async () => {
  const whole = encoded(["a", "b", "c"].map((name) => [bytes(name), bytes("value")] as const));
  for (let at = 0; at <= whole.length; at += 1) {
    const chunks = [whole.slice(0, at), whole.slice(at)];
    const buffers = new Set<unknown>(chunks.map((chunk) => chunk.buffer));
    const copied = (await decoded(chunks)).filter(({ key, value }) => !buffers.has(key.buffer) || !buffers.has(value?.buffer));
    const isWithin = at > 48 && at < 48 + 42 && (at - 48) % 14 !== 0;
    expect(copied.length, `cut at ${at}`).toBe(isWithin ? 1 : 0);
  }
});

test("a chunk that encoding gave out never changes again", () => {
  const entries = Array.from({ length: 2_000 }, (_, index) => [bytes(String(index)), new Uint8Array(1_000).fill(index)] as const);
  const whole = encoded(entries);
  let at = 0;
  for (const chunk of encodeSnapshot(entries, { timestampNs: 1n })) {
    expect(isSame(chunk, whole.subarray(at, at + chunk.length))).toBe(true);
    chunk.fill(255);
    at += chunk.length;
  }
  expect(at).toBe(whole.length);
});

test("what comes out of a Buffer is a plain Uint8Array", async () => {
  const [entry] = await decoded([Buffer.from(encoded([[bytes("key"), bytes("value")]]))]);
  expect(entry?.key.constructor).toBe(Uint8Array);
});

test("the same entries and timestamp give the same bytes", () => {
  const entries = [[bytes("a"), bytes("1")]] as const;
  expect(encoded(entries)).toEqual(encoded(entries));
  expect(encoded(entries)).not.toEqual(encoded(entries, { timestampNs: 2n }));
});

test("leaving early closes the source", async () => {
  let closed = false;
  function* source(): Iterable<Uint8Array> {
    try {
      yield encoded([[bytes("a"), bytes("1")]]);
    } finally {
      closed = true;
    }
  }
  for await (const block of decodeSnapshot(source())) {
    expect(block.length).toBe(1);
    break;
  }
  expect(closed).toBe(true);
});

test("wrong options are refused at the call", () => {
  expect(() => encodeSnapshot([], { kind: "half" as "full" })).toThrow(TypeError);
  expect(() => encodeSnapshot([], { timestampNs: -1n })).toThrow(RangeError);
  expect(() => encodeSnapshot([], { timestampNs: 1n << 64n })).toThrow(RangeError);
  expect(() => encodeSnapshot([], { timestampNs: 1 as unknown as bigint })).toThrow(TypeError);
});

test("a deleted key in a full snapshot, and what isn't bytes, are refused", async () => {
  expect(() => encoded([[bytes("a"), undefined]])).toThrow(TypeError);
  expect(() => encoded([["a" as unknown as Uint8Array, bytes("1")]])).toThrow(TypeError);
  expect(await rejection(decoded(["text" as unknown as Uint8Array]))).toBeInstanceOf(TypeError);
});

test("an entry above 1 GiB is refused before a block is made for it", () => {
  const huge = { length: 2 ** 30, byteLength: 2 ** 30 };
  Object.setPrototypeOf(huge, Uint8Array.prototype);
  Object.defineProperty(huge, "length", { value: 2 ** 30 });
  expect(() => encoded([[bytes("a"), huge as unknown as Uint8Array]])).toThrow(expect.objectContaining({ code: "SNAPSHOT_TOO_LARGE" }));
});

const timeOf = (whole: Uint8Array): bigint => Buffer.from(whole).readBigUInt64LE(16);

test.each([
  [-3_600_000, 0n],
  [1.5, 1_000_000n],
  [8_640_000_000_000_000, 18_446_744_073_709_000_000n],
])("a wall clock at %d ms, which the format can't say, gives the nearest time that it can", async (now, timestampNs) => {
  const right = Date.now;
  Date.now = () => now;
  try {
    const store = createStateStore();
    store.put(bytes("a"), bytes("1"));
    expect(timeOf(joined(encodeSnapshot([[bytes("a"), bytes("1")]])))).toBe(timestampNs);
    expect(timeOf(joined(await collected(store.snapshot().bytes("full"))))).toBe(timestampNs);
  } finally {
    Date.now = right;
  }
});
