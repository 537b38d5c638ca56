import { rm } from "node:fs/promises";
import { createSimulatedDisk, type Operation, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { openWal, openWalReader, type WalBatch, type WalEntry } from "../src/index.ts";
import { LOG_ID, writeSegments } from "./crafted-log.ts";
import { freshDirectory, lsnsOf, put, readAll } from "./logs.ts";

const MIB = 1024 * 1024;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const isContent = ({ kind, path, length }: Operation): boolean => kind === "read" && path.endsWith(".wal") && (length ?? 0) > 4096;
const bytesOf = ({ entries }: WalBatch<WalEntry>): number => entries.reduce((sum, entry) => sum + (entry.type === "put" ? entry.value.length : 0), 0);

/** A log of `count` batches of `bytes` each, and another process that may read it. */
async function logOf(count: number, bytes: number, segmentSize = 64 * MIB): Promise<SimulatedDisk> {
  const disk = createSimulatedDisk();
  const log = await openWal("/log", { disk, segmentSize, syncInterval: Number.POSITIVE_INFINITY });
  for (let i = 0; i < count; i++) {
    log.append({ type: "put", key: new Uint8Array(2), value: new Uint8Array(bytes).fill(i) });
    await log.sync();
  }
  await log.close();
  return disk.anotherProcess();
}

describe("reading ahead", () => {
  it("reads the next chunk while the consumer works on one, and no further", async () => {
    const disk = await logOf(40, 200_000);
    const reader = await openWalReader("/log", { disk });
    const before = disk.operations.length;
    const read = (): number => disk.operations.slice(before).filter(isContent).reduce((sum, { length = 0 }) => sum + length, 0);
    let given = 0;
    let most = 0;
    for await (const batch of reader.read()) {
      given += bytesOf(batch);
      for (let i = 0; i < 20; i++) await turn();
      most = Math.max(most, read() - given);
      // Two chunks of which nothing was given yet but the first batch.
      if (batch.firstLsn === 1) expect(disk.operations.slice(before).filter(isContent)).toHaveLength(2);
    }
    console.log(`${given} bytes given, ${read()} read, never more than ${most} ahead of the consumer`);
    expect(given).toBe(40 * 200_000);
    // A batch that a chunk cuts is read again.
    expect(most).toBeLessThan(2 * MIB + 7 * 200_000);
  });

  it.each([30_000, 400_000, 900_000, 1_048_576, 3_000_000])("reads a log of batches of %i bytes once, but for what a chunk cuts", async (bytes) => {
    const count = Math.ceil((12 * MIB) / bytes);
    const disk = await logOf(count, bytes, 6 * MIB);
    const reader = await openWalReader("/log", { disk });
    const before = disk.operations.length;
    expect(lsnsOf(await readAll(reader))).toHaveLength(count);
    const read = disk.operations.slice(before).filter(isContent);
    const sum = read.reduce((total, { length = 0 }) => total + length, 0);
    const opened = disk.operations.slice(before).filter(({ kind }) => kind === "open").length;
    console.log(`${count} batches of ${bytes}: ${sum} bytes read in ${read.length} reads of ${opened} opened files, ${(sum / (count * bytes)).toFixed(2)} of the log`);
    expect(sum).toBeLessThan(2 * count * bytes);
    expect(disk.openFiles).toBe(0);
  });

  it.each(["break", "throw"])("leaves no file open and no rejection unhandled after a %s, even when what is read ahead fails", async (how) => {
    const disk = await logOf(40, 200_000);
    const reader = await openWalReader("/log", { disk });
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    let failed = 0;
    let reads = 0;
    disk.plan((operation) => (isContent(operation) && ++reads === 2 ? (failed++, { kind: "error", errno: "EIO" }) : undefined));
    const read = async (): Promise<void> => {
      for await (const { firstLsn } of reader.read()) {
        expect(firstLsn).toBe(1);
        if (how === "break") break;
        throw new Error("enough");
      }
    };
    if (how === "break") await read();
    else await expect(read()).rejects.toThrow("enough");
    expect([disk.openFiles, failed]).toEqual([0, 1]);
    for (let i = 0; i < 5; i++) await turn();
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });

  it("tells a failure of what was read ahead when it comes to it, with the file and the place", async () => {
    const disk = await logOf(40, 200_000);
    const reader = await openWalReader("/log", { disk });
    let failed: Operation | undefined;
    let reads = 0;
    disk.plan((operation) => {
      if (!isContent(operation) || ++reads !== 3) return undefined;
      failed = operation;
      return { kind: "error", errno: "EIO" };
    });
    const given: number[] = [];
    const read = async (): Promise<void> => {
      for await (const { firstLsn } of reader.read()) given.push(firstLsn);
    };
    const error: unknown = await read().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "WAL_IO", file: failed?.path, offset: failed?.position, cause: { code: "DISK_IO" } });
    expect(given).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await expect(read()).resolves.toBeUndefined();
    expect(given).toHaveLength(50);
    expect(disk.openFiles).toBe(0);
  });
});

