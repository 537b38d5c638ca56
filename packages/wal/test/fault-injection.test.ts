import { createSimulatedDisk, type Fault, type Operation, type SimulatedDisk } from "@laminar/disk/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isWalError, openWal } from "../src/index.ts";
import { DIRECTORY, FaultProgram, recordsIn } from "./fault-program.ts";
import { rest, UnhandledRejections } from "./settling.ts";

const ERRNOS = ["EIO", "ENOSPC", "EDQUOT", "EMFILE", "EACCES", "EROFS", "EINTR", "EBUSY"];
const IMAGES = 12;
const IS_PROOF = process.env["WAL_PROOF"] === "1";

const rejections = new UnhandledRejections();
beforeEach(() => rejections.watch());
afterEach(() => rejections.end());

class Counts {
  injections = 0;
  refusedAtOpen = 0;
  poisoned = 0;
  harmless = 0;
  images = 0;

  toString(): string {
    return `${this.injections} faults: ${this.refusedAtOpen} refused an open, ${this.poisoned} poisoned the log, ${this.harmless} had no effect; ${this.images} images afterwards, 0 acknowledged lost, 0 hangs, 0 handles left, 0 unhandled rejections`;
  }
}

/** The operations of the program when nothing fails. */
async function operationsWithoutFault(): Promise<readonly Operation[]> {
  const program = new FaultProgram(createSimulatedDisk());
  await program.run();
  expect(program.failures).toEqual([]);
  return program.disk.operations;
}

interface Fate {
  readonly what: string;
  readonly disk: SimulatedDisk;
  readonly program: FaultProgram;
}

/** Runs the program with faults, and holds how it answers against what is promised. */
async function runWith(plan: (operation: Operation) => Fault | undefined, what: string, counts: Counts, looksAfter = 0): Promise<Fate> {
  const disk = createSimulatedDisk();
  const program = new FaultProgram(disk);
  let hit: number | undefined;
  disk.plan((operation) => {
    const fault = plan(operation);
    if (fault !== undefined) hit ??= operation.index;
    return fault;
  });
  disk.beforeEach(({ index }) => {
    if (hit !== undefined && index > hit && index <= hit + looksAfter) judgeImages({ what: `${what}, soon after it`, disk, program }, counts);
  });
  await program.run();
  expect(hit, what).toBeDefined();
  const { failures, wrongAnswers } = program;
  for (const { call, error } of failures) expect(isWalError(error), `${what}: ${call} fails with ${String(error)}`).toBe(true);
  expect(wrongAnswers, what).toEqual([]);
  expect(disk.openFiles, `${what}: handles that are still open`).toBe(0);
  await rest(1);
  expect(rejections.seen, `${what}: rejections that nobody handles`).toEqual([]);
  counts.injections++;
  if (failures.some(({ error }) => isWalError(error, "WAL_POISONED"))) counts.poisoned++;
  else if (failures.length > 0) counts.refusedAtOpen++;
  else counts.harmless++;
  disk.plan(undefined);
  return { what, disk, program };
}

/** Nothing acknowledged is missing: after a kill, and after power cuts. */
function judgeImages({ what, disk, program }: Fate, counts: Counts): void {
  for (const image of [disk.killed(), ...disk.powerCuts({ limit: IMAGES })]) {
    expect(program.oracle.judge(recordsIn(image.files)), what).toBeUndefined();
    counts.images++;
  }
}

/** Opening again works on a disk that works again, and writing goes on, durably. */
async function goOn({ what, disk, program }: Fate): Promise<void> {
  const again = disk.killed().mount();
  const log = await openWal(DIRECTORY, { disk: again });
  expect(program.oracle.judge(recordsIn(again.killed().files)), `${what}, opened again`).toBeUndefined();
  const lsn = log.append({ type: "checkpoint", id: 1_000_000 });
  expect(await log.sync(), what).toBe(lsn);
  await log.close();
  for (const image of again.powerCuts({ limit: 4 })) expect(recordsIn(image.files).at(-1), what).toEqual({ lsn, id: 1_000_000 });
}

