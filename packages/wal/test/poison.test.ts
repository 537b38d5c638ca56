import { createSimulatedDisk, type Operation, type SimulatedDisk } from "@laminar/disk/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isWalError, openWal, openWalReader, type WalEntry, type WalEntryInput, type WalOptions, type WriteAheadLog } from "../src/index.ts";
import { readLogImage } from "../src/testing/index.ts";
import { holdCalls, nextTurn } from "./held-disk.ts";
import { lsnsOf, put, readAll, seeded } from "./logs.ts";

type Log = WriteAheadLog<WalEntry, WalEntryInput>;

const DIRECTORY = "/log";
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => void process.on("unhandledRejection", note));

afterEach(async () => {
  for (let i = 0; i < 5; i++) await nextTurn();
  process.off("unhandledRejection", note);
  expect(unhandled.splice(0)).toEqual([]);
});

async function openOn(disk: SimulatedDisk, options: WalOptions = {}): Promise<Log> {
  return openWal(DIRECTORY, { disk, syncInterval: Number.POSITIVE_INFINITY, segmentSize: 1024, highWaterMark: 1000, ...options });
}

/** Fails the first operation from now on that `hits`, for good. The operations that came after it. */
function failAt(disk: SimulatedDisk, hits: (operation: Operation) => boolean): () => readonly Operation[] {
  let failed: number | undefined;
  disk.plan((operation) => {
    if (failed !== undefined || !hits(operation)) return undefined;
    failed = operation.index;
    return { kind: "error", errno: "EIO" };
  });
  return () => {
    if (failed === undefined) throw new Error("the operation that was to fail never came");
    return disk.operations.slice(failed + 1);
  };
}

const errorOf = (promise: Promise<unknown>): Promise<unknown> => promise.then((value) => `settled: ${String(value)}`, (error: unknown) => error);

function thrown(call: () => unknown): unknown {
  try {
    return `returned: ${String(call())}`;
  } catch (error) {
    return error;
  }
}

const everyCall = (log: Log): Promise<unknown>[] => [
  errorOf(log.sync()),
  errorOf(log.ready()),
  errorOf(log.truncateAfter(1)),
  errorOf(log.truncateBefore(1)),
  Promise.resolve(thrown(() => log.append(put("late", "")))),
  Promise.resolve(thrown(() => log.appendAll([put("late", "")]))),
];

const isLog = (value: unknown): value is Log => typeof value === "object" && value !== null && "append" in value;
const isSegment = ({ path }: Operation): boolean => path.endsWith(".wal") || path.endsWith(".tmp");
const large = put("large", "x".repeat(100_000));
const small = put("small", "x".repeat(2000));

const failures: [string, WalEntryInput, (operation: Operation) => boolean][] = [
  ["a write", small, (operation) => operation.kind === "write" && (operation.length ?? 0) > 1000],
  ["a write on another thread", large, (operation) => operation.kind === "write" && (operation.length ?? 0) > 100_000],
  ["a sync", small, (operation) => operation.kind === "sync" && isSegment(operation)],
  ["the creation of a segment", small, (operation) => operation.kind === "create" && isSegment(operation)],
  ["the write of its header", small, (operation) => operation.kind === "write" && operation.length === 128],
  ["its rename", small, (operation) => operation.kind === "rename"],
  ["the directory's sync", small, (operation) => operation.kind === "syncDirectory"],
  ["the close of the segment before", small, (operation) => operation.kind === "close" && isSegment(operation)],
  ["the creation of its head", small, (operation) => operation.kind === "create" && operation.path.endsWith(".head")],
  ["the marker that proves it", small, (operation) => operation.kind === "write" && operation.length === 49],
  ["the look whether the lock is held", small, (operation) => operation.kind === "stat" && operation.path.includes("LOCK")],
];