describe("a reader's second look", () => {
  it("reads nothing of the segments before the one that holds the position", async () => {
    const disk = await logOf(40, 200_000, MIB);
    const reader = await openWalReader("/log", { disk });
    const before = disk.operations.length;
    expect(lsnsOf(await readAll(reader, { after: 30 }))).toEqual([31, 32, 33, 34, 35, 36, 37, 38, 39, 40]);
    const paths = new Set(disk.operations.slice(before).filter(isContent).map(({ path }) => path.slice(-8, -4)));
    expect([...paths].sort()).toEqual(["0006", "0007"]);
  });

  it("asks for the directory and the newest segment's header alone, whatever it has seen before", async () => {
    const disk = await logOf(40, 200_000, MIB);
    const reader = await openWalReader("/log", { disk });
    await readAll(reader, { after: 39 });
    const before = disk.operations.length;
    await readAll(reader, { after: 40 });
    const kinds = disk.operations.slice(before).map(({ kind, path, length }) => `${kind} ${path.slice(-8)}${length === undefined ? "" : ` ${length}`}`);
    expect(kinds).toEqual(["list /log", "list /log", "stat 0007.wal", "read 0007.wal 128"]);
  });

  it("opens a small file once, for its header and all that it holds", async () => {
    const disk = createSimulatedDisk();
    const log = await openWal("/log", { disk, segmentSize: 1024, syncInterval: Number.POSITIVE_INFINITY });
    for (let i = 0; i < 300; i++) {
      log.append(put("a", "x".repeat(1000)));
      await log.sync();
    }
    await log.close();
    const reading = disk.anotherProcess();
    const reader = await openWalReader("/log", { disk: reading });
    expect(lsnsOf(await readAll(reader))).toHaveLength(300);
    const opened = reading.operations.filter(({ kind }) => kind === "open").length;
    console.log(`${opened} files opened to look at 300 segments and to read them`);
    expect(opened).toBeLessThan(303);
  });
});

describe("a reader whose directory was removed and made anew", () => {
  const keyed = (text: string): Uint8Array => Uint8Array.of(0x91, 0xc4, text.length, ...new TextEncoder().encode(text));
  const segment = (number: number, firstLsn: number, text: string, salt = number): Parameters<typeof writeSegments>[1][number] => ({
    number,
    salt,
    continuesAfter: firstLsn - 1,
    baseLsn: firstLsn,
    batches: [
      { firstLsn, count: 1, entries: keyed(text) },
      { firstLsn: firstLsn + 1, count: 0, entries: new Uint8Array(0), flags: 2 },
    ],
  });
  const textOf = ({ entry }: { entry: WalEntry }): string => (entry.type === "delete" ? new TextDecoder().decode(entry.key) : entry.type);

  it("says that its log is gone and which one is there, whichever of the files have the same names", async () => {
    for (const first of [1, 2, 3, 4]) {
      const directory = `${await freshDirectory()}/log`;
      await writeSegments(directory, [segment(1, 1, "a"), segment(2, 2, "b"), segment(3, 3, "c")]);
      const reader = await openWalReader(directory);
      expect(lsnsOf(await readAll(reader))).toEqual([1, 2, 3]);
      await rm(directory, { recursive: true });
      const logId = "f".repeat(32);
      await writeSegments(directory, [first, first + 1].map((number, i) => ({ ...segment(number, i + 1, "other"), logId })));
      for (const after of [0, 2]) {
        await expect(readAll(reader, { after }), `segments from ${first} on`).rejects.toMatchObject({ code: "WAL_NOT_FOUND", expected: LOG_ID, actual: logId, file: directory });
      }
      expect((await openWalReader(directory)).logId).toBe(logId);
    }
  });

  it("reads what is there when a copy of its own log was put back and went another way", async () => {
    const directory = `${await freshDirectory()}/log`;
    await writeSegments(directory, [segment(1, 1, "a"), segment(2, 2, "b"), segment(3, 3, "c"), segment(4, 4, "d")]);
    const reader = await openWalReader(directory);
    expect((await readAll(reader)).map(textOf)).toEqual(["a", "b", "c", "d"]);
    await rm(directory, { recursive: true });
    await writeSegments(directory, [segment(1, 1, "a"), segment(2, 2, "other b", 77), segment(3, 3, "another c", 78), segment(4, 4, "d", 79)]);
    expect((await readAll(reader)).map(textOf)).toEqual(["a", "other b", "another c", "d"]);
  });

  it("answers WAL_NOT_FOUND while nothing is there", async () => {
    const directory = `${await freshDirectory()}/log`;
    await writeSegments(directory, [segment(1, 1, "a")]);
    const reader = await openWalReader(directory);
    await rm(directory, { recursive: true });
    await expect(readAll(reader)).rejects.toMatchObject({ code: "WAL_NOT_FOUND", file: directory });
    await writeSegments(directory, []);
    await expect(readAll(reader)).rejects.toMatchObject({ code: "WAL_NOT_FOUND", file: directory });
  });
});
