import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { type LogReader, openWal, openWalReader, type WalEntry, type WalEntryInput, type WriteAheadLog } from "../src/index.ts";
import { Follower, quiet, turn, until, upTo } from "./followers.ts";
import { commit, put, seeded } from "./logs.ts";

type Log = WriteAheadLog<WalEntry, WalEntryInput>;

const open = (disk: SimulatedDisk, segmentSize = 4096): Promise<Log> => openWal("/log", { disk, segmentSize, syncInterval: Number.POSITIVE_INFINITY });

/** Makes `count` records durable, each by a flush of its own. */
async function write(log: Log, count: number, bytes = 10): Promise<void> {
  for (let i = 0; i < count; i++) {
    log.append(put("key", "x".repeat(bytes)));
    await log.sync();
  }
}

describe("following a log of one's own process", () => {
  it("gives what is durable when it is durable, woken by the writer, without polling", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk);
    await write(log, 2);
    const follower = new Follower(log);
    await until(() => follower.given.length === 2);
    log.append(put("a", ""));
    await quiet();
    expect(follower.given).toEqual([1, 2]);
    const before = disk.operations.length;
    disk.advance(900);
    await quiet();
    expect(disk.operations.length).toBe(before);
    await log.sync();
    await until(() => follower.given.length === 3);
    await write(log, 200, 100);
    await until(() => follower.given.length === 203);
    expect(follower.given).toEqual(upTo(203));
    await follower.stop();
    await log.close();
    expect(disk.openFiles).toBe(0);
  });

  it("ends without an error when the log is closed, after all that the close made durable", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk);
    const followers = [new Follower(log), new Follower(log, { after: 2 })];
    await write(log, 1);
    await quiet();
    log.appendAll([put("b", ""), put("c", ""), commit(1)]);
    await log.close();
    await until(() => followers.every(({ ended }) => ended === "end"));
    expect(followers.map(({ given }) => given)).toEqual([[1, 2, 3, 4], [3, 4]]);
    expect(disk.openFiles).toBe(0);
  });

  it("ends when a poisoned log is closed, with what was durable", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk);
    await write(log, 2);
    const follower = new Follower(log);
    await until(() => follower.given.length === 2);
    disk.plan(({ kind }) => (kind === "sync" ? { kind: "error", errno: "EIO" } : undefined));
    log.append(put("a", ""));
    await expect(log.sync()).rejects.toMatchObject({ code: "WAL_POISONED" });
    await quiet();
    expect([follower.given, follower.ended]).toEqual([[1, 2], undefined]);
    await log.close().catch(() => undefined);
    await until(() => follower.ended !== undefined);
    expect([follower.given, follower.ended]).toEqual([[1, 2], "end"]);
  });

  it("reads each new byte once, however small the steps are", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk, 1024 * 1024);
    const follower = new Follower(log);
    await quiet();
    const before = disk.operations.length;
    for (let i = 1; i <= 100; i++) {
      await write(log, 1, 1000);
      await until(() => follower.given.length === i);
    }
    const read = disk.operations.slice(before).filter(({ kind, position }) => kind === "read" && position !== 0);
    const bytes = read.reduce((sum, { length = 0 }) => sum + length, 0);
    console.log(`100 steps of a follower: ${bytes} bytes read of ${log.sizeBytes} in the segment`);
    expect(bytes).toBeLessThan(1.1 * log.sizeBytes);
    await follower.stop();
    await log.close();
  });

  it("visits and gives single entries as well", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk);
    const visited: number[] = [];
    const note = (lsn: number): void => void visited.push(lsn);
    const visit = log.visit?.({ put: note, delete: note, commit: note, checkpoint: note }, { follow: true });
    const single: number[] = [];
    const entries = (async () => {
      for await (const { lsn } of log.entries({ follow: true })) single.push(lsn);
    })();
    await write(log, 30);
    await until(() => visited.length === 30 && single.length === 30);
    await log.close();
    await Promise.all([visit, entries]);
    expect([visited, single]).toEqual([upTo(30), upTo(30)]);
  });
});

