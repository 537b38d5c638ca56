import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openWal, openWalReader, verifyWal, type WalOptions } from "../src/index.ts";
import { contentOf, freshDirectory, lsnsOf, put, readAll } from "./logs.ts";

/** Four records to a segment of 1,024 bytes, each in a batch of its own. */
async function write(directory: string, records: number, options: WalOptions = {}): Promise<void> {
  const log = await openWal(directory, { segmentSize: 1024, ...options });
  for (let i = 0; i < records; i++) {
    log.append(put(`${log.lastLsn + 1}`, "x".repeat(200)));
    await log.sync();
  }
  await log.close();
}

const segmentPath = (directory: string, number: number): string => join(directory, `${number.toString(16).padStart(16, "0")}.wal`);

async function flip(file: string, offset: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[offset] = (bytes[offset] as number) ^ 0x10;
  await writeFile(file, bytes);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const lsns = async (directory: string): Promise<number[]> => lsnsOf(await readAll(await openWalReader(directory), { unproven: true }));

/** Twenty records; the eleventh, in the third segment, is damaged. */
async function damagedLog(): Promise<string> {
  const directory = await freshDirectory();
  await write(directory, 20);
  await flip(segmentPath(directory, 3), 128 + 49 + 2 * (48 + 206) + 100);
  await expect(openWal(directory)).rejects.toMatchObject({ code: "WAL_CORRUPT", lsn: 11 });
  return directory;
}

describe("reading a damaged log", () => {
  it("stops before the damage when that is asked for, and says so", async () => {
    const directory = await damagedLog();
    const before = await contentOf(directory);
    const reader = await openWalReader(directory, { onDamage: "stop" });
    expect(lsnsOf(await readAll(reader))).toEqual(range(1, 10));
    const { damage } = reader.end;
    const { size } = await stat(segmentPath(directory, 3));
    expect(damage).toMatchObject({ code: "WAL_CORRUPT", lsn: 11 });
    expect(reader.end).toEqual({ kind: "damaged", damage, file: "0000000000000003.wal", offset: damage?.offset, bytes: size - (damage?.offset ?? 0) });
    await expect(readAll(await openWalReader(directory))).rejects.toMatchObject({ code: "WAL_CORRUPT", lsn: 11 });
    expect(await verifyWal(directory)).toMatchObject({ verdict: "damaged", damage: { code: "WAL_CORRUPT", lsn: 11 }, lastLsn: 10 });
    expect(await contentOf(directory)).toEqual(before);
  });

  it("says so too where all is whole before a segment whose header can't be read", async () => {
    const directory = await freshDirectory();
    await write(directory, 20);
    await flip(segmentPath(directory, 5), 30);
    const { size } = await stat(segmentPath(directory, 4));
    const reader = await openWalReader(directory, { onDamage: "stop" });
    expect(lsnsOf(await readAll(reader, { unproven: true }))).toEqual(range(1, 16));
    expect(reader.end).toMatchObject({ kind: "damaged", damage: { code: "WAL_CORRUPT", file: segmentPath(directory, 5) }, file: "0000000000000004.wal" });
    expect(reader.end.offset + reader.end.bytes).toBe(size);
  });

  it("refuses by default, and refuses words that it doesn't know", async () => {
    const directory = await damagedLog();
    await expect(openWal(directory, { onDamage: "ignore" as "stop" })).rejects.toThrow(TypeError);
    await expect(openWalReader(directory, { onDamage: "ignore" as "stop" })).rejects.toThrow(TypeError);
    await expect(openWal(directory, { after: 3 })).rejects.toThrow(TypeError);
    await expect(openWal(directory, { onDamage: "stop", after: -1 })).rejects.toThrow(RangeError);
  });
});

describe("writing on behind damage", () => {
  it("goes on after the last record before it, and gives no number again that may have been lost", async () => {
    const directory = await damagedLog();
    const log = await openWal(directory, { onDamage: "stop" });
    expect(log.lastLsn).toBe(10);
    expect(log.end).toMatchObject({ kind: "damaged", damage: { code: "WAL_CORRUPT" } });
    const next = log.append(put("on", ""));
    expect(next).toBeGreaterThan(20);
    expect([log.counts(10), log.counts(11), log.counts(20)]).toEqual([true, false, false]);
    await log.close();
    expect(await lsns(directory)).toEqual([...range(1, 10), next]);
    await (await openWal(directory)).close();
    expect(await verifyWal(directory)).toMatchObject({ verdict: "ok" });
  });

  it("erases nothing: what a segment held is still there, byte for byte", async () => {
    const directory = await damagedLog();
    const before = await contentOf(directory);
    await (await openWal(directory, { onDamage: "stop", after: 4 })).close();
    const after = await contentOf(directory);
    for (const [path, bytes] of before) if (path.endsWith(".wal")) expect(after.get(path), path).toEqual(bytes);
  });

  it("goes on from the state that was recovered", async () => {
    const directory = await damagedLog();
    const log = await openWal(directory, { onDamage: "stop", after: 7 });
    expect(lsnsOf(await readAll(log))).toEqual(range(1, 7));
    const next = log.append(put("on", ""));
    await log.close();
    expect(await lsns(directory)).toEqual([...range(1, 7), next]);
  });

  it("takes what is before the damage out of use when the state is past it", async () => {
    const directory = await damagedLog();
    const log = await openWal(directory, { onDamage: "stop", after: 15 });
    expect([log.startsAfter, log.lastLsn]).toEqual([15, 15]);
    const next = log.append(put("on", ""));
    await log.close();
    const reader = await openWalReader(directory);
    expect(lsnsOf(await readAll(reader, { after: 15 }))).toEqual([next]);
    await expect(readAll(reader, { after: 10 })).rejects.toMatchObject({ code: "WAL_TRUNCATED" });
  });

  it("refuses a position that a fence took out of use, and changes nothing", async () => {
    const directory = await freshDirectory();
    await write(directory, 8);
    const log = await openWal(directory, { segmentSize: 1024 });
    await log.truncateAfter(5);
    log.append(put("9", "x".repeat(200)));
    await log.close();
    const newest = [...(await contentOf(directory)).keys()].filter((path) => path.endsWith(".wal")).sort().at(-1) as string;
    await flip(newest, 128 + 49 + 60);
    const before = await contentOf(directory);
    await expect(openWal(directory, { onDamage: "stop", after: 7 })).rejects.toMatchObject({ code: "WAL_POSITION_FENCED" });
    expect(await contentOf(directory)).toEqual(before);
    const on = await openWal(directory, { onDamage: "stop", after: 5 });
    expect(lsnsOf(await readAll(on))).toEqual(range(1, 5));
    await on.close();
  });

  it("has no effect on a log that is whole", async () => {
    const directory = await freshDirectory();
    await write(directory, 8);
    const log = await openWal(directory, { onDamage: "stop", after: 3 });
    expect(log.lastLsn).toBe(8);
    expect(log.append(put("9", ""))).toBe(9);
    await log.close();
    expect(await lsns(directory)).toEqual(range(1, 9));
  });

  it("sets a segment aside whose header can't be read, and keeps its bytes", async () => {
    const directory = await freshDirectory();
    await write(directory, 20);
    const bytes = await readFile(segmentPath(directory, 3));
    await flip(segmentPath(directory, 3), 30);
    await expect(openWal(directory)).rejects.toMatchObject({ code: "WAL_CORRUPT", file: segmentPath(directory, 3) });
    const log = await openWal(directory, { onDamage: "stop" });
    expect(lsnsOf(await readAll(log))).toEqual(range(1, 8));
    expect(log.append(put("on", ""))).toBeGreaterThan(20);
    await log.close();
    const aside = await readFile(`${segmentPath(directory, 3)}.damaged`);
    expect(aside.filter((byte, i) => byte !== bytes[i]).length).toBe(1);
    await (await openWal(directory)).close();
    expect(await verifyWal(directory)).toMatchObject({ verdict: "ok" });
  });

  it.each([
    { what: "the newest segment", number: 5, kept: range(1, 16) },
    { what: "the oldest segment", number: 1, kept: range(5, 20) },
    { what: "a segment in the middle", number: 3, kept: range(1, 8) },
  ])("goes on when $what was lost", async ({ number, kept }) => {
    const directory = await freshDirectory();
    await write(directory, 20);
    await rm(segmentPath(directory, number));
    await expect(openWal(directory)).rejects.toMatchObject({ name: "WalError" });
    const log = await openWal(directory, { onDamage: "stop" });
    expect(lsnsOf(await readAll(log))).toEqual(kept);
    const next = log.append(put("on", ""));
    expect(next).toBeGreaterThan(20);
    await log.close();
    await (await openWal(directory)).close();
    expect(await lsns(directory)).toEqual([...kept, next]);
  });

  it("refuses a log of which no header can be read, whatever is asked", async () => {
    const directory = await freshDirectory();
    await write(directory, 2);
    await flip(segmentPath(directory, 1), 30);
    const before = await contentOf(directory);
    await expect(openWal(directory, { onDamage: "stop" })).rejects.toMatchObject({ code: "WAL_CORRUPT" });
    await rename(segmentPath(directory, 1), `${segmentPath(directory, 1)}.kept`);
    await expect(openWal(directory, { onDamage: "stop" })).rejects.toMatchObject({ code: "WAL_LOST_SEGMENT" });
    await rename(`${segmentPath(directory, 1)}.kept`, segmentPath(directory, 1));
    expect(await contentOf(directory)).toEqual(before);
  });
});
