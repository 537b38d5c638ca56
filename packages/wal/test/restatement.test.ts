import { createSimulatedDisk, type DiskImage } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { openWal, openWalReader } from "../src/index.ts";
import { lsnsOf, put, readAll } from "./logs.ts";
import { keyOf } from "./model/crash-lives.ts";
import { logFiles } from "./model/subject.ts";
import { wrapDisk } from "./wrapped-disk.ts";

const DIRECTORY = "/log";

/** One batch that nothing on disk proves, in a segment that isn't read with its header. */
async function unprovenLog(): Promise<DiskImage> {
  const disk = createSimulatedDisk();
  const log = await openWal(DIRECTORY, { disk });
  log.append(put("a", "x".repeat(9000)));
  await log.sync();
  return disk.killed();
}

describe("what an open states again", () => {
  it("is read and verified once more: bytes that have changed meanwhile are refused, and nothing is written", async () => {
    const image = await unprovenLog();
    const disk = image.mount();
    let reads = 0;
    const wrapped = wrapDisk(disk, {
      read: async (really, target) => {
        const got = await really();
        if (target.length >= 9000 && ++reads === 2) target[4000] = 0x79;
        return got;
      },
    });
    await expect(openWal(DIRECTORY, { disk: wrapped })).rejects.toMatchObject({ code: "WAL_IO", lsn: 1, message: expect.stringContaining("read once more, doesn't") });
    expect(reads).toBe(2);
    expect(keyOf(logFiles(disk.killed().files))).toBe(keyOf(logFiles(image.files)));
    expect(disk.openFiles).toBe(0);
    await (await openWal(DIRECTORY, { disk })).close();
    expect(lsnsOf(await readAll(await openWalReader(DIRECTORY, { disk })))).toEqual([1]);
  });

  it("is read in large pieces, however many batches it is", async () => {
    const first = createSimulatedDisk();
    const log = await openWal(DIRECTORY, { disk: first, maxBatchSize: 64, syncInterval: Number.POSITIVE_INFINITY });
    // Each fills a batch, which is written at once; nothing says of any that it is durable.
    for (let i = 0; i < 3000; i++) log.append(put("a", `${i}`.padStart(64)));
    const disk = first.killed().mount();
    await (await openWal(DIRECTORY, { disk })).close();
    const reads = disk.operations.filter(({ kind, path }) => kind === "read" && path.endsWith(".wal"));
    console.log(`${reads.length} reads to open a log of 3000 batches that have to be stated again`);
    expect(reads.length).toBeLessThan(20);
    expect(lsnsOf(await readAll(await openWalReader(DIRECTORY, { disk })))).toHaveLength(3000);
  });
});
