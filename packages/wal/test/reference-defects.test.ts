import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { crc32 } from "@laminar/disk/checksum";
import { isCorruption, openWal, openWalReader, verifyWal, type WalEntry, type WalEntryInput, type WalOptions, type WriteAheadLog } from "../src/index.ts";
import { diskWith } from "./disk-with.ts";
import { cut, extended, flipped, overEnd, segmentNames, withoutZeros } from "./image-damage.ts";
import { commit, lsnsOf, put, readAll } from "./logs.ts";
import { keyOf } from "./model/crash-lives.ts";
import { logFiles } from "./model/subject.ts";

/*
 * The reference's defects in its write-ahead log, by their numbers in the study of it. Each is done to this log as it was
 * done to that one, and comes out the other way.
 */

const DIRECTORY = "/log";
type Log = WriteAheadLog<WalEntry, WalEntryInput>;
type Files = ReadonlyMap<string, Uint8Array>;

const HEADER_BYTES = 128;
const MARKER_BYTES = 49;
/** Of one commit of one source. */
const BATCH_BYTES = 72;

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const open = (disk: SimulatedDisk, options: WalOptions = {}): Promise<Log> => openWal(DIRECTORY, { disk, ...options });
const filesOn = (disk: SimulatedDisk): Files => new Map([...disk.killed().files].filter(([path]) => !path.includes("LOCK")));
const lsnsOn = async (disk: SimulatedDisk): Promise<number[]> => lsnsOf(await readAll(await openWalReader(DIRECTORY, { disk }), { unproven: true }));
const newestOf = (files: Files): string => segmentNames(files).at(-1) as string;

/** Records of one commit each, synced one by one, and closed unless the program was killed. */
async function written(records: number, { killed = false, ...options }: WalOptions & { readonly killed?: boolean } = {}): Promise<SimulatedDisk> {
  const disk = createSimulatedDisk();
  const log = await open(disk, options);
  for (let i = 1; i <= records; i++) {
    log.append(commit(i));
    await log.sync();
  }
  if (!killed) await log.close();
  return disk;
}

/** Where the batch of a record begins in the first segment. All batches of `written` are of one size. */
const positionOf = (record: number): number => HEADER_BYTES + MARKER_BYTES + (record - 1) * BATCH_BYTES;

