import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { openWal, openWalReader } from "../src/index.ts";
import { parseLogNames } from "../src/segment-names.ts";
import { lsnsOf, put, readAll, seeded } from "./logs.ts";

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
