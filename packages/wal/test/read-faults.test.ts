import { createSimulatedDisk, type DiskImage, type Fault, type Operation, type SimulatedDisk } from "@laminar/disk/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isCorruption, isWalError, openWal, openWalReader, readWalSync, verifyWal, walSize } from "../src/index.ts";
import { DIRECTORY, FaultProgram } from "./fault-program.ts";
import { commit, put, readAll } from "./logs.ts";
import { keyOf } from "./model/crash-lives.ts";
import { logFiles } from "./model/subject.ts";
import { outcomeOf, rest, UnhandledRejections } from "./settling.ts";
import { wrapDisk } from "./wrapped-disk.ts";

const ERRNOS = ["EIO", "ENOSPC", "EDQUOT", "EMFILE", "EACCES", "EROFS", "EINTR", "EBUSY"];

const rejections = new UnhandledRejections();
beforeEach(() => rejections.watch());
afterEach(() => rejections.end());

/** A log of several small segments with a fence, whose last batch isn't proven. */
async function smallLog(): Promise<DiskImage> {
  const disk = createSimulatedDisk();
  const program = new FaultProgram(disk);
  const images: DiskImage[] = [];
  disk.beforeEach(({ kind }) => void (kind === "sync" && images.push(disk.killed())));
  await program.run();
  return images.at(-3) as DiskImage;
}

/** One whose segments are too large to be read with their headers. */
async function largeLog(): Promise<DiskImage> {
  const disk = createSimulatedDisk();
  const log = await openWal(DIRECTORY, { disk, segmentSize: 8192 });
  for (let i = 1; i <= 8; i++) {
    log.appendAll([put(`${i}`, "x".repeat(2500)), commit(i)]);
    await log.sync();
  }
  await log.truncateAfter(14);
  log.append(put("last", "y".repeat(5000)));
  await log.sync();
  return disk.killed();
}

const LOGS: readonly { readonly size: string; readonly killedLog: () => Promise<DiskImage> }[] = [
  { size: "small", killedLog: smallLog },
  { size: "large", killedLog: largeLog },
];
/** What reads a log, and what it gives, as text. */
const READERS: Record<string, (disk: SimulatedDisk) => Promise<unknown>> = {
  openWal: async (disk) => {
    const log = await openWal(DIRECTORY, { disk, segmentSize: 1024 });
    // What is behind the opening is another's matter.
    disk.plan(undefined);
    const { lastLsn } = log;
    await log.close();
    return lastLsn;
  },
  openWalReader: async (disk) => {
    const reader = await openWalReader(DIRECTORY, { disk });
    return [reader.startsAfter, reader.firstLsn, reader.lastLsn, reader.end.kind];
  },
  "openWalReader, and reading all": async (disk) => readAll(await openWalReader(DIRECTORY, { disk }), { unproven: true }),
  readWalSync: async (disk) => [...readWalSync(DIRECTORY, { disk, unproven: true })],
  verifyWal: async (disk) => {
    const { verdict, records, lastLsn } = await verifyWal(DIRECTORY, { disk });
    return [verdict, records, lastLsn];
  },
  walSize: async (disk) => walSize(DIRECTORY, { disk }),
};

