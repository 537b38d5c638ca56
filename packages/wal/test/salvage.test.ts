import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bytesCodec, type Disk, nodeDisk, openWal, openWalReader, type WalBatch, type WalEntryInput } from "../src/index.ts";
import { salvageLog } from "../src/salvage.ts";
import { changeBytes } from "./damages.ts";
import { withoutZeros } from "./image-damage.ts";
import { commit, freshDirectory, lsnsOf, put, readAll, seeded } from "./logs.ts";
import { copyOf, segment, writeSampleLog } from "./run-command.ts";

async function salvaged(directory: string, after = 0, disk: Disk = nodeDisk): Promise<{ lsn: number; entry: unknown }[]> {
  const found = [];
  for await (const { firstLsn, entries } of salvageLog(disk, directory, after)) {
    for (const [i, entry] of entries.entries()) found.push({ lsn: firstLsn + i, entry });
  }
  return found;
}

async function batchesOf(directory: string): Promise<readonly WalBatch<unknown>[]> {
  const batches = [];
  for await (const batch of (await openWalReader(directory)).read()) batches.push(batch);
  return batches;
}

const MAGIC = Buffer.from([0xd1, 0xa5, 0xc3, 0xb7]);

function offsetsOf(bytes: Buffer, magic: Buffer): number[] {
  const offsets = [];
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) offsets.push(at);
  return offsets;
}

/** One segment with 24 batches of one to four records, large and small. */
async function writeOneSegment(seed: number): Promise<string> {
  const random = seeded(seed);
  const directory = await freshDirectory();
  const log = await openWal(directory, { syncInterval: Number.POSITIVE_INFINITY });
  for (let batch = 0; batch < 24; batch++) {
    log.appendAll(Array.from({ length: 1 + Math.floor(random() * 4) }, (_, i): WalEntryInput => put(`${batch} ${i}`, "v".repeat(random() * 400))));
    await log.sync();
  }
  await log.close();
  return directory;
}

it("gives every batch but the one that is damaged, whichever and wherever in it", async () => {
  const seed = 11;
  const directory = await writeOneSegment(seed);
  const batches = await batchesOf(directory);
  const whole = await readAll(await openWalReader(directory));
  const path = join(directory, segment(1));
  const bytes = await readFile(path);
  const starts = offsetsOf(bytes, MAGIC).slice(1, -1);
  expect(starts.length).toBe(batches.length);
  let damages = 0;
  for (const [i, batch] of batches.entries()) {
    const [start, end] = [starts[i] as number, starts[i + 1] ?? withoutZeros(bytes).length - 49];
    for (const at of [start, start + 5, start + 30, start + 43, start + 48, end - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ 0x10;
      await writeFile(path, damaged);
      const isOther = ({ lsn }: { lsn: number }): boolean => lsn < batch.firstLsn || lsn >= batch.firstLsn + batch.entries.length;
      expect(await salvaged(directory), `seed ${seed}, byte ${at}`).toEqual(whole.filter(isOther));
      damages++;
    }
  }
  console.log(`seed ${seed}: ${damages} damages to ${batches.length} batches, all others came back each time`);
});

it("gives everything behind a header of which any bit is flipped, and of which nothing is left", async () => {
  const directory = await writeOneSegment(12);
  const whole = await readAll(await openWalReader(directory));
  const path = join(directory, segment(1));
  const bytes = await readFile(path);
  for (let bit = 0; bit < 128 * 8; bit += 5) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    await writeFile(path, damaged);
    expect(await salvaged(directory), `bit ${bit}`).toEqual(whole);
  }
  for (const fill of [0, 0xff]) {
    await writeFile(path, Buffer.from(bytes).fill(fill, 0, 128));
    expect(await salvaged(directory)).toEqual(whole);
  }
});

it("finds nothing in bytes that were never a batch there: moved, copied, of another log, or inside a value", async () => {
  const directory = await writeOneSegment(13);
  const bytes = await readFile(join(directory, segment(1)));
  const nested = await freshDirectory();
  const log = await openWal(nested);
  log.append({ type: "put", key: new Uint8Array(1), value: new Uint8Array(bytes) });
  log.append(put("behind", ""));
  await log.close();
  await changeBytes(join(nested, segment(1)), (damaged) => (damaged[250] = (damaged[250] as number) ^ 1));
  expect(await salvaged(nested)).toEqual([]);

  // Every batch moved by one byte, behind a header that is still right.
  await writeFile(join(directory, segment(1)), Buffer.concat([bytes.subarray(0, 128), Buffer.from([1]), bytes.subarray(128)]));
  expect(await salvaged(directory)).toEqual([]);
});

