import { expect, test } from "vitest";
import { StateDelta, StateSnapshot, createStateStore, decodeSnapshot, encodeSnapshot, isSnapshotError, mergeSnapshots } from "../src/index.ts";
import type { SnapshotEntry } from "../src/index.ts";
import { handMade } from "./hand-made.ts";
import type { HandMade, HandMadeBlock, HandMadeEntry } from "./hand-made.ts";
import { bytesInUse, megabytes } from "./measured-memory.ts";
import { randomBytes, withSeeds } from "./random.ts";
import { bytes, collected, encoded, isSame, joined, pieces, shown } from "./samples.ts";

type Random = (below: number) => number;

const FULL = 1;
const DELTA = 2;
const numbers = [0, 1, 7, 8, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff, 0x4000_0000, 0x4000_0001, 0xffff];
const large = [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n];

const one = <T>(random: Random, choices: readonly T[]): T => {
  const choice = choices[random(choices.length)];
  if (choice === undefined) throw new Error("there is nothing to choose from");
  return choice;
};

function randomEntry(random: Random, kind: number, number: number): HandMadeEntry {
  const key = random(6) === 0 ? bytes("the same key") : joined([bytes(`${number} `), randomBytes(random, one(random, [0, 4, 60]))]);
  return { key, value: kind === DELTA && random(3) === 0 ? undefined : randomBytes(random, one(random, [0, 8, 300])) };
}

function randomSnapshot(random: Random): HandMade {
  const kind = one(random, [FULL, DELTA]);
  const blocks = Array.from({ length: random(4) }, (_, block) => ({
    entries: Array.from({ length: 1 + random(5) }, (__, entry) => randomEntry(random, kind, 10 * block + entry)),
  }));
  return { kind, blocks };
}

const ofBlocks = (made: HandMade, change: (block: HandMadeBlock, index: number) => HandMadeBlock): HandMade => ({ ...made, blocks: made.blocks.map(change) });
const ofEntries = (made: HandMade, change: (entry: HandMadeEntry) => HandMadeEntry): HandMade =>
  ofBlocks(made, (block) => ({ ...block, entries: block.entries.map(change) }));

/** Each leaves every checksum right that it isn't about itself. */
const distortions: Readonly<Record<string, (made: HandMade, random: Random) => HandMade>> = {
  nothing: (made) => made,
  kind: (made, random) => ({ ...made, kind: one(random, [FULL, DELTA, 0, 3, 0xffff]) }),
  version: (made, random) => ({ ...made, version: one(random, [1, 2, 0xffff]) }),
  features: (made, random) => ({ ...made, features: one(random, [1, 0x8000_0000, 0xffff_ffff]) }),
  "header's checksum": (made, random) => ({ ...made, headerChecksum: one(random, numbers) }),
  magic: (made, random) => ({ ...made, magic: randomBytes(random, 8) }),
  "block's marker": (made, random) => ofBlocks(made, (block) => ({ ...block, marker: one(random, numbers) })),
  "block's length": (made, random) => ofBlocks(made, (block) => ({ ...block, bodyLength: one(random, numbers) })),
  "block's count": (made, random) => ofBlocks(made, (block) => ({ ...block, count: one(random, [...numbers, block.entries.length + 1]) })),
  "block's checksums": (made, random) => ofBlocks(made, (block) => (random(2) === 0 ? { ...block, bodyChecksum: 1 } : { ...block, headChecksum: 1 })),
  "blocks' order": (made, random) => ofBlocks(made, (block) => ({ ...block, index: random(3) })),
  "bytes after a block's entries": (made, random) => ofBlocks(made, (block) => ({ ...block, rest: randomBytes(random, 20) })),
  "key's length": (made, random) => ofEntries(made, (entry) => (random(2) === 0 ? entry : { ...entry, keyLength: one(random, [...numbers, entry.key.length + 1]) })),
  "value's length": (made, random) => ofEntries(made, (entry) => (random(2) === 0 ? entry : { ...entry, valueLength: one(random, numbers) })),
  "footer's totals": (made, random) => ({ ...made, footer: { [one(random, ["entries", "deletes", "blocks", "bytes"])]: one(random, large) } }),
  "footer's checksums": (made, random) => ({ ...made, footer: { [one(random, ["checksum", "blocksChecksum", "marker"])]: one(random, numbers) } }),
};

/** Each is done to the bytes, whatever stands in them. */
const damages: Readonly<Record<string, (whole: Uint8Array, random: Random) => Uint8Array>> = {
  none: (whole) => whole,
  cut: (whole, random) => whole.subarray(0, random(whole.length)),
  "flipped bit": (whole, random) => {
    const at = random(whole.length);
    return whole.map((byte, index) => (index === at ? byte ^ (1 << random(8)) : byte));
  },
  "bytes after the end": (whole, random) => joined([whole, randomBytes(random, 50)]),
  "a part twice": (whole, random) => {
    const at = random(whole.length);
    const end = at + random(whole.length - at + 1);
    return joined([whole.subarray(0, end), whole.subarray(at)]);
  },
  "a part as zeros": (whole, random) => {
    const at = random(whole.length);
    const end = at + random(whole.length - at + 1);
    return whole.map((byte, index) => (index >= at && index < end ? 0 : byte));
  },
};

