import { createSimulatedDisk, type DiskImage, type Operation, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { openWal, type WalEntry, type WalEntryInput, type WriteAheadLog } from "../src/index.ts";
import { readLogImage } from "../src/testing/index.ts";
import { fileBytes, zerosEnd } from "../src/zeroed-space.ts";
import { Oracle } from "./crash-oracle.ts";
import { lsnsOf, readAll, seeded } from "./logs.ts";
import { knownOf } from "./model/crash-lives.ts";

/*
 * Before a sync the writer puts zeros behind its batches, and later ones overwrite them. The model writes the same ones in
 * step (model.test.ts); here they are of the sizes that they have in use, and the power fails at every point.
 */

const DIRECTORY = "/log";
const SEGMENT = `${DIRECTORY}/0000000000000001.wal`;
const PAGE = 4096;
type Log = WriteAheadLog<WalEntry, WalEntryInput>;

/** Syncs take time on it: where they take none, nothing is spared by zeros, and none are written. */
function slowDisk(): SimulatedDisk {
  const disk = createSimulatedDisk();
  disk.beforeEach(({ kind }) => {
    if (kind === "sync") disk.advance(1);
  });
  return disk;
}

/** Batches are full soon, so that some are written beside a sync. */
const open = (disk: SimulatedDisk, segmentSize = 64 * 1024): Promise<Log> =>
  openWal(DIRECTORY, { disk, segmentSize, maxBatchSize: 200, syncInterval: Number.POSITIVE_INFINITY });

/** A record with a value of so many bytes, told from all others by its id. */
function submit(log: Log, oracle: Oracle, id: number, bytes: number): void {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, id);
  oracle.submit({ lsn: log.append({ type: "put", key, value: new Uint8Array(bytes).fill(id % 3) }), id });
}

const record = (bytes: number): WalEntryInput => ({ type: "put", key: new Uint8Array(1), value: new Uint8Array(bytes).fill(1) });

const isSegmentWrite = ({ kind, path }: Operation): boolean => kind === "write" && path.startsWith(SEGMENT);
const newestOf = ({ files }: DiskImage): Uint8Array => files.get(SEGMENT) ?? new Uint8Array(0);

class Counts {
  images = 0;
  /** Images with a page of zeros at the end of the file. */
  withZeros = 0;
  /** Images in which only a part of a batch stands over the zeros. */
  torn = 0;
  reopened = 0;
}

/** What is left keeps every promise, to whoever reads it and to the next writer. */
async function judge(image: DiskImage, oracle: Oracle, counts: Counts, what: string): Promise<void> {
  const { batches, tail } = readLogImage({ directory: DIRECTORY, files: image.files });
  expect(oracle.judge(knownOf(batches)), what).toBeUndefined();
  const { offset = 0, bytes = 0, kind } = tail?.end ?? {};
  const size = newestOf(image).length;
  counts.images++;
  if (size - offset >= PAGE) counts.withZeros++;
  if (kind === "torn" && offset + bytes < size) counts.torn++;
  if (counts.images % 50 !== 0) return;
  const disk = image.mount();
  const log = await open(disk);
  const lsn = log.append({ type: "checkpoint", id: 1_000_000 });
  await log.sync();
  await log.close();
  expect(knownOf(readLogImage({ directory: DIRECTORY, files: disk.killed().files }).batches).at(-1), what).toEqual({ lsn, id: 1_000_000 });
  counts.reopened++;
}

const SEEDS = 8;