it("keeps fenced, dropped and foreign records out, and what readers were given before", async () => {
  const directory = await writeSampleLog();
  const held = lsnsOf(await readAll(await openWalReader(directory)));
  expect(lsnsOf(await salvaged(directory))).toEqual(held);
  expect(lsnsOf(await salvaged(directory, 10))).toEqual(held.filter((lsn) => lsn > 10));
  expect(lsnsOf(await salvaged(directory, 31))).toEqual([]);

  const foreign = await copyOf(directory);
  await cp(join(await writeSampleLog(), segment(3)), join(foreign, segment(3)));
  expect(lsnsOf(await salvaged(foreign))).toEqual(held.filter((lsn) => lsn < 9 || lsn > 12));

  const dropped = await copyOf(directory);
  const oldest = await readFile(join(dropped, segment(1)));
  const log = await openWal(dropped);
  await log.truncateBefore(10);
  await log.close();
  await writeFile(join(dropped, segment(1)), oldest);
  const kept = lsnsOf(await readAll(await openWalReader(dropped)));
  expect(lsnsOf(await salvaged(dropped))).toEqual(kept);
  expect(kept[0]).toBe(9);
});

it("shows again what only an unreadable header took out of use", async () => {
  const directory = await writeSampleLog();
  await changeBytes(join(directory, segment(8)), (bytes) => bytes.fill(0, 0, 128));
  expect(lsnsOf(await salvaged(directory))).toEqual(Array.from({ length: 31 }, (_, i) => i + 1));
});

it("gives no record twice where segments were gathered into a later one", async () => {
  const directory = await freshDirectory();
  const small = async (key: string): Promise<void> => {
    const log = await openWal(directory);
    log.appendAll([put(key, ""), commit(1)]);
    await log.close();
  };
  await small("a");
  await small("b");
  const before = await copyOf(directory);
  await small("c");
  await cp(before, directory, { recursive: true });
  await changeBytes(join(directory, segment(3)), (bytes) => (bytes[60] = (bytes[60] as number) ^ 1));
  const lsns = lsnsOf(await salvaged(directory));
  expect(lsns).toEqual([...new Set(lsns)].sort((a, b) => a - b));
  expect(lsns).toEqual([1, 2, 3, 4, 5, 6]);
});

describe("large and foreign content", () => {
  it("finds batches on and across the edges of what is read at once", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { syncInterval: Number.POSITIVE_INFINITY });
    const sizes = [1_048_400, 1_048_500, 3_000_000, 10, 1_048_576 - 60, 700_000];
    for (const size of sizes) {
      // Full of the first byte of a batch's magic.
      log.append({ type: "put", key: new Uint8Array(2), value: new Uint8Array(size).fill(0xd1) });
      await log.sync();
    }
    await log.close();
    await changeBytes(join(directory, segment(1)), (bytes) => (bytes[1000] = 0));
    expect(lsnsOf(await salvaged(directory))).toEqual([2, 3, 4, 5, 6]);
    await changeBytes(join(directory, segment(1)), (bytes) => bytes.fill(0, 0, 600_000));
    expect(lsnsOf(await salvaged(directory))).toEqual([2, 3, 4, 5, 6]);
  });

  it("takes entries of a codec as bytes, known to be such or not", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { codec: bytesCodec });
    log.append(Uint8Array.of(1, 2, 3));
    log.append(new Uint8Array(300).fill(7));
    await log.close();
    const entries = [{ lsn: 1, entry: Uint8Array.of(1, 2, 3) }, { lsn: 2, entry: new Uint8Array(300).fill(7) }];
    expect(await salvaged(directory)).toEqual(entries);
    await changeBytes(join(directory, segment(1)), (bytes) => bytes.fill(0, 0, 128));
    expect(await salvaged(directory)).toEqual(entries);
  });
});
