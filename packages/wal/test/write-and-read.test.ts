import { describe, expect, it } from "vitest";
import { nodeDisk, openWal, openWalReader, verifyWal, walSize, type WalCodec, type WalEntryInput, type WalOptions } from "../src/index.ts";
import { commit, freshDirectory, lsnsOf, put, readAll } from "./logs.ts";

describe("a log that is written", () => {
  it("numbers records from 1 and gives back exactly what was made durable", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory);
    expect(log.append(put("a", "1"))).toBe(1);
    expect(log.appendAll([put("b", "2"), commit(7)])).toBe(3);
    expect(log.durableLsn).toBe(0);
    expect(await readAll(log)).toEqual([]);
    expect(await log.sync()).toBe(3);
    expect(log.durableLsn).toBe(3);
    expect((await readAll(log)).map(({ entry }) => entry.type)).toEqual(["put", "put", "commit"]);
    await log.close();
  });

  it("makes the missing parts of the path, and goes on where it was after a clean close", async () => {
    const directory = `${await freshDirectory()}/deep/er`;
    const first = await openWal(directory);
    first.append(put("a", "1"));
    await first.close();
    const second = await openWal(directory);
    expect([second.logId, second.lastLsn, second.durableLsn]).toEqual([first.logId, 1, 1]);
    expect(second.append(put("b", "2"))).toBe(2);
    await second.close();
    const reader = await openWalReader(directory);
    expect(lsnsOf(await readAll(reader))).toEqual([1, 2]);
  });

  it("gives a commit's session to its own writer's records only", async () => {
    const directory = await freshDirectory();
    for (const key of ["a", "b"]) {
      const log = await openWal(directory);
      log.append(put(key, ""));
      await log.close();
    }
    const reader = await openWalReader(directory);
    const sessions = [];
    for await (const batch of reader.read()) sessions.push(batch.session);
    expect(new Set(sessions).size).toBe(2);
  });

  it("does not grow when it is opened and closed without a record", async () => {
    const directory = await freshDirectory();
    await (await openWal(directory)).close();
    const size = await walSize(directory);
    for (let i = 0; i < 5; i++) await (await openWal(directory)).close();
    expect(await walSize(directory)).toBe(size);
  });

  it("shares one flush among callers that ask at the same time", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { syncInterval: Number.POSITIVE_INFINITY });
    const lsns = await Promise.all(Array.from({ length: 64 }, (_, i) => (log.append(put(`${i}`, "")), log.sync())));
    expect(lsns).toEqual(Array.from({ length: 64 }, (_, i) => i + 1));
    await log.close();
    let batches = 0;
    for await (const _ of (await openWalReader(directory)).read()) batches++;
    expect(batches).toBeLessThan(10);
  });

  it("makes records durable after the interval without being asked", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { syncInterval: 5 });
    log.append(put("a", "1"));
    while (log.durableLsn < 1) await new Promise((resolve) => setImmediate(resolve));
    expect(lsnsOf(await readAll(log))).toEqual([1]);
    await log.close();
  });

  it("spreads over segments, drops whole ones below a record, and counts its bytes right", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { segmentSize: 1024 });
    for (let i = 1; i <= 60; i++) {
      log.append(put(`key ${i}`, "x".repeat(100)));
      await log.sync();
    }
    expect(log.sizeBytes).toBe(await walSize(directory));
    const freed = await log.truncateBefore(40);
    expect(freed).toBeGreaterThan(0);
    expect(log.sizeBytes).toBe(await walSize(directory));
    expect(log.firstLsn).toBeLessThanOrEqual(40);
    expect(log.firstLsn).toBeGreaterThan(1);
    expect(lsnsOf(await readAll(log))).toEqual(Array.from({ length: 61 - log.firstLsn }, (_, i) => log.firstLsn + i));
    await expect(readAll(log, { after: 3 })).rejects.toMatchObject({ code: "WAL_TRUNCATED" });
    await log.close();
    expect(await verifyWal(directory)).toMatchObject({ verdict: "ok", lastLsn: 60 });
  });

  it("takes records out of use with a fence, for good, and never gives their numbers again", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory);
    log.appendAll([put("a", ""), put("b", ""), put("c", ""), put("d", "")]);
    await log.truncateAfter(2);
    expect([log.lastLsn, log.counts(2), log.counts(3), log.counts(4)]).toEqual([2, true, false, false]);
    expect(log.append(put("e", ""))).toBe(5);
    await log.close();
    const again = await openWal(directory);
    expect(lsnsOf(await readAll(again))).toEqual([1, 2, 5]);
    await expect(readAll(again, { after: 3 })).rejects.toMatchObject({ code: "WAL_POSITION_FENCED" });
    await again.truncateAfter(4);
    expect(again.lastLsn).toBe(2);
    await again.close();
  });

  it.each(["truncateBefore", "truncateAfter"] as const)("keeps what is appended while %s is under way", async (truncate) => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { segmentSize: 1024, syncInterval: Number.POSITIVE_INFINITY });
    for (let i = 0; i < 10; i++) {
      log.append(put("a", "x".repeat(400)));
      await log.sync();
    }
    log.append(put("b", ""));
    const state = { done: false };
    const truncated = log[truncate](8).finally(() => (state.done = true));
    const appended: number[] = [];
    while (!state.done) {
      appended.push(log.append(put("c", "")));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await truncated;
    await log.close();
    const again = await openWal(directory);
    expect(lsnsOf(await readAll(again))).toEqual(expect.arrayContaining(appended.slice(-1)));
    await again.close();
  });

  it("reads from any record", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { segmentSize: 1024 });
    for (let i = 0; i < 30; i++) {
      log.appendAll([put("a", "x".repeat(40)), put("b", ""), put("c", "")]);
      await log.sync();
    }
    for (const after of [0, 1, 2, 3, 44, 88, 89, 90]) {
      expect(lsnsOf(await readAll(log, { after }))).toEqual(Array.from({ length: 90 - after }, (_, i) => after + 1 + i));
    }
    await log.close();
  });
});

