import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { memoryWal, openWal, openWalReader, type WalEntry, type WalEntryInput, type WalOptions, type WriteAheadLog } from "../src/index.ts";
import { catchUncaught, type Heard, listen } from "./heard-events.ts";
import { holdCalls, nextTurn } from "./held-disk.ts";
import { freshDirectory, lsnsOf, put, readAll } from "./logs.ts";

type Log = WriteAheadLog<WalEntry, WalEntryInput>;

const location = "/log";
const open = (disk: SimulatedDisk, options: WalOptions = {}): Promise<Log> => openWal(location, { disk, syncInterval: Number.POSITIVE_INFINITY, segmentSize: 1024, ...options });
const namesOf = (heard: readonly Heard[]): string[] => heard.map(({ name }) => name.replace("laminar:wal:", ""));
const errorOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => undefined, (error: unknown) => error);

async function commit(log: Log, ...entries: readonly WalEntryInput[]): Promise<void> {
  log.appendAll(entries);
  await log.sync();
}

const failSyncs = (disk: SimulatedDisk): void => disk.plan(({ kind, path }) => (kind === "sync" && /\.(wal|tmp)$/.test(path) ? { kind: "error", errno: "EIO" } : undefined));

describe("what a log tells", () => {
  it("says what an open found: nothing, a log, the remains of a crash with what is stated again", async () => {
    const disk = createSimulatedDisk();
    const heard = listen();
    const log = await open(disk);
    expect(heard).toEqual([
      {
        name: "laminar:wal:opened",
        location,
        logId: log.logId,
        isNew: true,
        startsAfter: 0,
        lastLsn: 0,
        segments: 1,
        sizeBytes: log.sizeBytes,
        end: { kind: "clean", offset: 0, bytes: 0 },
        damageAtStart: undefined,
        restatedBatches: 0,
        duration: expect.any(Number) as number,
      },
    ]);
    await commit(log, put("a", "1"), put("b", "2"));
    log.append(put("c", "x".repeat(9000)));
    disk.plan((operation) => (operation.kind === "write" && (operation.length ?? 0) > 9000 ? { kind: "short", bytes: 700 } : undefined));
    await expect(log.sync()).rejects.toMatchObject({ code: "WAL_POISONED" });
    heard.length = 0;
    const again = await openWal(location, { disk: disk.killed().mount() });
    expect(heard).toMatchObject([{ name: "laminar:wal:opened", isNew: false, logId: log.logId, lastLsn: 2, end: { kind: "torn" }, restatedBatches: 1 }]);
    await again.close();
    const [, closed] = heard;
    expect(closed).toEqual({ name: "laminar:wal:closed", location, durableLsn: 2, error: undefined, duration: expect.any(Number) as number });
  });

  it("tells each sync with what it made durable, and adds up to what the log counts", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk, { segmentSize: 1_000_000, maxBatchSize: 1000 });
    const heard = listen();
    await Promise.all(Array.from({ length: 20 }, (_, i) => commit(log, put(`${i}`, "x".repeat(500)))));
    await commit(log, put("last", ""));
    await log.sync();
    const syncs = heard.filter((event) => event.name === "laminar:wal:sync");
    expect(syncs.map(({ durableLsn }) => durableLsn)).toEqual([20, 21]);
    expect(syncs.map(({ batches }) => batches)).toEqual([10, 1]);
    const { writtenBatches, writtenBytes, syncs: counted, syncDuration } = log.stats();
    const sum = (field: "batches" | "bytes" | "duration"): number => syncs.reduce((all, event) => all + event[field], 0);
    expect([sum("batches"), sum("bytes"), syncs.length, sum("duration")]).toEqual([writtenBatches, writtenBytes, counted, syncDuration]);
    await log.close();
  });

  it("measures how long a sync takes, by the disk's clock", async () => {
    const disk = createSimulatedDisk();
    const slow = holdCalls(disk);
    const log = await openWal(location, { disk: slow, syncInterval: Number.POSITIVE_INFINITY });
    const heard = listen();
    for (const milliseconds of [40, 250, 5]) {
      log.append(put("a", ""));
      slow.hold("sync");
      const synced = log.sync();
      await slow.held();
      disk.advance(milliseconds);
      slow.letGo();
      await synced;
    }
    expect(heard.map((event) => event.name === "laminar:wal:sync" && event.duration)).toEqual([40, 250, 5]);
    expect(log.stats()).toMatchObject({ syncs: 3, syncDuration: 295, longestSyncDuration: 250 });
    await log.close();
  });

  it("counts what is written beside a sync for the next one", async () => {
    const disk = createSimulatedDisk();
    const slow = holdCalls(disk);
    const log = await openWal(location, { disk: slow, syncInterval: Number.POSITIVE_INFINITY, maxBatchSize: 1000 });
    const heard = listen();
    log.append(put("a", ""));
    slow.hold("sync");
    const first = log.sync();
    await slow.held();
    for (const key of ["b", "c"]) log.append(put(key, "x".repeat(2000)));
    const second = log.sync();
    expect(log.stats()).toMatchObject({ writtenBatches: 3, syncs: 0, waitingCommits: 2, durableLsn: 0, appendedLsn: 3 });
    slow.letGo();
    await Promise.all([first, second]);
    expect(heard).toMatchObject([{ batches: 1, durableLsn: 1 }, { batches: 2, durableLsn: 3 }]);
    expect(log.stats()).toMatchObject({ writtenBatches: 3, syncs: 2, waitingCommits: 0, pendingBytes: 0 });
    await log.close();
  });

  it("tells each segment that an open log begins, and what truncations take", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk);
    const heard = listen();
    for (let i = 0; i < 6; i++) await commit(log, put(`${i}`, "x".repeat(700)));
    const before = log.stats();
    expect(namesOf(heard)).toEqual(["sync", "sync", "segment", "sync", "sync", "segment", "sync", "sync"]);
    expect(heard[2]).toEqual({ name: "laminar:wal:segment", location, file: "0000000000000002.wal", baseLsn: 3, duration: expect.any(Number) as number });
    heard.length = 0;
    const freed = await log.truncateBefore(4);
    const after = log.stats();
    expect(heard).toMatchObject([
      { name: "laminar:wal:segment", baseLsn: 7 },
      { name: "laminar:wal:truncated", location, kind: "before", removedFrom: 1, removedTo: 2, freedBytes: freed },
    ]);
    expect([before.segments, after.segments]).toEqual([3, 3]);
    expect(freed).toBeGreaterThan(1400);
    heard.length = 0;
    log.append(put("buffered", ""));
    await log.truncateAfter(4);
    expect(namesOf(heard)).toEqual(["sync", "segment", "truncated"]);
    expect(heard[2]).toMatchObject({ kind: "after", removedFrom: 5, removedTo: 7, freedBytes: 0 });
    heard.length = 0;
    await log.truncateAfter(9);
    await log.truncateBefore(1);
    expect(await errorOf(log.truncateBefore(99))).toBeInstanceOf(RangeError);
    expect(await errorOf(log.truncateAfter(1))).toBeInstanceOf(RangeError);
    expect(heard).toEqual([]);
    await log.close();
  });

  it("tells once that it failed, after everybody who waited, and keeps its last numbers", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk);
    await commit(log, put("a", ""));
    const told: unknown[] = [];
    const heard = listen(({ name }) => told.push(name));
    failSyncs(disk);
    log.append(put("b", "x".repeat(50)));
    const waiting = [log.sync(), log.truncateAfter(1), log.ready()].map((call) => call.catch((error: unknown) => void told.push(error)));
    await Promise.all(waiting);
    const [failed] = heard;
    if (failed?.name !== "laminar:wal:failed") throw new Error("the failure was not told");
    expect(failed).toEqual({ name: "laminar:wal:failed", location, error: failed.error, durableLsn: 1, appendedLsn: 2 });
    expect(failed.error).toMatchObject({ code: "WAL_POISONED", cause: { errno: "EIO" } });
    const stats = log.stats();
    expect(stats).toMatchObject({ state: "failed", appendedEntries: 2, writtenBatches: 2, syncs: 1, appendedLsn: 2, durableLsn: 1, waitingCommits: 0 });
    expect(stats.pendingBytes).toBeGreaterThan(50);
    expect(await errorOf(log.close())).toBe(failed.error);
    expect(log.stats()).toEqual(stats);
    expect(namesOf(heard)).toEqual(["failed", "closed"]);
    expect(heard[1]).toMatchObject({ durableLsn: 1, error: failed.error });
    expect(told).toContain(failed.error);
  });

  it("is silent in memory, as a reader, and where it refuses to open", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk);
    await commit(log, put("a", ""));
    const heard = listen();
    expect(await errorOf(open(disk.anotherProcess()))).toMatchObject({ code: "WAL_LOCKED" });
    const reader = await openWalReader(location, { disk: disk.anotherProcess() });
    await readAll(reader);
    await reader.close();
    const inMemory = memoryWal();
    await commit(inMemory, put("a", ""));
    await inMemory.truncateAfter(0);
    await inMemory.close();
    expect(heard).toEqual([]);
    await log.close();
    await log.close();
    expect(namesOf(heard)).toEqual(["closed"]);
  });

  it("measures real time on a real disk", async () => {
    const heard = listen();
    const log = await openWal(await freshDirectory(), { segmentSize: 1024 });
    for (let i = 0; i < 4; i++) await commit(log, put("a", "x".repeat(700)));
    await log.close();
    expect(namesOf(heard)).toEqual(["opened", "sync", "sync", "segment", "sync", "sync", "closed"]);
    for (const event of heard) if (event.name !== "laminar:wal:failed") expect(event.duration, event.name).toBeGreaterThan(0);
  });
});

