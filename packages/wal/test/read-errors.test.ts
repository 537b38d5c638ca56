import { rm } from "node:fs/promises";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { bytesCodec, type Disk, openWal, openWalReader, type ReadOptions, verifyWal } from "../src/index.ts";
import { turn } from "./followers.ts";
import { freshDirectory, put, readAll } from "./logs.ts";

describe("reading with wrong options", () => {
  it("is a TypeError or RangeError at once, before anything is read", async () => {
    const disk = createSimulatedDisk();
    const log = await openWal("/log", { disk });
    const reader = await openWalReader("/log", { disk });
    const before = disk.operations.length;
    const notSignal = { aborted: false, addEventListener: () => undefined };
    const types: unknown[] = [null, 3, { after: "3" }, { after: 3n }, { signal: {} }, { signal: notSignal }, { signal: null }, { follow: 1 }, { unproven: "yes" }];
    const ranges: unknown[] = [{ after: -1 }, { after: 0.5 }, { after: Number.NaN }, { after: 2 ** 53 }];
    for (const side of [log, reader]) {
      for (const options of types) {
        expect(() => side.read(options as ReadOptions)).toThrow(TypeError);
        expect(() => side.entries(options as ReadOptions)).toThrow(TypeError);
      }
      for (const options of ranges) expect(() => side.read(options as ReadOptions)).toThrow(RangeError);
    }
    expect(disk.operations.length).toBe(before);
    await log.close();
  });
});

describe("an error of reading says what to do, and where", () => {
  it("WAL_TRUNCATED, WAL_POSITION_FENCED: which positions there are to start from", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { segmentSize: 1024, syncInterval: Number.POSITIVE_INFINITY });
    for (let i = 0; i < 20; i++) {
      log.append(put("a", "x".repeat(300)));
      await log.sync();
    }
    await log.truncateAfter(15);
    log.append(put("b", ""));
    await log.truncateAfter(12);
    await log.truncateBefore(8);
    const starts = log.startsAfter;
    for (const side of [log, await openWalReader(directory)]) {
      const truncated = { code: "WAL_TRUNCATED", file: directory, lsn: 1, expected: 1, actual: starts, message: expect.stringContaining(`checkpoint, one at ${starts} or later`) };
      await expect(readAll(side, { after: 1 })).rejects.toMatchObject(truncated);
      for (const after of [13, 15, 18, 21]) {
        const fenced = { code: "WAL_POSITION_FENCED", file: directory, lsn: after, expected: 12, actual: after, message: expect.stringContaining("12 or before") };
        await expect(readAll(side, { after }), `after ${after}`).rejects.toMatchObject(fenced);
      }
    }
    await log.close();
  });

  it("WAL_NOT_FOUND, WAL_CODEC_MISMATCH, WAL_CLOSED: which directory, and how to open it", async () => {
    const directory = await freshDirectory();
    await expect(openWalReader(`${directory}/none`)).rejects.toMatchObject({ code: "WAL_NOT_FOUND", file: `${directory}/none`, message: expect.stringContaining("check the path") });
    await expect(openWalReader(directory)).rejects.toMatchObject({ code: "WAL_NOT_FOUND", file: directory, message: expect.stringContaining("check the path") });
    const log = await openWal(directory, { codec: bytesCodec });
    await expect(openWalReader(directory)).rejects.toMatchObject({ code: "WAL_CODEC_MISMATCH", expected: 1, actual: 2, message: expect.stringContaining("open it with that codec") });
    const reader = await openWalReader(directory, { codec: bytesCodec });
    await reader.close();
    await log.close();
    for (const side of [log, reader]) expect(() => side.read()).toThrow(expect.objectContaining({ code: "WAL_CLOSED", file: directory }));
    await rm(directory, { recursive: true });
  });

  it("WAL_IO: which file, and where in it, for a disk that fails and for one that gives less than the file has", async () => {
    const disk = createSimulatedDisk();
    const log = await openWal("/log", { disk });
    log.append(put("a", "x".repeat(10_000)));
    await log.close();
    const kinds = ["list", "stat", "open", "read"] as const;
    const reader = await openWalReader("/log", { disk });
    for (const failing of kinds) {
      disk.plan(({ kind }) => (kind === failing ? { kind: "error", errno: "EIO" } : undefined));
      const file = failing === "list" ? "/log" : "/log/0000000000000001.wal";
      const expected = { name: "WalError", code: "WAL_IO", file, ...(failing === "read" && { offset: 0 }), cause: { code: "DISK_IO" } };
      await expect(openWalReader("/log", { disk }), failing).rejects.toMatchObject(expected);
      await expect(readAll(reader), failing).rejects.toMatchObject(expected);
      await expect(verifyWal("/log", { disk }), failing).rejects.toMatchObject(expected);
      expect(disk.openFiles).toBe(0);
    }
    disk.plan(undefined);
    const stingy = {
      clock: disk.clock,
      list: (path: string) => disk.list(path),
      statSync: (path: string) => disk.statSync(path),
      readSync: (path: string, position: number, target: Uint8Array) => disk.readSync(path, position, target),
      async open(path: string) {
        const file = await disk.open(path);
        const read = async (position: number, target: Uint8Array): Promise<number> => (position < 5000 ? file.read(position, target.subarray(0, 5000 - position)) : 0);
        return { path, read, close: () => file.close() };
      },
    } as unknown as Disk;
    const short = { code: "WAL_IO", file: "/log/0000000000000001.wal", offset: 128, actual: 4872, message: expect.stringContaining("only 4872 of") };
    await expect(openWalReader("/log", { disk: stingy })).rejects.toMatchObject(short);
    await expect(verifyWal("/log", { disk: stingy })).rejects.toMatchObject(short);
    expect(disk.openFiles).toBe(0);
  });
});

describe("verifying beside a writer at work", () => {
  it("never takes its work for damage", async () => {
    const disk = createSimulatedDisk();
    const log = await openWal("/log", { disk, segmentSize: 1024, syncInterval: Number.POSITIVE_INFINITY });
    const state = { isWriting: true };
    const writing = (async () => {
      for (let i = 0; i < 300; i++) {
        log.append(put("a", "x".repeat((i * 37) % 400)));
        await log.sync();
        if (i % 20 === 19) await log.truncateAfter(log.lastLsn - 2);
        if (i % 30 === 29) await log.truncateBefore(log.lastLsn - 5);
      }
      state.isWriting = false;
    })();
    const verdicts = new Map<string, number>();
    while (state.isWriting) {
      const { verdict } = await verifyWal("/log", { disk: disk.anotherProcess() });
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      await turn();
    }
    await writing;
    console.log([...verdicts].join("; "));
    expect([...verdicts.keys()]).toEqual(["ok"]);
    expect(verdicts.get("ok")).toBeGreaterThan(20);
    await log.close();
  });
});