describe("a log whose disk fails", () => {
  it.each(ERRNOS)("tells everybody, hangs nobody, leaks nothing and loses nothing acknowledged: %s at every operation, once and for good", async (errno) => {
    const operations = await operationsWithoutFault();
    const counts = new Counts();
    const fault: Fault = { kind: "error", errno };
    for (const { index: at, kind, path } of operations) {
      const once = await runWith(({ index }) => (index === at ? fault : undefined), `${errno} once at operation ${at}, ${kind} ${path}`, counts);
      judgeImages(once, counts);
      await goOn(once);
      const forGood = await runWith(({ index }) => (index >= at ? fault : undefined), `${errno} from operation ${at} on, ${kind} ${path}`, counts);
      judgeImages(forGood, counts);
      // A new directory whose parent couldn't be synced, and that couldn't be removed again, stays unsynced whatever later syncs say.
      if (kind !== "syncDirectory" || path !== "/") await goOn(forGood);
    }
    console.log(`${errno}: ${counts.toString()}`);
    expect(counts.injections).toBe(2 * operations.length);
    expect(counts.poisoned).toBeGreaterThan(100);
  }, 600_000);

  it("goes on after a short read, and gives up after a short write of a batch, whatever a power cut leaves of that", async () => {
    const operations = await operationsWithoutFault();
    const counts = { read: new Counts(), write: new Counts() };
    for (const { index: at, kind, path, length = 0 } of operations) {
      if (kind !== "read" && kind !== "write") continue;
      for (const bytes of new Set([1, length >> 1, length - 1])) {
        if (bytes < 1 || bytes >= length) continue;
        const what = `${bytes} of ${length} bytes at operation ${at}, ${kind} ${path}`;
        const fate = await runWith(({ index }) => (index === at ? { kind: "short", bytes } : undefined), what, counts[kind], 3);
        judgeImages(fate, counts[kind]);
        await goOn(fate);
      }
      const slow = await runWith((operation) => (operation.index >= at && operation.kind === kind ? { kind: "short", bytes: 7 } : undefined), `7 bytes at a time from operation ${at} on`, counts[kind]);
      judgeImages(slow, counts[kind]);
      await goOn(slow);
    }
    console.log(`short reads: ${counts.read.toString()}`);
    console.log(`short writes: ${counts.write.toString()}`);
    expect(counts.read.harmless).toBe(counts.read.injections);
    expect(counts.write.poisoned).toBeGreaterThan(30);
  }, 600_000);

  it("loses nothing acknowledged when the disk is full after any number of bytes, and goes on when there is space again", async () => {
    const program = new FaultProgram(createSimulatedDisk());
    await program.run();
    const needed = [...program.disk.killed().files.values()].reduce((sum, { length }) => sum + length, 0) + 1500;
    const counts = new Counts();
    for (let bytes = 0; bytes < needed; bytes += IS_PROOF ? 1 : 23) {
      const disk = createSimulatedDisk();
      disk.limitSpace(bytes);
      const full = new FaultProgram(disk);
      await full.run();
      for (const { call, error } of full.failures) expect(isWalError(error), `${bytes} bytes: ${call} fails with ${String(error)}`).toBe(true);
      expect(full.wrongAnswers, `${bytes} bytes`).toEqual([]);
      expect(disk.openFiles, `${bytes} bytes`).toBe(0);
      counts.injections++;
      if (full.failures.length === 0) counts.harmless++;
      else if (full.failures.some(({ error }) => isWalError(error, "WAL_POISONED"))) counts.poisoned++;
      else counts.refusedAtOpen++;
      judgeImages({ what: `${bytes} bytes`, disk, program: full }, counts);
      await goOn({ what: `${bytes} bytes`, disk, program: full });
    }
    expect(rejections.seen).toEqual([]);
    console.log(`a full disk: ${counts.toString()}`);
    expect(counts.poisoned).toBeGreaterThan(20);
    expect(counts.harmless).toBeGreaterThan(0);
  }, 600_000);
});