describe("a log whose disk fails", () => {
  it.each(failures)("gives everybody the same error for ever when %s fails, tries nothing again, and still reads", async (_, entry, hits) => {
    const disk = createSimulatedDisk();
    const log = await openOn(disk);
    log.appendAll([put("a", "x".repeat(1200)), put("b", "")]);
    await log.sync();
    const after = failAt(disk, hits);
    log.append(entry);
    const waiting = [log.sync(), log.sync(), log.ready(), log.truncateAfter(1), log.truncateBefore(2), log.sync()].map(errorOf);
    const [poison, ...same] = await Promise.all(waiting);
    expect(poison).toMatchObject({ name: "WalError", code: "WAL_POISONED", file: DIRECTORY, cause: { name: "DiskError", errno: "EIO" } });
    for (const error of [...same, ...(await Promise.all(everyCall(log)))]) expect(error).toBe(poison);
    expect([log.durableLsn, lsnsOf(await readAll(log))]).toEqual([2, [1, 2]]);
    expect(await errorOf(log.close()), "what was appended is lost, and close says so").toBe(poison);
    for (const error of await Promise.all(everyCall(log))) expect(error).toBe(poison);
    expect(after().filter(({ kind }) => ["write", "sync", "syncDirectory", "rename", "create"].includes(kind))).toEqual([]);
    expect(disk.openFiles).toBe(0);
    const again = await openOn(disk);
    expect(lsnsOf(await readAll(again)).slice(0, 2)).toEqual([1, 2]);
    await again.close();
  });

  it("says in its message what the disk took, and what to look at, when it is full", async () => {
    const disk = createSimulatedDisk();
    const log = await openOn(disk);
    disk.limitSpace(500);
    log.append(small);
    await expect(log.sync()).rejects.toMatchObject({ code: "WAL_POISONED", message: expect.stringMatching(/close it and open it again.*took only \d+ of \d+ bytes.*full/s), cause: { code: "WAL_IO" } });
    await expect(log.close()).rejects.toMatchObject({ code: "WAL_POISONED" });
    disk.limitSpace(Number.MAX_SAFE_INTEGER);
    const again = await openOn(disk);
    expect(again.lastLsn).toBe(0);
    await again.close();
  });

  it("tells about a flush that nobody asked for at the next call, and at close", async () => {
    const disk = createSimulatedDisk();
    const log = await openOn(disk, { syncInterval: 100 });
    log.append(put("a", ""));
    failAt(disk, ({ kind }) => kind === "sync");
    disk.advance(100);
    for (let i = 0; i < 5; i++) await nextTurn();
    const poison = thrown(() => log.append(put("b", "")));
    expect(poison).toMatchObject({ code: "WAL_POISONED" });
    expect(await errorOf(log.close())).toBe(poison);
  });

  it("closes without an error when the failure lost nothing that was appended", async () => {
    const disk = createSimulatedDisk();
    const log = await openOn(disk);
    log.append(put("a", ""));
    await log.sync();
    failAt(disk, ({ kind }) => kind === "write");
    disk.advance(1000);
    for (let i = 0; i < 5; i++) await nextTurn();
    await expect(log.sync()).rejects.toMatchObject({ code: "WAL_POISONED" });
    await log.close();
    expect(disk.openFiles).toBe(0);
  });

  it("leaves no timer behind, and so none that writes later", async () => {
    const disk = createSimulatedDisk();
    const timed = holdCalls(disk);
    const log = await openWal(DIRECTORY, { disk: timed, syncInterval: 100 });
    log.append(put("a", ""));
    await log.sync();
    log.append(put("b", ""));
    const after = failAt(disk, ({ kind }) => kind === "sync");
    await errorOf(log.sync());
    expect(timed.timers).toBe(0);
    disk.advance(10_000);
    for (let i = 0; i < 5; i++) await nextTurn();
    expect(after()).toEqual([]);
    await errorOf(log.close());
  });

  it.each(["write", "sync", "close"] as const)("rejects close and who waits beside it when a %s of close fails, and gives the lock back", async (kind) => {
    const disk = createSimulatedDisk();
    const log = await openOn(disk);
    log.append(put("a", ""));
    await log.sync();
    log.append(put("b", ""));
    failAt(disk, (operation) => operation.kind === kind);
    const before = errorOf(log.sync());
    const closed = errorOf(log.close());
    const late = errorOf(log.sync());
    expect(await late).toMatchObject({ code: "WAL_CLOSED" });
    const poison = await closed;
    expect(poison).toMatchObject({ code: "WAL_POISONED", cause: { name: "DiskError", operation: kind === "write" ? "writeSync" : kind } });
    expect(await before).toBe(kind === "close" ? "settled: 2" : poison);
    expect([await errorOf(log.close()), await errorOf(log.sync())]).toEqual([poison, poison]);
    expect(disk.openFiles).toBe(0);
    await (await openOn(disk)).close();
  });

  it("says what is wrong with the log, not with the lock, when both fail at close", async () => {
    const disk = createSimulatedDisk();
    const log = await openOn(disk);
    log.append(put("a", ""));
    disk.plan(({ kind, path }) => (kind === "sync" || path.includes("LOCK/") ? { kind: "error", errno: "EIO" } : undefined));
    await expect(log.close()).rejects.toMatchObject({ code: "WAL_POISONED" });
    expect(disk.openFiles).toBe(0);
  });

  it("goes on when a file can't be unlinked", async () => {
    const disk = createSimulatedDisk();
    const log = await openOn(disk);
    for (let i = 0; i < 10; i++) {
      log.append(put("a", "x".repeat(600)));
      await log.sync();
    }
    disk.plan(({ kind, path }) => (kind === "remove" && /\.(wal|head)$/.test(path) ? { kind: "error", errno: "EACCES" } : undefined));
    expect(await log.truncateBefore(9)).toBe(0);
    log.append(put("b", ""));
    expect(await log.sync()).toBe(11);
    expect(log.firstLsn).toBeGreaterThan(1);
    disk.plan(undefined);
    await log.close();
  });

  it("answers a wrong position with a RangeError and goes on", async () => {
    const disk = createSimulatedDisk();
    const log = await openOn(disk);
    for (let i = 0; i < 10; i++) {
      log.append(put("a", "x".repeat(600)));
      await log.sync();
    }
    const [dropped, fenced] = await Promise.all([log.truncateBefore(9), log.truncateAfter(1).catch((error: unknown) => error), log.truncateBefore(8)]);
    expect(dropped).toBeGreaterThan(0);
    expect(fenced).toBeInstanceOf(RangeError);
    await expect(log.truncateBefore(12)).rejects.toThrow(RangeError);
    expect(log.append(put("b", ""))).toBe(11);
    expect(await log.sync()).toBe(11);
    await log.close();
  });

  it("never settles a sync whose record a power cut can take, whichever operation fails under concurrent callers", async () => {
    let index = 0;
    let states = 0;
    for (let reached = true; reached; index++) {
      const disk = createSimulatedDisk();
      const random = seeded(index);
      let acknowledged = 0;
      reached = false;
      const check = (): void => {
        for (const image of disk.powerCuts({ limit: 12, seed: index })) {
          states++;
          const held = readLogImage({ directory: DIRECTORY, files: image.files }).tail?.lastLsn ?? 0;
          if (held < acknowledged) throw new Error(`operation ${index}: ${acknowledged} was acknowledged, a power cut leaves ${held}`);
        }
      };
      disk.plan((operation) => {
        if (operation.index !== index) return undefined;
        reached = true;
        return { kind: "error", errno: "EIO" };
      });
      const log = await openOn(disk).catch((error: unknown) => error);
      if (isWalError(log)) continue;
      if (!isLog(log)) throw log;
      const caller = async (): Promise<void> => {
        for (let i = 0; i < 4; i++) {
          log.append(put("k", "x".repeat(Math.floor(random() * 500))));
          if (random() < 0.3) await nextTurn();
          acknowledged = Math.max(acknowledged, await log.sync());
          check();
          if (random() < 0.2) await log.truncateBefore(Math.floor(acknowledged / 2));
        }
      };
      const failed = await Promise.all(Array.from({ length: 4 }, () => errorOf(caller())));
      for (const error of failed) if (typeof error !== "string") expect(error, `operation ${index}`).toMatchObject({ code: "WAL_POISONED" });
      await errorOf(log.close());
      check();
      expect(disk.openFiles, `operation ${index}`).toBe(0);
    }
    console.log(`${index - 1} operations failed one at a time, ${states} power cuts looked at, 0 acknowledged records lost`);
  });
});

