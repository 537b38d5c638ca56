import { createSimulatedDisk, type DiskImage, type SimulatedDisk } from "@laminar/disk/testing";
import { expect, it } from "vitest";
import { isCorruption, openWal } from "../src/index.ts";
import { readLogImage } from "../src/testing/index.ts";
import { put } from "./logs.ts";

const DIRECTORY = "/log";
const RECORDS = 14;
const AFTER = 7;

/** A disk that holds `files`, all of it durable. */
async function diskOf(files: ReadonlyMap<string, Uint8Array>): Promise<SimulatedDisk> {
  const disk = createSimulatedDisk();
  await disk.makeDirectory(DIRECTORY);
  await disk.syncDirectory("/");
  for (const [path, bytes] of files) {
    const file = await disk.create(path);
    if (bytes.length > 0) file.writeSync(0, bytes);
    await file.sync();
    await file.close();
  }
  await disk.syncDirectory(DIRECTORY);
  return disk;
}

/** A log whose third segment is damaged at its second record, or in its header. */
async function damaged(offset: number): Promise<SimulatedDisk> {
  const disk = createSimulatedDisk();
  const log = await openWal(DIRECTORY, { disk, segmentSize: 1024 });
  for (let i = 1; i <= RECORDS; i++) {
    log.append(put(`${i}`, "x".repeat(200)));
    await log.sync();
  }
  await log.close();
  const files = new Map([...disk.killed().files].filter(([path]) => !path.includes("LOCK")));
  const third = `${DIRECTORY}/0000000000000003.wal`;
  files.set(third, (files.get(third) as Uint8Array).map((byte, i) => (i === offset ? byte ^ 1 : byte)));
  return diskOf(files);
}

const lsnsOf = (image: DiskImage): number[] => readLogImage({ directory: DIRECTORY, files: image.files }).batches.map(({ firstLsn }) => firstLsn);

it.each([
  { where: "a record", offset: 500 },
  { where: "a header", offset: 60 },
])("goes on behind damage of $where in one step: after a crash it is refused as before, or goes on from the position", async ({ offset }) => {
  const disk = await damaged(offset);
  const images: DiskImage[] = [];
  disk.beforeEach(({ kind }) => {
    if (["write", "sync", "create", "rename", "syncDirectory", "remove"].includes(kind)) images.push(disk.killed(), ...disk.powerCuts({ limit: 64 }));
  });
  const log = await openWal(DIRECTORY, { disk, onDamage: "stop", after: AFTER });
  log.append(put("on", ""));
  await log.close();
  images.push(disk.killed());
  let refused = 0;
  for (const image of new Map(images.map((each) => [each.hash, each])).values()) {
    const seen = { lsns: [] as number[] };
    try {
      seen.lsns = lsnsOf(image);
      expect(seen.lsns.slice(0, AFTER)).toEqual(Array.from({ length: AFTER }, (_, i) => i + 1));
      expect(seen.lsns.slice(AFTER).every((lsn) => lsn > RECORDS)).toBe(true);
    } catch (error) {
      if (!isCorruption(error)) throw error;
      refused++;
    }
    const mounted = image.mount();
    const again = await openWal(DIRECTORY, { disk: mounted, onDamage: "stop", after: AFTER });
    expect(again.append(put("again", ""))).toBeGreaterThan(RECORDS);
    await again.close();
    expect(lsnsOf(mounted.killed()).slice(0, AFTER)).toEqual(Array.from({ length: AFTER }, (_, i) => i + 1));
  }
  console.log(`${images.length} images of a crash while going on, ${refused} refused as before, 0 with a record that was left behind`);
  expect(refused).toBeGreaterThan(0);
});