describe("a subscriber", () => {
  it("that throws becomes an uncaught exception each time, and the log knows nothing of it", async () => {
    const uncaught = catchUncaught();
    const disk = createSimulatedDisk();
    const wrong = (name: string): Error => new Error(`a subscriber of ${name} is wrong`);
    const heard = listen(({ name }) => {
      throw wrong(name);
    });
    const log = await open(disk);
    for (let i = 0; i < 5; i++) await commit(log, put(`${i}`, "x".repeat(700)));
    await log.truncateBefore(4);
    await log.truncateAfter(4);
    await commit(log, put("more", ""));
    expect(lsnsOf(await readAll(log))).toEqual([3, 4, 6]);
    failSyncs(disk);
    log.append(put("lost", ""));
    const error = await errorOf(log.sync());
    expect(error).toMatchObject({ code: "WAL_POISONED" });
    expect(await errorOf(log.close())).toBe(error);
    expect(disk.openFiles).toBe(0);
    await nextTurn();
    expect(new Set(namesOf(heard))).toEqual(new Set(["opened", "sync", "segment", "truncated", "failed", "closed"]));
    expect(uncaught).toEqual(heard.map(({ name }) => wrong(name)));
    disk.plan(undefined);
    const again = await open(disk.killed().mount());
    expect(lsnsOf(await readAll(again)).slice(0, 3)).toEqual([3, 4, 6]);
    await again.close();
    await nextTurn();
  });

  it("may call the log that tells it, whatever it is told", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk, { maxBatchSize: 500 });
    const calls: Promise<unknown>[] = [];
    const lsns: number[] = [];
    let left = 30;
    listen(({ name }) => {
      if (name === "laminar:wal:failed") calls.push(errorOf(log.sync()), errorOf(log.truncateAfter(1)), errorOf(log.close()));
      else if (left-- > 0) {
        lsns.push(log.append(put(name, "x".repeat(400))), log.appendAll([put(name, "x".repeat(600))]));
        calls.push(log.sync(), log.ready(), log.truncateBefore(3));
        expect(log.stats().durableLsn).toBe(log.durableLsn);
      }
    });
    await commit(log, put("first", ""));
    while (lsns.length < 60) await nextTurn();
    await Promise.all(calls.splice(0));
    await log.sync();
    expect(lsns).toEqual(Array.from({ length: 60 }, (_, i) => i + 2));
    expect(lsnsOf(await readAll(log)).at(-1)).toBe(61);
    expect(log.stats()).toMatchObject({ appendedEntries: 61, durableLsn: 61, pendingBytes: 0, waitingCommits: 0 });
    failSyncs(disk);
    log.append(put("lost", ""));
    const error = await errorOf(log.sync());
    expect(await Promise.all(calls)).toEqual([error, error, error]);
  });

  it("that closes the log from a sync leaves no timer behind", async () => {
    const disk = createSimulatedDisk();
    const timed = holdCalls(disk);
    const log = await openWal(location, { disk: timed });
    let closed: Promise<void> | undefined;
    listen(({ name }) => {
      if (name === "laminar:wal:sync") closed = log.close();
    });
    await commit(log, put("a", ""));
    await closed;
    expect([timed.timers, disk.openFiles]).toEqual([0, 0]);
  });
});