describe("a log whose lock was taken away", () => {
  async function breakIn(disk: SimulatedDisk): Promise<void> {
    for (const { name } of await disk.list(`${DIRECTORY}/LOCK`)) await disk.remove(`${DIRECTORY}/LOCK/${name}`);
  }

  it.each([
    ["it begins a segment", (log: Log) => (log.append(small), log.append(small), log.sync())],
    ["it drops segments", (log: Log) => log.truncateBefore(2)],
    ["it makes a fence", (log: Log) => log.truncateAfter(1)],
  ])("finds out before %s, is poisoned, and changes nothing", async (_, act) => {
    const disk = createSimulatedDisk();
    const log = await openOn(disk);
    for (let i = 0; i < 3; i++) {
      log.append(put("a", "x".repeat(1200)));
      await log.sync();
    }
    await breakIn(disk);
    const before = disk.killed().hash;
    const poison = await errorOf(act(log));
    expect(poison).toMatchObject({ code: "WAL_POISONED", cause: { code: "WAL_LOCKED" } });
    expect(disk.killed().hash).toBe(before);
    for (const error of await Promise.all(everyCall(log))) expect(error).toBe(poison);
    await errorOf(log.close());
    expect(disk.openFiles).toBe(0);
  });

  it("leaves the lock of its successor alone", async () => {
    const disk = createSimulatedDisk();
    const log = await openOn(disk);
    await breakIn(disk);
    const other = disk.anotherProcess();
    const successor = await openOn(other);
    await log.close();
    await expect(openOn(disk)).rejects.toMatchObject({ code: "WAL_LOCKED" });
    successor.append(put("a", ""));
    await successor.close();
    expect(lsnsOf(await readAll(await openWalReader(DIRECTORY, { disk })))).toEqual([1]);
  });
});