describe("many followers of a log at work", () => {
  it("get, whenever they come, each record that is durable and counts, without holes, or are told what was taken from them", async () => {
    const outcomes = new Map<string, number>();
    let given = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = seeded(seed);
      const disk = createSimulatedDisk();
      const log = await open(disk, 8192);
      const fenced = new Set<number>();
      const followers: { readonly follower: Follower; readonly after: number | undefined }[] = [];
      const waiting: Promise<unknown>[] = [];
      let durable = 0;
      let letGo = 0;
      const sync = async (): Promise<number> => {
        const lsn = await log.sync();
        durable = Math.max(durable, lsn);
        return lsn;
      };
      const onGiven = (lsn: number): void => {
        durable = Math.max(durable, log.durableLsn);
        if (lsn > durable) throw new Error(`seed ${seed}: gave ${lsn}, and ${durable} was durable`);
      };
      for (let step = 0; step < 60; step++) {
        const choice = random();
        const pick = Math.floor(log.startsAfter + random() * (log.lastLsn - log.startsAfter + 1));
        if (choice < 0.55) {
          log.appendAll(Array.from({ length: 1 + Math.floor(random() * 3) }, () => put("a", "x".repeat(Math.floor(random() * 3000)))));
          waiting.push(sync());
        } else if (choice < 0.65) {
          const last = await sync();
          await log.truncateAfter(Math.max(log.startsAfter, letGo, last - Math.floor(random() * 3)));
          for (let lsn = log.lastLsn + 1; lsn <= last; lsn++) fenced.add(lsn);
        } else if (choice < 0.75) {
          letGo = Math.max(letGo, pick - 1);
          waiting.push(log.truncateBefore(pick));
        } else if (choice < 0.9) {
          const after = random() < 0.5 ? undefined : pick;
          const pause = random() < 0.5 ? 0 : Math.floor(random() * 60);
          const follower = new Follower(log, { after }, async (lsn) => {
            onGiven(lsn);
            for (let i = pause; i > 0; i--) await turn();
          });
          followers.push({ follower, after });
        }
        durable = Math.max(durable, log.durableLsn);
        for (let i = Math.floor(random() * 4); i > 0; i--) await turn();
      }
      await Promise.all(waiting);
      await log.close();
      for (const { follower, after } of followers) {
        await until(() => follower.ended !== undefined);
        const code = (follower.ended as { code?: string }).code ?? String(follower.ended);
        outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
        expect(["end", "WAL_FENCED", "WAL_POSITION_FENCED", "WAL_TRUNCATED"], `seed ${seed}: ${String(follower.ended)}`).toContain(code);
        given += follower.given.length;
        const rest = code === "end" && (follower.given.length > 0 || after !== undefined) ? [...follower.given, log.lastLsn + 1] : follower.given;
        let last = after ?? (follower.given[0] ?? 1) - 1;
        for (const lsn of rest) {
          for (let skipped = last + 1; skipped < lsn; skipped++) expect(fenced.has(skipped), `seed ${seed}: ${skipped} is missing in ${rest.join()} after ${after}`).toBe(true);
          last = lsn;
        }
      }
      expect(disk.openFiles).toBe(0);
    }
    const counts = [...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(", ");
    console.log(`${given} records given to followers that ended with ${counts}`);
    for (const outcome of ["end", "WAL_FENCED", "WAL_TRUNCATED"]) expect(outcomes.get(outcome), outcome).toBeGreaterThan(5);
  }, 600_000);
});

