import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { openWal, openWalReader } from "../src/index.ts";
import { parseLogNames } from "../src/segment-names.ts";
import { freshDirectory, lsnsOf, put, readAll, seeded } from "./logs.ts";
import { encodeEntry } from "./model/model-entries.ts";
import { encodeBatch, encodeHead, END_BYTE } from "./model/model-format.ts";
import { nameOf } from "./model/model-reader.ts";

const DIRECTORY = "/log";
const LIVES = 300;

describe.each([
  { how: "killed", segmentSize: 64 * 1024 * 1024 },
  { how: "killed", segmentSize: 4096 },
  { how: "closed", segmentSize: 64 * 1024 * 1024 },
  { how: "closed", segmentSize: 4096 },
  { how: "cut off from power", segmentSize: 64 * 1024 * 1024 },
])("a program that is started $how again and again, segments of $segmentSize bytes", ({ how, segmentSize }) => {
  it("keeps every record and piles up no segments", async () => {
    const seed = 99;
    const random = seeded(seed);
    let disk = createSimulatedDisk();
    let most = 0;
    for (let life = 1; life <= LIVES; life++) {
      const log = await openWal(DIRECTORY, { disk, segmentSize, syncInterval: Number.POSITIVE_INFINITY });
      expect(log.lastLsn, `seed ${seed}, life ${life}`).toBe(life - 1);
      log.append(put(`${life}`, "x".repeat(Math.floor(random() * 300))));
      await log.sync();
      const names = (await disk.list(DIRECTORY)).map(({ name }) => name);
      most = Math.max(most, parseLogNames(names).segments.length);
      if (how === "closed") await log.close();
      else disk = how === "killed" ? disk.killed().mount() : cutOff(disk, random);
    }
    const reader = await openWalReader(DIRECTORY, { disk });
    expect(lsnsOf(await readAll(reader, { unproven: true }))).toEqual(Array.from({ length: LIVES }, (_, i) => i + 1));
    const bytes = LIVES * 300;
    console.log(`${LIVES} lives, ${how}: never more than ${most} segments of ${segmentSize}`);
    expect(most).toBeLessThanOrEqual(10 + (2 * bytes) / segmentSize);
  });
});

function cutOff(disk: ReturnType<typeof createSimulatedDisk>, random: () => number): ReturnType<typeof createSimulatedDisk> {
  const images = [...disk.powerCuts({ limit: 8, seed: Math.floor(random() * 1000) })];
  return (images[Math.floor(random() * images.length)] as (typeof images)[number]).mount();
}

describe("a log of 10,000 small segments", () => {
  it("opens, is read whole, and is written on, on the real disk", async () => {
    const directory = await freshDirectory();
    const count = 10_000;
    for (let number = 1; number <= count; number++) {
      const head = encodeHead({ logId: "00".repeat(16), entryKind: 1, number, salt: number, continuesAfter: number - 1, baseLsn: number, oldestLsn: 1 });
      const body = Buffer.concat([encodeEntry(put(`${number}`, "x")), Uint8Array.of(END_BYTE)]);
      const batch = encodeBatch(number, head.length, { firstLsn: number, count: 1, flags: 0, session: 1, durableLsn: number - 1 }, body);
      await writeFile(join(directory, nameOf(number, ".wal")), Buffer.concat([head, batch]));
    }
    await writeFile(join(directory, nameOf(count, ".head")), "");
    const started = performance.now();
    const reader = await openWalReader(directory);
    const opened = performance.now();
    expect(lsnsOf(await readAll(reader, { unproven: true }))).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    const read = performance.now();
    const log = await openWal(directory);
    const open = performance.now();
    console.log(`${count} segments: a reader opens in ${Math.round(opened - started)} ms and reads all in ${Math.round(read - opened)} ms; a writer opens in ${Math.round(open - read)} ms`);
    expect(log.append(put("on", ""))).toBe(count + 1);
    await log.close();
    expect((await openWalReader(directory)).lastLsn).toBe(count + 1);
  }, 300_000);
});

describe("a log that is opened without being written", () => {
  it("writes nothing once small segments were gathered", async () => {
    const disk = createSimulatedDisk();
    for (let life = 0; life < 3; life++) {
      const log = await openWal(DIRECTORY, { disk });
      log.append(put(`${life}`, ""));
      await log.close();
    }
    await (await openWal(DIRECTORY, { disk })).close();
    const before = disk.killed().hash;
    for (let life = 0; life < 3; life++) await (await openWal(DIRECTORY, { disk })).close();
    expect(disk.killed().hash).toBe(before);
  });
});

describe("a temporary name that a crash left", () => {
  it("goes with the next opening, whether it is half a rename's or that of a publish that never finished; what isn't the log's stays", async () => {
    const disk = createSimulatedDisk();
    const log = await openWal(DIRECTORY, { disk });
    log.append(put("1", "x"));
    await log.close();
    const left = ["0000000000000001.wal.tmp", "0000000000000007.wal.tmp", "1.wal.tmp", "notes.tmp"];
    for (const name of left) await (await disk.create(`${DIRECTORY}/${name}`)).close();
    const again = await openWal(DIRECTORY, { disk });
    expect(lsnsOf(await readAll(again))).toEqual([1]);
    const names = disk.listSync(DIRECTORY).map(({ name }) => name);
    expect(left.filter((name) => names.includes(name))).toEqual(["1.wal.tmp", "notes.tmp"]);
    await again.close();
  });

  it("stays where the opening is refused", async () => {
    const disk = createSimulatedDisk();
    await (await openWal(DIRECTORY, { disk })).close();
    await (await disk.create(`${DIRECTORY}/0000000000000009.wal.tmp`)).close();
    await (await disk.create(`${DIRECTORY}/0000000000000003.head`)).close();
    await expect(openWal(DIRECTORY, { disk })).rejects.toThrow();
    expect(disk.listSync(DIRECTORY).map(({ name }) => name)).toContain("0000000000000009.wal.tmp");
  });
});
