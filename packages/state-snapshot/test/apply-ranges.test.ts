import { crc32 } from "@laminar/disk/checksum";
import { expect, test } from "vitest";
import { createStateStore } from "../src/index.ts";
import type { SnapshotEntry, StateStore } from "../src/index.ts";
import { inOneArray } from "./change-samples.ts";
import type { Change } from "./change-samples.ts";
import { randomBytes, withSeeds } from "./random.ts";

type Random = (below: number) => number;

const counted = { batches: 0, puts: 0, deletes: 0, captures: 0 };

/** Values of every length near those at which the way of copying changes. */
function changeOf(random: Random, keys: number): Change {
  const key = new Uint8Array(random(24)).fill(random(keys));
  const kind = random(10);
  if (kind < 3) return { key, value: undefined };
  return { key, value: kind === 3 ? new Uint8Array(random(30_000)).fill(random(256)) : randomBytes(random, 400) };
}

function applyOneByOne(store: StateStore, changes: readonly Change[]): void {
  for (const { key, value } of changes) {
    if (value === undefined) store.delete(key);
    else store.put(key, value);
    counted[value === undefined ? "deletes" : "puts"] += 1;
  }
}

const shown = (entries: Iterable<SnapshotEntry>): string =>
  Array.from(entries, ({ key, value }) => `${Buffer.from(key).toString("hex")}: ${value === undefined ? "deleted" : `${value.length} ${crc32(value)}`}`).join("\n");

/** What both stores hold and tell as changed, in the same order: the same happened to both. */
function requireSame(batched: StateStore, plain: StateStore, random: Random): void {
  const kind = random(2) === 0 ? "snapshot" : "delta";
  const [one, other] = [batched[kind](), plain[kind]()];
  expect([one.size, one.keyCount]).toEqual([other.size, other.keyCount]);
  expect(shown(one.entries())).toEqual(shown(other.entries()));
  const end = random(2) === 0 ? "done" : "fail";
  for (const capture of [one, other]) capture[end]();
  counted.captures += 1;
}

test("changes in batches leave the same store as puts and deletes one by one", async () => {
  await withSeeds(10, (random) => {
    const [batched, plain] = [createStateStore(), createStateStore()];
    for (let batch = 0; batch < 40; batch += 1) {
      const changes = Array.from({ length: random(random(8) === 0 ? 1_200 : 30) }, () => changeOf(random, 1 + random(200)));
      const { bytes, ranges } = inOneArray(changes, random);
      batched.applyRanges(bytes, ranges, changes.length);
      applyOneByOne(plain, changes);
      counted.batches += 1;
      if (random(4) === 0) requireSame(batched, plain, random);
    }
    requireSame(batched, plain, random);
  });
  console.log(Object.entries(counted).map(([what, count]) => `${count} ${what}`).join(", "));
});

test("changes in batches made while a capture is open don't change what it says", () => {
  const store = createStateStore();
  const texts = ["a", "b", "c"].map((text) => new TextEncoder().encode(text));
  for (const key of texts) store.put(key, key);
  const capture = store.snapshot();
  const before = shown(capture.entries());
  store.applyRanges(new TextEncoder().encode("abcd"), Int32Array.of(0, 1, 3, 4, 1, 2, -1, 0, 3, 4, 0, 4), 3);
  expect(shown(capture.entries())).toEqual(before);
  capture.fail();
  const changes = Array.from(store.delta().entries(), ({ key, value }) => [key, value].map((part) => part && new TextDecoder().decode(part)).join(" "));
  expect(changes).toEqual(["a d", "b ", "c c", "d abcd"]);
});