const textOf = (value: unknown): string => JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}` : part instanceof Map ? [...part] : part instanceof Uint8Array ? [...part] : part));

class Counts {
  injections = 0;
  refused = 0;
  same = 0;
}

/** Reads with a fault. It must give what it gives without one, or WAL_IO: never an end of the log, never damage. */
async function readWith(image: DiskImage, read: (disk: SimulatedDisk) => Promise<unknown>, plan: (operation: Operation) => Fault | undefined, whole: string, what: string, counts: Counts): Promise<void> {
  const disk = image.mount();
  disk.plan(plan);
  const outcome = await outcomeOf(disk, what, read(disk));
  counts.injections++;
  if ("error" in outcome) {
    expect(isWalError(outcome.error), `${what} gives ${String(outcome.error)}`).toBe(true);
    expect(isCorruption(outcome.error), `${what} gives ${String(outcome.error)}`).toBe(false);
    expect(outcome.error, what).toMatchObject({ code: "WAL_IO" });
    counts.refused++;
    const wrote = disk.operations.some(({ kind, path }) => kind === "create" && path.endsWith(".tmp"));
    if (!wrote) expect(keyOf(logFiles(disk.killed().files)), `${what}: what it left`).toBe(keyOf(logFiles(image.files)));
  } else {
    expect(textOf(outcome.value), what).toBe(whole);
    counts.same++;
  }
  expect(disk.openFiles, `${what}: handles`).toBe(0);
}

const CASES = Object.keys(READERS).flatMap((name) => LOGS.map((log) => ({ name, ...log })));

describe.each(CASES)("$name of a log of $size segments, on a disk that fails", ({ name, size, killedLog }) => {
  const read = READERS[name] as (disk: SimulatedDisk) => Promise<unknown>;

  it("says WAL_IO for every error at every operation, never that the log ends there or is damaged", async () => {
    const image = await killedLog();
    const disk = image.mount();
    const whole = textOf(await read(disk));
    const operations = [...disk.operations];
    const counts = new Counts();
    for (const errno of ERRNOS) {
      for (const { index: at, kind, path } of operations) {
        const fault: Fault = { kind: "error", errno };
        await readWith(image, read, ({ index }) => (index === at ? fault : undefined), whole, `${errno} once at operation ${at}, ${kind} ${path}`, counts);
        await readWith(image, read, ({ index }) => (index >= at ? fault : undefined), whole, `${errno} from operation ${at} on, ${kind} ${path}`, counts);
      }
    }
    await rest(1);
    expect(rejections.seen).toEqual([]);
    console.log(`${name}, ${size} segments: ${counts.injections} faults at ${operations.length} operations, ${counts.refused} said WAL_IO, ${counts.same} had no effect, 0 taken for an end or for damage`);
    expect(counts.refused).toBeGreaterThan(operations.length);
  }, 600_000);

});

describe.each(CASES.filter(({ name }) => name !== "walSize"))("$name of a log of $size segments, on a disk that gives less than it was asked for", ({ name, killedLog }) => {
  const read = READERS[name] as (disk: SimulatedDisk) => Promise<unknown>;

  it("reads on, and gives the same", async () => {
    const image = await killedLog();
    const disk = image.mount();
    const whole = textOf(await read(disk));
    const counts = new Counts();
    for (const { index: at, kind, length = 0 } of disk.operations.slice()) {
      if (kind !== "read") continue;
      for (const bytes of [1, length >> 1, length - 1].filter((some) => some > 0)) {
        await readWith(image, read, ({ index }) => (index === at ? { kind: "short", bytes } : undefined), whole, `${bytes} bytes at operation ${at}`, counts);
      }
    }
    await readWith(image, read, (operation) => (operation.kind === "read" ? { kind: "short", bytes: 3 } : undefined), whole, "3 bytes at a time", counts);
    expect(counts.same).toBe(counts.injections);
  });

  it("says WAL_IO when the file ends before its length, and stays so", async () => {
    const image = await killedLog();
    const reads = image.mount();
    const whole = textOf(await read(reads));
    const count = reads.operations.filter(({ kind }) => kind === "read").length;
    for (let at = 0; at < count; at++) {
      for (const until of [at, Number.POSITIVE_INFINITY]) {
        let seen = -1;
        const disk = image.mount();
        const isShort = (): boolean => ++seen >= at && seen <= until;
        const short = wrapDisk(disk, { read: async (really) => (isShort() ? 0 : really()), readSync: (really) => (isShort() ? 0 : really()) });
        const outcome = await outcomeOf(disk, `read ${at}`, read(Object.assign(short, { plan: () => undefined }) as unknown as SimulatedDisk));
        // Once, it may have been a live writer's work, and a second look is the truth.
        if (until === at && "value" in outcome) expect(textOf(outcome.value), `read ${at}`).toBe(whole);
        else expect(outcome, `read ${at} of ${count}`).toMatchObject({ error: { name: "WalError", code: "WAL_IO" } });
        expect(disk.openFiles).toBe(0);
      }
    }
  });
});