describe("following a log that another process writes", () => {
  it("gives what the log proves durable: with the next batch, or when it rests; and with `unproven` whatever is there", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk);
    const other = disk.anotherProcess();
    const proven = new Follower(await openWalReader("/log", { disk: other }));
    const all = new Follower(await openWalReader("/log", { disk: other }), { unproven: true });
    await write(log, 1);
    await until(() => all.given.length === 1, disk);
    expect(proven.given).toEqual([]);
    await write(log, 1);
    await until(() => all.given.length === 2, disk);
    await until(() => proven.given.length === 1, disk);
    disk.advance(1000);
    await until(() => proven.given.length === 2, disk);
    await Promise.all([proven.stop(), all.stop()]);
    await log.close();
    expect(other.openFiles).toBe(0);
  });

  it("looks at names, and at the place where the next batch will stand, twenty times a second while nothing happens, holding no file open", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk);
    await write(log, 3);
    const other = disk.anotherProcess();
    const follower = new Follower(await openWalReader("/log", { disk: other }), { unproven: true });
    await until(() => follower.given.length === 3, disk);
    await quiet();
    const before = other.operations.length;
    for (let i = 0; i < 10; i++) {
      disk.advance(50);
      await quiet();
      expect(other.openFiles).toBe(0);
    }
    expect(other.operations.slice(before).map(({ kind }) => kind)).toEqual(Array.from({ length: 10 }, () => ["list", "stat", "open", "read", "close"]).flat());
    expect(Math.max(...other.operations.slice(before).map(({ length = 0 }) => length))).toBe(48);
    await follower.stop();
    await log.close();
  });

  it("reads each new byte twice at most, for what it proves and to give it out, and of the zeros behind it a page", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk, 1024 * 1024);
    const other = disk.anotherProcess();
    const follower = new Follower(await openWalReader("/log", { disk: other }), { unproven: true });
    const before = other.operations.length;
    for (let i = 1; i <= 100; i++) {
      await write(log, 1, 1000);
      await until(() => follower.given.length === i, disk);
    }
    const read = other.operations.slice(before).filter(({ kind, position }) => kind === "read" && position !== 0);
    const bytes = read.reduce((sum, { length = 0 }) => sum + length, 0);
    console.log(`100 steps of another process: ${bytes} bytes read of ${log.sizeBytes} in the segment`);
    expect(bytes).toBeLessThan(2 * log.sizeBytes + 100 * 2 * 4096);
    await follower.stop();
    await log.close();
  });

  it("ends without an error when the reader is closed, after what is durable by then", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk);
    await write(log, 1);
    const reader = await openWalReader("/log", { disk: disk.anotherProcess() });
    const follower = new Follower(reader);
    await quiet();
    await write(log, 4);
    await log.close();
    await reader.close();
    await until(() => follower.ended !== undefined);
    expect([follower.given, follower.ended]).toEqual([[1, 2, 3, 4, 5], "end"]);
    expect(() => reader.read({ follow: true })).toThrow(expect.objectContaining({ code: "WAL_CLOSED" }));
  });

  it("goes on over writers that die and come back, and over segments that are gathered, giving each record once", async () => {
    const disk = createSimulatedDisk();
    let writing = disk;
    let log = await open(writing, 1024);
    const followers: Follower[] = [];
    for (const options of [{}, { unproven: true }]) followers.push(new Follower(await openWalReader("/log", { disk: disk.anotherProcess() }), options));
    let written = 0;
    for (let life = 0; life < 30; life++) {
      await write(log, 1 + (life % 3), 50);
      written += 1 + (life % 3);
      await until(() => followers[1]?.given.length === written, disk);
      const next = writing.anotherProcess();
      if (life % 2 === 0) await log.close();
      else writing.kill();
      writing = next;
      log = await open(writing, 1024);
    }
    await log.close();
    await until(() => followers.every(({ given }) => given.length === written), disk);
    for (const { given, ended } of followers) expect([given, ended]).toEqual([upTo(written), undefined]);
    for (const follower of followers) await follower.stop();
  });
});