describe("own entry types", () => {
  const codec: WalCodec<{ readonly n: number }> = {
    encode(event) {
      if (event.n < 0) throw new Error("no negative events");
      return Uint8Array.of(event.n);
    },
    decode: (bytes) => ({ n: bytes[0] ?? -1 }),
  };

  it("go in and come out through a codec; one that throws leaves the log as it was", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { codec });
    log.append({ n: 5 });
    expect(() => log.append({ n: -1 })).toThrow("no negative events");
    expect(() => log.appendAll([{ n: 6 }, { n: -1 }])).toThrow("no negative events");
    expect(log.append({ n: 7 })).toBe(2);
    await log.close();
    const reader = await openWalReader(directory, { codec });
    const seen = [];
    for await (const { lsn, entry } of reader.entries()) seen.push([lsn, entry.n]);
    expect(seen).toEqual([[1, 5], [2, 7]]);
  });

  it("are refused by whoever opens the log without the codec", async () => {
    const directory = await freshDirectory();
    await (await openWal(directory, { codec })).close();
    await expect(openWal(directory)).rejects.toMatchObject({ code: "WAL_CODEC_MISMATCH" });
    await expect(openWalReader(directory)).rejects.toMatchObject({ code: "WAL_CODEC_MISMATCH" });
  });
});

describe("wrong use", () => {
  it("refuses a second writer and leaves the first alone", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory);
    await expect(openWal(directory)).rejects.toMatchObject({ name: "WalError", code: "WAL_LOCKED" });
    log.append(put("a", ""));
    await log.close();
    await (await openWal(directory)).close();
  });

  it("refuses an entry or a group above the limit, and a full buffer, without taking anything", async () => {
    const log = await openWal(await freshDirectory(), { maxEntrySize: 100, highWaterMark: 1000, syncInterval: Number.POSITIVE_INFINITY });
    expect(() => log.append(put("a", "x".repeat(100)))).toThrow(expect.objectContaining({ code: "WAL_ENTRY_TOO_LARGE" }));
    expect(() => log.appendAll(Array.from({ length: 30 }, () => put("a", "x")))).toThrow(expect.objectContaining({ code: "WAL_ENTRY_TOO_LARGE" }));
    const fill = (): void => {
      for (let i = 0; i < 10_000; i++) log.append(put("a", "x".repeat(50)));
    };
    expect(fill).toThrow(expect.objectContaining({ code: "WAL_BACKPRESSURE" }));
    await log.ready();
    const lsn = log.append(put("b", ""));
    expect(await log.sync()).toBe(lsn);
    await log.close();
  });

  it("answers wrong arguments with TypeError or RangeError before anything is touched", async () => {
    const directory = `${await freshDirectory()}/log`;
    const options: unknown[] = [{ syncInterval: "1" }, { syncInterval: -1 }, { segmentSize: 5 }, { maxEntrySize: 2 ** 40 }, { highWaterMark: Number.NaN }];
    for (const wrong of options) await expect(openWal(directory, wrong as WalOptions)).rejects.toThrow(/must be/);
    await expect(openWal(5 as unknown as string)).rejects.toThrow(TypeError);
    await expect(openWal("a\0b")).rejects.toThrow(TypeError);
    await expect(openWal(directory, { mustExist: true })).rejects.toMatchObject({ code: "WAL_NOT_FOUND" });
    expect(await nodeDisk.stat(directory)).toBeUndefined();
    await expect(openWalReader(directory)).rejects.toMatchObject({ code: "WAL_NOT_FOUND" });
    expect(await verifyWal(directory)).toMatchObject({ verdict: "missing" });
    expect(await walSize(directory)).toBe(0);
  });

  it("answers every call after close with WAL_CLOSED, and a second close like the first", async () => {
    const log = await openWal(await freshDirectory());
    await log.close();
    await log.close();
    expect(() => log.append(put("a", "") as WalEntryInput)).toThrow(expect.objectContaining({ code: "WAL_CLOSED" }));
    await expect(log.sync()).rejects.toMatchObject({ code: "WAL_CLOSED" });
    expect(() => log.read()).toThrow(expect.objectContaining({ code: "WAL_CLOSED" }));
  });
});
