import { rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nodeDisk } from "@laminar/disk";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { bytesCodec, isWalError, openWal, openWalReader, readWalSync, type WalBatch, type WalEntry, type WalSyncOptions } from "../src/index.ts";
import { textOf } from "../src/testing/log-conformance-content.ts";
import { commit, contentOf, freshDirectory, put } from "./logs.ts";

const linesOf = (batches: readonly WalBatch<WalEntry>[]): string[] =>
  batches.flatMap(({ firstLsn, session, entries }) => entries.map((entry, i) => `${session} ${firstLsn + i} ${textOf(entry)}`));

/** Several segments, a fence, and a last batch that nothing proves. */
async function writeLog(): Promise<string> {
  const directory = await freshDirectory();
  const log = await openWal(directory, { segmentSize: 2048, syncInterval: Number.POSITIVE_INFINITY });
  for (let i = 1; i <= 20; i++) {
    log.appendAll([put(`${i}`, "x".repeat(i * 20)), commit(i)]);
    await log.sync();
    if (i === 10) await log.truncateAfter(15);
  }
  const killed = await contentOf(directory);
  await log.close();
  for (const [path, bytes] of killed) if (path.endsWith(".wal")) await writeFile(path, bytes);
  return directory;
}

/** What both ways of reading say: records and facts, or the error's code and fields. */
async function bothWays(directory: string, options: Omit<WalSyncOptions, "disk" | "codec">): Promise<readonly [unknown, unknown]> {
  const { onDamage, ...read } = options;
  const failure = (error: unknown): unknown => (isWalError(error) ? { code: error.code, file: error.file, offset: error.offset, lsn: error.lsn, message: error.message } : error);
  const awaited = async (): Promise<unknown> => {
    const reader = await openWalReader(directory, { onDamage });
    const batches = [];
    for await (const batch of reader.read(read)) batches.push(batch);
    const { logId, startsAfter, firstLsn, lastLsn, end } = reader;
    return { lines: linesOf(batches), logId, startsAfter, firstLsn, lastLsn, end: end.kind, file: end.file, offset: end.offset };
  };
  const atOnce = (): unknown => {
    const reader = readWalSync(directory, options);
    const lines = linesOf([...reader]);
    const { logId, startsAfter, firstLsn, lastLsn, end } = reader;
    return { lines, logId, startsAfter, firstLsn, lastLsn, end: end.kind, file: end.file, offset: end.offset };
  };
  let sync: unknown;
  try {
    sync = atOnce();
  } catch (error) {
    sync = failure(error);
  }
  return [sync, await awaited().catch(failure)];
}