describe("the log", () => {
  it.each([1, 64, 4096])("has not defect 2: a tail of %i zeros is no record and keeps nobody from opening", async (zeros) => {
    const files = filesOn(await written(10));
    const disk = await diskWith(extended(files, newestOf(files), new Uint8Array(zeros)));
    const log = await open(disk);
    expect(log.append(commit(11))).toBe(11);
    await log.close();
    expect(await lsnsOn(disk)).toEqual(range(1, 11));
  });

  it("has not defect 3: garbage behind the end is refused, and what is appended later is never hidden behind it", async () => {
    const files = filesOn(await written(10));
    const garbage = new Uint8Array(64).fill(0xff);
    await expect(open(await diskWith(overEnd(files, newestOf(files), garbage)))).rejects.toMatchObject({ code: "WAL_SUSPECTED_DAMAGE" });
    // A header that ends beyond the file is what a torn write leaves.
    const killed = filesOn(await written(10, { killed: true }));
    const torn = await diskWith(cut(killed, newestOf(killed), positionOf(10) + 60));
    const log = await open(torn);
    expect(log.end.kind).toBe("torn");
    expect(log.append(commit(10))).toBe(10);
    await log.close();
    expect(await lsnsOn(torn)).toEqual(range(1, 10));
  });

  it("has not defect 4: damage in the middle is refused and nothing is cut", async () => {
    const files = filesOn(await written(1000));
    const damaged = flipped(files, newestOf(files), 8 * (positionOf(5) + 60));
    const disk = await diskWith(damaged);
    await expect(open(disk)).rejects.toMatchObject({ code: "WAL_CORRUPT", file: newestOf(files), offset: positionOf(5), lsn: 5 });
    expect(keyOf(logFiles(disk.killed().files))).toBe(keyOf(logFiles(damaged)));
    expect(await verifyWal(DIRECTORY, { disk })).toMatchObject({ verdict: "damaged", lastLsn: 4, damage: { lsn: 5 } });
  });

  it("has not defect 5: the checksum covers the length (a flipped bit of one is damage, not a torn write)", async () => {
    const files = filesOn(await written(1000));
    for (let bit = 0; bit < 32; bit++) {
      const damaged = flipped(files, newestOf(files), 8 * (positionOf(5) + 4) + bit);
      const disk = await diskWith(damaged);
      await expect(open(disk), `bit ${bit}`).rejects.toMatchObject({ code: "WAL_CORRUPT", offset: positionOf(5) });
      expect(keyOf(logFiles(disk.killed().files))).toBe(keyOf(logFiles(damaged)));
    }
  });

  it("has not defect 14: a position is a record's number, in range or refused, and the end of the log says what it hasn't reached", async () => {
    const disk = await written(100, { segmentSize: 1024 });
    const log = await open(disk, { segmentSize: 1024 });
    for (const after of [0, 17, 99, 100]) expect(lsnsOf(await readAll(log, { after }))).toEqual(range(after + 1, 100));
    await log.truncateBefore(50);
    await expect(readAll(log, { after: 1 })).rejects.toMatchObject({ code: "WAL_TRUNCATED" });
    await log.truncateAfter(90);
    await expect(readAll(log, { after: 95 })).rejects.toMatchObject({ code: "WAL_POSITION_FENCED" });
    // A state that is ahead of its log shows, and no later record ever gets a number below the state's.
    expect(log.lastLsn).toBe(90);
    expect(log.append(commit(1))).toBe(101);
    await log.close();
  });

  it("has not defect 18: a log has an identity, which tells it from one that took its place", async () => {
    const [one, other] = [await written(5, { segmentSize: 1024 }), await written(5, { segmentSize: 1024 })];
    const [first, second] = [await openWalReader(DIRECTORY, { disk: one }), await openWalReader(DIRECTORY, { disk: other })];
    expect(first.logId).toMatch(/^[0-9a-f]{32}$/);
    expect(second.logId).not.toBe(first.logId);
    const again = await open(one);
    expect(again.logId).toBe(first.logId);
    await again.close();
    const mixed = new Map(filesOn(await written(100, { segmentSize: 1024 })));
    const replaced = segmentNames(mixed)[1] as string;
    mixed.set(replaced, filesOn(await written(100, { segmentSize: 1024 })).get(replaced) as Uint8Array);
    await expect(open(await diskWith(mixed))).rejects.toMatchObject({ code: "WAL_CORRUPT", file: replaced });
  });

  it("has not defect 19: another version is unsupported, another kind of entries is refused, and neither is damage", async () => {
    const files = filesOn(await written(5));
    const newer = new Map(files);
    const header = (files.get(newestOf(files)) as Uint8Array).slice();
    header[8] = 9;
    new DataView(header.buffer).setUint32(124, crc32(header.subarray(0, 124)), true);
    newer.set(newestOf(files), header);
    const refusal = await open(await diskWith(newer)).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "WAL_UNSUPPORTED_FORMAT" });
    expect(isCorruption(refusal)).toBe(false);
    const codec = { encode: () => Uint8Array.of(0x91, 0xc4, 0), decode: () => 1 };
    await expect(openWal(DIRECTORY, { disk: await diskWith(files), codec })).rejects.toMatchObject({ code: "WAL_CODEC_MISMATCH" });
  });

  it("has not defect 21: reading from a position reads no record before its segment, and truncateBefore drops the prefix", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk, { segmentSize: 8192 });
    for (let i = 1; i <= 100; i++) {
      log.append(put(`${i}`, "x".repeat(700)));
      await log.sync();
    }
    const from = disk.operations.length;
    const other = disk.anotherProcess();
    const reader = await openWalReader(DIRECTORY, { disk: other });
    expect(lsnsOf(await readAll(log, { after: 95 }))).toEqual(range(96, 100));
    expect(lsnsOf(await readAll(reader, { after: 95 }))).toEqual(range(96, 99));
    const isRecords = ({ kind, length = 0, position = 0 }: (typeof disk.operations)[number]): boolean => kind === "read" && position + length > HEADER_BYTES;
    const read = new Set([...disk.operations.slice(from), ...other.operations].filter(isRecords).map(({ path }) => path));
    const segments = segmentNames(filesOn(disk));
    expect(segments.length).toBeGreaterThan(6);
    expect([...read].sort()).toEqual(segments.slice(-read.size));
    expect(read.size).toBeLessThanOrEqual(2);
    const before = log.sizeBytes;
    expect(await log.truncateBefore(90)).toBeGreaterThan(before / 2);
    expect(log.sizeBytes).toBeLessThan(before / 2);
    await log.close();
    expect(segmentNames(filesOn(disk)).length).toBeLessThan(5);
  });

  it("has not defect 22: an error says what it is (damage, a full disk, a missing log), and keeps its cause", async () => {
    const files = filesOn(await written(5));
    const damaged = await open(await diskWith(flipped(files, newestOf(files), 8 * (positionOf(2) + 50)))).catch((error: unknown) => error);
    expect([isCorruption(damaged), damaged]).toEqual([true, expect.objectContaining({ code: "WAL_CORRUPT" })]);
    const missing = await open(createSimulatedDisk(), { mustExist: true }).catch((error: unknown) => error);
    expect([isCorruption(missing), missing]).toEqual([false, expect.objectContaining({ code: "WAL_NOT_FOUND" })]);
    const disk = createSimulatedDisk();
    const log = await open(disk);
    disk.limitSpace(0);
    log.append(commit(1));
    const full = await log.sync().catch((error: unknown) => error);
    expect([isCorruption(full), full]).toEqual([false, expect.objectContaining({ code: "WAL_POISONED", cause: expect.objectContaining({ code: "DISK_FULL" }) })]);
    await log.close().catch(() => undefined);
  });

  it("has not defect 23: reading changes nothing, and a second writer is refused", async () => {
    const files = filesOn(await written(10, { killed: true }));
    const torn = await diskWith(cut(files, newestOf(files), positionOf(10) + 60));
    const before = torn.killed().hash;
    await readAll(await openWalReader(DIRECTORY, { disk: torn }), { unproven: true });
    await verifyWal(DIRECTORY, { disk: torn });
    await expect(openWalReader("/elsewhere", { disk: torn })).rejects.toMatchObject({ code: "WAL_NOT_FOUND" });
    expect(torn.killed().hash).toBe(before);
    const log = await open(torn);
    await expect(open(torn.anotherProcess())).rejects.toMatchObject({ code: "WAL_LOCKED" });
    expect(log.append(commit(1))).toBe(10);
    await log.close();
  });

  it("has not defect 24: an iterator over damage ends with its error, once", async () => {
    const files = filesOn(await written(100, { segmentSize: 1024 }));
    const name = segmentNames(files)[2] as string;
    const disk = await diskWith(flipped(files, name, 8 * (HEADER_BYTES + MARKER_BYTES + 60)));
    const entries = (await openWalReader(DIRECTORY, { disk })).entries()[Symbol.asyncIterator]();
    let records = 0;
    const failure = await (async () => {
      for (;;) {
        if ((await entries.next()).done === true) return undefined;
        records++;
      }
    })().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "WAL_CORRUPT", file: name, lsn: records + 1 });
    expect(records).toBeGreaterThan(10);
    for (let i = 0; i < 3; i++) expect(await entries.next()).toEqual({ done: true, value: undefined });
    expect(disk.openFiles).toBe(0);
  });

  it("has not defect 25: after an append that failed half way nothing acknowledged is hidden, and nobody is told that it is durable", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk);
    log.append(commit(1));
    await log.sync();
    const files = filesOn(disk);
    const newest = files.get(newestOf(files)) as Uint8Array;
    disk.limitSpace([...files.values()].reduce((sum, { length }) => sum + length, 0) + 40);
    log.append(put("k", "x".repeat(5000)));
    await expect(log.sync()).rejects.toMatchObject({ code: "WAL_POISONED" });
    expect(() => log.append(commit(2))).toThrow(expect.objectContaining({ code: "WAL_POISONED" }));
    await log.close().catch(() => undefined);
    disk.limitSpace(Number.POSITIVE_INFINITY);
    const again = await open(disk);
    expect(again.end).toMatchObject({ kind: "torn", bytes: newest.length - withoutZeros(newest).length + 40 });
    const lsn = again.append(commit(2));
    await again.close();
    expect(await lsnsOn(disk)).toEqual([1, lsn]);
  });

  it("has not defect 26: what no reader would take is refused before it is taken, and what was taken is read, whatever the options are then", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk, { maxEntrySize: 10_000 });
    expect(() => log.append(put("k", "x".repeat(10_000)))).toThrow(expect.objectContaining({ code: "WAL_ENTRY_TOO_LARGE" }));
    expect(log.append(put("k", "x".repeat(9_990)))).toBe(1);
    await log.close();
    const again = await open(disk, { maxEntrySize: 100 });
    expect((await readAll(again)).map(({ entry }) => entry.type === "put" && entry.value.length)).toEqual([9_990]);
    await again.close();
    await expect(open(createSimulatedDisk(), { maxEntrySize: 2 ** 30 })).rejects.toThrow(RangeError);
  });

  it("has not defect 27: what was appended is durable after the interval without anybody asking", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk, { syncInterval: 50 });
    log.append(commit(1));
    const turns = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    };
    disk.advance(49);
    await turns();
    expect(log.durableLsn).toBe(0);
    disk.advance(1);
    await turns();
    expect(log.durableLsn).toBe(1);
    for (const image of disk.powerCuts()) expect(await lsnsOn(image.mount())).toEqual([1]);
    await log.close();
  });

  it("has not defect 28: what is durable has a number of its own, which never runs ahead of the disk", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk, { syncInterval: Number.POSITIVE_INFINITY });
    const promised: number[] = [];
    disk.beforeEach(() => promised.push(log.durableLsn));
    for (let i = 1; i <= 3; i++) {
      const lsn = log.append(commit(i));
      expect([lsn, log.durableLsn]).toEqual([i, i - 1]);
      const durable = log.durableLsn;
      for (const image of disk.powerCuts()) expect((await lsnsOn(image.mount())).length).toBeGreaterThanOrEqual(durable);
      expect(await log.sync()).toBe(i);
      expect(log.durableLsn).toBe(i);
    }
    expect(promised).toEqual([...promised].sort((a, b) => a - b));
    await log.close();
  });

  it("has not defect 29: truncateBefore removes the old and keeps the new, and no number ever changes its record", async () => {
    const disk = await written(100, { segmentSize: 1024 });
    const log = await open(disk, { segmentSize: 1024 });
    await log.truncateBefore(80);
    const left = await readAll(log);
    expect(lsnsOf(left).at(-1)).toBe(100);
    expect(lsnsOf(left)).toEqual(range(log.firstLsn, 100));
    expect(log.firstLsn).toBeLessThanOrEqual(80);
    for (const { lsn, entry } of left) expect(entry).toEqual({ type: "commit", offsets: new Map([["source", BigInt(lsn)]]) });
    const size = log.sizeBytes;
    await expect(log.truncateBefore(102)).rejects.toThrow(RangeError);
    expect([log.sizeBytes, log.lastLsn]).toEqual([size, 100]);
    await log.truncateAfter(79);
    expect(log.append(commit(1))).toBe(101);
    await log.close();
  });

  it("has not defect 30: creation and truncation are durable when they settle, and a sync that failed isn't tried again", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk, { segmentSize: 1024 });
    for (const image of disk.powerCuts()) await (await openWalReader(DIRECTORY, { disk: image.mount() })).close();
    for (let i = 1; i <= 60; i++) {
      log.append(commit(i));
      await log.sync();
    }
    await log.truncateAfter(50);
    for (const image of disk.powerCuts()) expect((await lsnsOn(image.mount())).at(-1)).toBe(50);
    await log.truncateBefore(40);
    for (const image of disk.powerCuts()) {
      const reader = await openWalReader(DIRECTORY, { disk: image.mount() });
      await expect(readAll(reader, { after: 0 })).rejects.toMatchObject({ code: "WAL_TRUNCATED" });
    }
    log.append(commit(61));
    let failed: string | undefined;
    disk.plan(({ kind, path }) => {
      if (kind !== "sync" || failed !== undefined) return undefined;
      failed = path;
      return { kind: "error", errno: "EIO" };
    });
    await expect(log.sync()).rejects.toMatchObject({ code: "WAL_POISONED" });
    await expect(log.sync()).rejects.toMatchObject({ code: "WAL_POISONED" });
    await log.close().catch(() => undefined);
    expect(disk.operations.slice(-12).filter(({ kind, path }) => kind === "sync" && path === failed)).toHaveLength(1);
  });

  it("has not defect 31: opening judges the tail, and writes nothing behind a remnant", async () => {
    const files = filesOn(await written(10, { killed: true }));
    const name = newestOf(files);
    const torn = cut(files, name, positionOf(10) + 3);
    const disk = await diskWith(torn);
    const opened = disk.operations.length;
    const log = await open(disk);
    expect(log.end).toMatchObject({ kind: "torn", bytes: 3 });
    log.appendAll([put("k2", "v"), commit(10)]);
    await log.close();
    expect(await lsnsOn(disk)).toEqual(range(1, 11));
    expect(disk.operations.slice(opened).filter(({ kind, path }) => kind === "write" && path.startsWith(name))).toEqual([]);
  });
});
