import { expect, test } from "vitest";
import { StateSnapshot, encodeSnapshot, mergeSnapshots } from "../src/index.ts";
import type { SnapshotEntry } from "../src/index.ts";
import { randomBytes, withSeeds } from "./random.ts";
import { bytes, encoded, isSame, joined, pieces, rejection, shown } from "./samples.ts";

async function merged(parts: Parameters<typeof mergeSnapshots>[0]): Promise<StateSnapshot> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of mergeSnapshots(parts)) chunks.push(chunk);
  return StateSnapshot.fromBytes(joined(chunks));
}

test("a merge is what replaying the parts one after the other gives", async () => {
  await withSeeds(40, async (random) => {
    const model = new Map<string, SnapshotEntry>();
    const parts = Array.from({ length: 1 + random(5) }, (_, part) => {
      const changes = new Map<string, SnapshotEntry>();
      for (let count = random(80); count > 0; count -= 1) {
        const name = `key ${random(60)}`;
        const gone = part > 0 && random(3) === 0;
        changes.set(name, { key: bytes(name), value: gone ? undefined : randomBytes(random, 3_000) });
      }
      for (const [name, entry] of changes) {
        if (entry.value === undefined) model.delete(name);
        else model.set(name, entry);
      }
      return encoded(changes.values(), { kind: part === 0 ? "full" : "delta", timestampNs: BigInt(part) });
    });
    const result = await merged(parts.map((part) => pieces(part, random, 10_000)));
    expect(shown(result).sort()).toEqual(shown(model.values()).sort());
    expect(result.timestampNs).toBe(BigInt(parts.length - 1));
  });
});

test("a base alone comes out byte for byte", async () => {
  const base = encoded([[bytes("a"), new Uint8Array(100_000)], [bytes("b"), bytes("2")]]);
  expect(isSame((await merged([[base]])).toBytes(), base)).toBe(true);
});

test("parts of the wrong kind are refused", async () => {
  const full = encoded([]);
  const delta = encoded([], { kind: "delta" });
  expect(await rejection(merged([[delta]]))).toMatchObject({ code: "SNAPSHOT_WRONG_KIND", part: 0 });
  expect(await rejection(merged([[full], [full]]))).toMatchObject({ code: "SNAPSHOT_WRONG_KIND", part: 1 });
  expect(await rejection(merged([[full], [delta], [full]]))).toMatchObject({ code: "SNAPSHOT_WRONG_KIND", part: 2 });
  expect(() => mergeSnapshots([])).toThrow(RangeError);
});

test("damage in any part is an error with its part and place, and so is a key that comes twice and is changed", async () => {
  const full = encoded([[bytes("a"), bytes("1")]]);
  const delta = encoded([[bytes("a"), undefined]], { kind: "delta" });
  const twice = encoded([[bytes("a"), undefined], [bytes("a"), bytes("2")]], { kind: "delta" });
  expect(await rejection(merged([[full.subarray(0, -1)], [delta]]))).toMatchObject({ code: "SNAPSHOT_TRUNCATED", part: 0, offset: full.length - 1 });
  expect(await rejection(merged([[full], [delta.subarray(0, 50)]]))).toMatchObject({ code: "SNAPSHOT_TRUNCATED", part: 1, block: 0, offset: 50 });
  expect(await rejection(merged([[full], [delta], [twice]]))).toMatchObject({ code: "SNAPSHOT_CORRUPT", part: 2, block: 0 });
  const twiceFull = encoded([[bytes("a"), bytes("1")], [bytes("a"), bytes("2")]]);
  expect(await rejection(merged([[twiceFull], [delta]]))).toMatchObject({ code: "SNAPSHOT_CORRUPT", part: 0, block: 0 });
  expect((await merged([[full], [delta], [delta]])).size).toBe(0);
});

test("an error of a source passes through", async () => {
  async function* failing(): AsyncIterable<Uint8Array> {
    yield encoded([]).subarray(0, 10);
    throw new Error("the disk failed");
  }
  expect(await rejection(merged([failing()]))).toMatchObject({ message: "the disk failed" });
});

test("a merge draws its base as it gives out", async () => {
  const large = Array.from({ length: 100_000 }, (_, index) => [bytes(`key ${index}`), new Uint8Array(100)] as const);
  const delta = [...encodeSnapshot(large.slice(0, 1_000).map(([key]) => [key, bytes("changed")] as const), { kind: "delta" })];
  let drawn = 0;
  function* base(): Iterable<Uint8Array> {
    for (const chunk of encodeSnapshot(large)) {
      drawn += 1;
      yield chunk;
    }
  }
  let given = 0;
  for await (const chunk of mergeSnapshots([base(), delta])) {
    given += chunk.length > 0 ? 1 : 0;
    expect(drawn).toBeLessThanOrEqual(given + 2);
  }
  expect(given).toBeGreaterThan(40);
});