describe.each(["one's own", "another"])("a follower of %s process's log", (whose) => {
  const start = async (disk: SimulatedDisk, log: Log): Promise<LogReader<WalEntry>> =>
    whose === "another" ? openWalReader("/log", { disk: disk.anotherProcess() }) : log;

  it("throws the signal's reason at once while it waits, and nothing stays behind", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk);
    const aborting = new AbortController();
    const follower = new Follower(await start(disk, log), { signal: aborting.signal, unproven: true });
    await write(log, 1);
    await until(() => follower.given.length === 1, disk);
    await quiet();
    const reason = new Error("not any more");
    aborting.abort(reason);
    await quiet();
    expect(follower.ended).toBe(reason);
    await log.close();
    const before = disk.operations.length;
    disk.advance(10_000);
    await quiet();
    expect([disk.operations.length, disk.openFiles]).toEqual([before, 0]);
  });

  it("ends at once when its consumer breaks off, also while it waits, and nothing stays behind", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk);
    const reader = await start(disk, log);
    const waiting = new Follower(reader, { unproven: true });
    await write(log, 1);
    await until(() => waiting.given.length === 1, disk);
    await quiet();
    await waiting.stop();
    expect(waiting.ended).toBe("end");
    for await (const { firstLsn } of reader.read({ follow: true, unproven: true })) if (firstLsn === 1) break;
    for await (const { lsn } of reader.entries({ follow: true, unproven: true })) if (lsn === 1) break;
    await log.close();
    const before = disk.operations.length;
    disk.advance(10_000);
    await quiet();
    expect([disk.operations.length, disk.openFiles]).toEqual([before, 0]);
  });

  it("goes on when what it has read is dropped, and throws WAL_TRUNCATED when more than that is", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk, 10_000);
    await write(log, 20, 3000);
    const reader = await start(disk, log);
    const quick = new Follower(reader, { unproven: true });
    await until(() => quick.given.length === 20, disk);
    const slow = reader.read({ follow: true, unproven: true })[Symbol.asyncIterator]();
    expect((await slow.next()).value?.firstLsn).toBe(1);
    expect(await log.truncateBefore(15)).toBeGreaterThan(0);
    await write(log, 10, 3000);
    await until(() => quick.given.length === 30, disk);
    let last = 1;
    const goOn = async (): Promise<void> => {
      for (let step = await slow.next(); !step.done; step = await slow.next()) last = step.value.firstLsn;
    };
    const error: unknown = await goOn().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "WAL_TRUNCATED", file: "/log", lsn: last, expected: last, actual: log.startsAfter, message: expect.stringContaining("newer checkpoint") });
    expect(last).toBeLessThan(15);
    await quick.stop();
    await log.close();
  });

  it("goes on over a fence above what it has given, and throws WAL_FENCED for one below", async () => {
    const disk = createSimulatedDisk();
    const log = await open(disk);
    const reader = await start(disk, log);
    log.appendAll([put("a", ""), put("b", ""), put("c", "")]);
    await log.sync();
    const batches = reader.read({ follow: true, unproven: true })[Symbol.asyncIterator]();
    expect((await batches.next()).value?.entries).toHaveLength(3);
    await write(log, 1);
    await log.truncateAfter(3);
    await write(log, 1);
    const next = batches.next();
    let isGiven = false;
    void next.then(() => (isGiven = true));
    await until(() => isGiven, disk);
    expect((await next).value).toMatchObject({ firstLsn: 5 });
    await log.truncateAfter(2);
    await write(log, 1);
    const ended = expect(batches.next()).rejects.toMatchObject({
      code: "WAL_FENCED",
      file: "/log",
      lsn: 5,
      expected: 2,
      actual: 5,
      message: expect.stringContaining("checkpoint at 2 or before"),
    });
    for (let i = 0; i < 20; i++) {
      await quiet();
      disk.advance(20);
    }
    await ended;
    await log.close();
  });
});