describe("zeros that are written ahead", () => {
  it("take nothing of what was acknowledged and keep no log from opening, wherever the power fails", async () => {
    const counts = new Counts();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seeded(seed);
      const disk = slowDisk();
      const oracle = new Oracle();
      const images: { readonly image: DiskImage; readonly oracle: Oracle; readonly what: string }[] = [];
      const log = await open(disk);
      let isOpen = true;
      disk.beforeEach(({ index, kind, path }) => {
        oracle.acknowledge(log.durableLsn);
        if (!path.startsWith(SEGMENT)) return;
        const now = oracle.copy();
        const what = `seed ${seed}, before operation ${index}, ${kind}`;
        for (const image of [disk.killed(), ...disk.powerCuts({ limit: 24, seed: index })]) images.push({ image, oracle: now, what });
        // Now and then somebody comes while the sync is under way; what fills a batch is written beside it.
        if (isOpen && kind === "sync" && random() < 0.3) submit(log, oracle, 100 + index, Math.floor(random() * 400));
      });
      for (let id = 1; id <= 24; id++) {
        submit(log, oracle, id, Math.floor(random() ** 4 * 3000));
        await log.sync();
        oracle.acknowledge(log.durableLsn);
      }
      isOpen = false;
      await log.close();
      for (const { image, oracle: promised, what } of images) await judge(image, promised, counts, what);
    }
    console.log(`${SEEDS} seeds: ${Object.entries(counts).map(([what, count]) => `${what} ${count}`).join(", ")}`);
    expect(counts.withZeros).toBeGreaterThan(counts.images / 20);
    expect(Math.min(counts.torn, counts.reopened)).toBeGreaterThan(20);
  }, 600_000);

  it("are overwritten by the batches that follow, so that most syncs find the file as long as it was", async () => {
    const disk = slowDisk();
    const log = await open(disk, 64 * 1024 * 1024);
    let grown = 0;
    for (let id = 1; id <= 1000; id++) {
      const before = disk.statSync(SEGMENT)?.size;
      log.append(record(115));
      await log.sync();
      if (disk.statSync(SEGMENT)?.size !== before) grown++;
    }
    console.log(`1000 commits, ${grown} of which made the file longer`);
    expect(grown).toBeLessThan(10);
    const { offset = 0 } = readLogImage({ directory: DIRECTORY, files: disk.killed().files }).tail?.end ?? {};
    expect(newestOf(disk.killed()).length).toBeLessThan(2 * offset + PAGE);
    expect(lsnsOf(await readAll(log))).toHaveLength(1000);
    await log.close();
  });

  it("aren't written behind a bulk load", async () => {
    const disk = slowDisk();
    const log = await openWal(DIRECTORY, { disk, segmentSize: 512 * 1024, syncInterval: Number.POSITIVE_INFINITY });
    for (let i = 0; i < 20_000; i++) log.append(record(115));
    await log.sync();
    await log.close();
    const files = [...disk.killed().files].filter(([path]) => path.endsWith(".wal"));
    expect(files.length).toBeGreaterThan(3);
    // Every batch, and so every file, ends in a byte that isn't zero.
    for (const [path, bytes] of files) expect(bytes.at(-1), path).toBe(0xa5);
  });

  it.each(["ENOSPC", "EDQUOT"])("are done without when the disk has no space for them (%s), until the next segment", async (errno) => {
    const disk = slowDisk();
    const log = await open(disk, 3000);
    let refused = 0;
    disk.plan((operation) => {
      if (!isSegmentWrite(operation) || (operation.length ?? 0) < 1000) return undefined;
      refused++;
      return { kind: "error", errno };
    });
    for (let i = 1; i <= 10; i++) {
      log.append(record(60));
      expect(await log.sync()).toBe(i);
    }
    expect(refused).toBe(1);
    expect(newestOf(disk.killed()).at(-1)).toBe(0xa5);
    disk.plan(undefined);
    while (disk.killed().files.get(SEGMENT.replace("1.wal", "2.wal")) === undefined) {
      log.append(record(60));
      await log.sync();
    }
    expect(disk.killed().files.get(SEGMENT.replace("1.wal", "2.wal"))?.length).toBe(3000);
    await log.close();
  });

  it("leave the batch in front of them whole on a disk that has space for nothing else", async () => {
    for (const free of [0, 1, 500, 3000]) {
      const disk = slowDisk();
      const log = await open(disk);
      const batch = 48 + 1 + 65;
      disk.limitSpace([...disk.killed().files.values()].reduce((sum, { length }) => sum + length, 0) + batch + free);
      log.append(record(59));
      expect(await log.sync()).toBe(1);
      expect(newestOf(disk.killed())).toHaveLength(177 + batch + free);
      // What the disk took of them is used.
      for (let used = batch; used <= free; used += batch) {
        log.append(record(59));
        await log.sync();
      }
      log.append(record(59));
      await expect(log.sync()).rejects.toMatchObject({ code: "WAL_POISONED" });
      await log.close().catch(() => undefined);
      expect(readLogImage({ directory: DIRECTORY, files: disk.killed().files }).tail).toMatchObject({ lastLsn: 1 + Math.floor(free / batch) });
    }
  });

  it("end the log like any other write when the disk fails on them", async () => {
    const disk = slowDisk();
    const log = await open(disk);
    disk.plan((operation) => (isSegmentWrite(operation) && (operation.length ?? 0) > 2000 ? { kind: "error", errno: "EIO" } : undefined));
    log.append({ type: "checkpoint", id: 1 });
    await expect(log.sync()).rejects.toMatchObject({ code: "WAL_POISONED" });
    await expect(log.close()).rejects.toMatchObject({ code: "WAL_POISONED" });
  });

  it("are about as many as the bytes in front of them, in whole pages, a mebibyte at most, within the segment", () => {
    expect([300, 2048, 2049, 10_000, 5_000_000].map((size) => zerosEnd(size, 64 * 1024 * 1024))).toEqual([4096, 4096, 8192, 20_480, 6_045_696]);
    expect([300, 1023, 1024, 2000].map((size) => zerosEnd(size, 1024))).toEqual([1024, 1024, 1024, 2000]);
    const sizes = Array.from({ length: 3000 }, (_, i) => 128 + 997 * i);
    expect(Math.max(...sizes.map((size) => zerosEnd(size, Number.MAX_SAFE_INTEGER) - size))).toBeLessThanOrEqual(1024 * 1024);
    expect([fileBytes({ size: 10, zeroedTo: 5 }), fileBytes({ size: 10, zeroedTo: 50 })]).toEqual([10, 50]);
  });
});