/** The entries, or the code of the error; any other error is thrown. */
async function outcome(read: () => Promise<string[]> | string[]): Promise<string | string[]> {
  try {
    return await read();
  } catch (error) {
    if (!isSnapshotError(error)) throw error;
    expect(error.offset).toBeDefined();
    return error.code;
  }
}

/** Adds to `all` what comes out before the end or the error. */
async function decodedOf(whole: Uint8Array, random: Random, all: SnapshotEntry[] = []): Promise<SnapshotEntry[]> {
  for await (const entries of decodeSnapshot(pieces(whole, random, one(random, [3, 50, 10_000])))) all.push(...entries);
  return all;
}

async function restored(parts: readonly Iterable<Uint8Array>[]): Promise<string[]> {
  const store = createStateStore();
  await store.restoreFrom(parts);
  return shown(store.entries()).sort();
}

const empty = encoded([]);

/** What a full or a delta part is for the readers that need a whole state. */
async function asState(whole: Uint8Array, kind: number, random: Random): Promise<readonly (string | string[])[]> {
  const parts = () => [...(kind === FULL ? [] : [[empty]]), pieces(whole, random, one(random, [3, 50, 10_000]))];
  const merge = async () => shown(StateSnapshot.fromBytes(joined(await collected(mergeSnapshots(parts()))))).sort();
  return [await outcome(() => restored(parts())), await outcome(merge)];
}

test("whatever the bytes are, every reader gives what stands in them or a typed error with its place, and all readers agree", async () => {
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  await withSeeds(2_000, async (random) => {
    const what = one(random, Object.keys(distortions));
    const damage = random(3) === 0 ? one(random, Object.keys(damages)) : "none";
    const made = distortions[what]?.(randomSnapshot(random), random) ?? randomSnapshot(random);
    const whole = damages[damage]?.(handMade(made), random) ?? empty;
    const entries: SnapshotEntry[] = [];
    const streamed = await outcome(async () => shown(await decodedOf(whole, random, entries)));
    const isDistinct = new Set(entries.map(({ key }) => String(key))).size === entries.length;
    const kind = whole[10] === DELTA ? DELTA : FULL;
    const table = await outcome(() => shown(kind === FULL ? StateSnapshot.fromBytes(whole) : StateDelta.fromBytes(whole)));
    expect(table).toEqual(isDistinct ? streamed : "SNAPSHOT_CORRUPT");
    const [store, merged] = await asState(whole, kind, random);
    const state = typeof table === "string" ? table : shown(entries.filter(({ value }) => value !== undefined)).sort();
    expect(store).toEqual(state);
    // Keys that come twice in a base alone pass through a merge unseen.
    if (kind === DELTA || isDistinct) expect(merged).toEqual(state);
    count(typeof table === "string" ? table : "read");
    if (typeof table === "string") return;
    const options = { kind: kind === FULL ? "full" : "delta", timestampNs: 1n } as const;
    const again = joined(encodeSnapshot(entries, options));
    expect(isSame(joined(encodeSnapshot(await decodedOf(again, random), options)), again)).toBe(true);
  });
  console.log(`2000 inputs: ${[...counts].map(([what, times]) => `${times} ${what}`).join(", ")}`);
  expect(new Set(counts.keys())).toEqual(new Set(["read", "SNAPSHOT_CORRUPT", "SNAPSHOT_TRUNCATED", "SNAPSHOT_UNSUPPORTED_FORMAT"]));
});

test("no input makes a reader take more memory than four times its size and 64 MiB", async () => {
  let most = 0;
  await withSeeds(40, async (random) => {
    const entry = { key: bytes("key"), value: randomBytes(random, 1_000), keyLength: one(random, numbers), valueLength: one(random, numbers) };
    const blocks = [{ entries: [entry], bodyLength: one(random, [...numbers, 0x3fff_ffff]), count: one(random, [1, ...numbers]) }];
    const whole = handMade({ kind: one(random, [FULL, DELTA]), blocks, footer: { entries: one(random, large), bytes: one(random, large) } });
    const before = process.memoryUsage().arrayBuffers;
    await outcome(async () => shown(await decodedOf(whole, random)));
    await outcome(() => shown(StateSnapshot.fromBytes(whole)));
    await asState(whole, FULL, random);
    const taken = process.memoryUsage().arrayBuffers - before;
    most = Math.max(most, taken);
    expect(taken).toBeLessThan(4 * whole.length + 64 * 2 ** 20);
  });
  console.log(`at most ${megabytes(most)} taken for inputs of about a kilobyte`);
});

test("many small entries take no more memory than four times their bytes and 64 MiB", async () => {
  const count = 200_000;
  const whole = encoded(Array.from({ length: count }, (_, number) => [new Uint8Array(new Uint32Array([number]).buffer), new Uint8Array(0)] as const));
  const before = bytesInUse();
  const snapshot = StateSnapshot.fromBytes(whole);
  const store = createStateStore();
  await store.restoreFrom([[whole]]);
  const taken = (bytesInUse() - before) / 2;
  console.log(`${count} entries of 12 bytes, ${megabytes(whole.length)}: ${megabytes(taken)} for each reader`);
  expect(taken).toBeLessThan(4 * whole.length + 64 * 2 ** 20);
  expect([snapshot.size, store.size]).toEqual([count, count]);
});