describe("what a failure says", () => {
  it.each([
    ["full", (disk: SimulatedDisk) => disk.limitSpace(500)],
    ["failing", (disk: SimulatedDisk) => disk.plan(({ kind }) => (kind === "write" ? { kind: "error", errno: "EIO" } : undefined))],
    ["failing to sync", (disk: SimulatedDisk) => disk.plan(({ kind }) => (kind === "sync" ? { kind: "error", errno: "EIO" } : undefined))],
  ])("names the segment by the name that it has, where the disk is %s", async (_, break_) => {
    const disk = createSimulatedDisk();
    const log = await openOn(disk);
    break_(disk);
    log.append(put("k", "v".repeat(700)));
    const error = await errorOf(log.sync());
    expect(String(error)).toContain("/log/0000000000000001.wal");
    expect(String(error)).not.toContain(".tmp");
    await errorOf(log.close());
  });

  it("names a segment that was never published by its temporary name", async () => {
    const disk = createSimulatedDisk();
    const log = await openOn(disk);
    log.append(put("k", "v".repeat(2000)));
    await log.sync();
    disk.plan(({ kind, path }) => (kind === "write" && path.endsWith(".tmp") ? { kind: "error", errno: "EIO" } : undefined));
    log.append(put("k", "v"));
    expect(String(await errorOf(log.sync()))).toContain("/log/0000000000000002.wal.tmp");
    await errorOf(log.close());
  });
});
