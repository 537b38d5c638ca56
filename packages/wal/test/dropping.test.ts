import { createSimulatedDisk, type DiskImage } from "@laminar/disk/testing";
import { expect, it } from "vitest";
import { openWal } from "../src/index.ts";
import { readLogImage } from "../src/testing/index.ts";
import { put } from "./logs.ts";

const DIRECTORY = "/log";

it("unlinks nothing at an open as long as the segment that takes it out of use may still vanish", async () => {
  const disk = createSimulatedDisk();
  const log = await openWal(DIRECTORY, { disk, segmentSize: 1024 });
  for (let i = 0; i < 12; i++) {
    log.append(put(`${i}`, "x".repeat(300)));
    await log.sync();
  }
  const killed: DiskImage[] = [];
  let renamed = false;
  disk.beforeEach((operation) => {
    if (renamed && operation.kind === "syncDirectory") killed.push(disk.killed());
    renamed = operation.kind === "rename";
  });
  await log.truncateBefore(10);
  expect(killed.length).toBe(1);

  const next = (killed[0] as DiskImage).mount();
  const images: DiskImage[] = [];
  next.beforeEach(() => images.push(...next.powerCuts()));
  await (await openWal(DIRECTORY, { disk: next, segmentSize: 1024 })).close();
  images.push(...next.powerCuts());
  for (const { files } of images) {
    const lsns = readLogImage({ directory: DIRECTORY, files }).batches.map(({ firstLsn }) => firstLsn);
    expect(lsns.slice(-3)).toEqual([10, 11, 12]);
  }
  console.log(`${images.length} states after a power cut, 0 refused`);
});

it("refuses a fence below what was let go, which would take with it what a segment still holds", async () => {
  const disk = createSimulatedDisk();
  const log = await openWal(DIRECTORY, { disk, segmentSize: 1024 });
  for (let i = 1; i <= 12; i++) {
    log.append(put(`${i}`, "x".repeat(300)));
    await log.sync();
  }
  const oldest = 6;
  await log.truncateBefore(oldest);
  const { startsAfter } = log;
  expect(startsAfter).toBeLessThan(oldest - 2);
  const hash = (): string => disk.killed().hash;
  const before = hash();
  await expect(log.truncateAfter(oldest - 2)).rejects.toThrow(RangeError);
  expect(hash()).toBe(before);
  await log.truncateAfter(oldest);
  await log.close();

  const lsns = readLogImage({ directory: DIRECTORY, files: disk.killed().files }).batches.map(({ firstLsn }) => firstLsn);
  expect(lsns).toEqual(Array.from({ length: oldest - startsAfter }, (_, i) => startsAfter + 1 + i));
});