describe("reading at once", () => {
  it("gives what a reader gives, from any record on, proven or not", async () => {
    const directory = await writeLog();
    const seen = new Set<string>();
    for (const unproven of [false, true]) {
      for (const after of [undefined, 0, 1, 14, 15, 16, 20, 21, 38, 40, 41, 1000]) {
        const [sync, awaited] = await bothWays(directory, { after, unproven });
        expect(sync, `after ${after}`).toEqual(awaited);
        seen.add(JSON.stringify(sync));
      }
    }
    expect(seen.size).toBeGreaterThan(10);
  });

  it("refuses a damaged log as a reader does, or reads up to the damage", async () => {
    const directory = await writeLog();
    const segments = [...(await contentOf(directory))].filter(([path]) => path.endsWith(".wal")).sort(([a], [b]) => (a < b ? -1 : 1));
    const outcomes = new Set<string>();
    for (const [path, bytes] of segments) {
      for (const at of [5, 140, 400, bytes.length - 5]) {
        await writeFile(path, bytes.map((byte, i) => (i === at ? byte ^ 64 : byte)));
        for (const onDamage of ["refuse", "stop"] as const) {
          const [sync, awaited] = await bothWays(directory, { unproven: true, onDamage });
          expect(sync, `${path} at ${at}, ${onDamage}`).toEqual(awaited);
          outcomes.add((sync as { code?: string; end?: string }).code ?? `end ${(sync as { end?: string }).end}`);
        }
      }
      await truncate(path, bytes.length - 3);
      const [sync, awaited] = await bothWays(directory, { unproven: true });
      expect(sync, `${path} cut`).toEqual(awaited);
      await writeFile(path, bytes);
    }
    console.log([...outcomes].join(", "));
    for (const outcome of ["WAL_CORRUPT", "end clean", "end damaged"]) expect(outcomes).toContain(outcome);
  });

  it("answers with WAL_NOT_FOUND where there is no log, and with what is wrong with the directory", async () => {
    const directory = await freshDirectory();
    const file = join(directory, "file");
    await writeFile(file, "");
    expect(() => readWalSync(join(directory, "none"))).toThrow(expect.objectContaining({ code: "WAL_NOT_FOUND", file: join(directory, "none") }));
    expect(() => readWalSync(directory)).toThrow(expect.objectContaining({ code: "WAL_NOT_FOUND", file: directory }));
    expect(() => readWalSync(file)).toThrow(expect.objectContaining({ code: "WAL_IO", file }));
  });

  it("reads anew in every iteration, with what has become durable", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory);
    log.append(put("a", ""));
    await log.sync();
    const reader = readWalSync(directory, { unproven: true });
    expect([...reader].map(({ firstLsn }) => firstLsn)).toEqual([1]);
    log.append(put("b", ""));
    await log.close();
    expect([...reader].map(({ firstLsn }) => firstLsn)).toEqual([1, 2]);
    expect(reader.lastLsn).toBe(2);
    await rm(directory, { recursive: true });
    expect(() => [...reader]).toThrow(expect.objectContaining({ code: "WAL_NOT_FOUND" }));
  });

  it("reads entries of a codec, and refuses a log of another kind", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { codec: bytesCodec });
    log.append(Uint8Array.of(1, 2));
    await log.close();
    expect([...readWalSync(directory, { codec: bytesCodec })].map(({ entries }) => entries)).toEqual([[Uint8Array.of(1, 2)]]);
    expect(() => readWalSync(directory)).toThrow(expect.objectContaining({ code: "WAL_CODEC_MISMATCH" }));
  });

  it("reads in chunks, takes short reads for what they are, and makes a failing disk's error one of the log", async () => {
    const disk = createSimulatedDisk();
    const log = await openWal("/log", { disk, syncInterval: Number.POSITIVE_INFINITY });
    for (let i = 0; i < 30; i++) {
      log.append({ type: "put", key: new Uint8Array(1), value: new Uint8Array(100_000) });
      await log.sync();
    }
    await log.close();
    let largest = 0;
    const asked: number[] = [];
    const reads = {
      statSync: (path: string) => disk.statSync(path),
      listSync: (path: string) => disk.listSync(path),
      readSync(path: string, position: number, target: Uint8Array) {
        largest = Math.max(largest, target.length);
        asked.push(position);
        return disk.readSync(path, position, target.subarray(0, 100_003));
      },
    };
    expect([...readWalSync("/log", { disk: reads })]).toHaveLength(30);
    expect(largest).toBe(1024 * 1024);
    disk.plan(({ kind, position }) => (kind === "read" && position === 128 ? { kind: "error", errno: "EIO" } : undefined));
    expect(() => readWalSync("/log", { disk })).toThrow(expect.objectContaining({ code: "WAL_IO", file: "/log/0000000000000001.wal", offset: 128 }));
  });

  it("refuses wrong options before anything is read", () => {
    const wrong: unknown[] = [{ after: "3" }, { after: -1 }, { unproven: 1 }, { onDamage: "repair" }, null];
    for (const options of wrong) expect(() => readWalSync("/nowhere", options as WalSyncOptions), JSON.stringify(options)).toThrow(/must be|is "refuse"/);
    expect(() => readWalSync("")).toThrow(TypeError);
    expect(nodeDisk.statSync("/nowhere")).toBeUndefined();
  });
});
