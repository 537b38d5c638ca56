import { createSimulatedDisk, type DiskImage, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { isCorruption, isWalError, openWal } from "../src/index.ts";
import type { Oracle } from "./crash-oracle.ts";
import { DIRECTORY, FaultProgram, recordsIn } from "./fault-program.ts";
import { lsnsOf, readAll } from "./logs.ts";
import { type Hooks, wrapDisk } from "./wrapped-disk.ts";

/*
 * After a sync has failed, what a file system says and shows next differs: pages count as clean though they were never
 * written, or show again what was there before; the error comes late, or to somebody else, or nothing comes at all.
 */

const IMAGES = 24;

class Counts {
  syncs = 0;
  poisoned = 0;
  images = 0;
  refused = 0;

  toString(): string {
    return `${this.syncs} syncs, ${this.poisoned} reported to the log and poisoned it, ${this.images} images after kills and power cuts`;
  }
}

/** How many syncs of files, or of directories, the program does when all is well. */
async function syncsOf(kind: "sync" | "syncDirectory"): Promise<number> {
  const disk = createSimulatedDisk();
  await new FaultProgram(disk).run();
  return disk.operations.filter((operation) => operation.kind === kind).length;
}

/** Fails the sync at `at`, counted among its kind, as the disk does it: what it covered is lost, later ones say yes. */
function failSync(disk: SimulatedDisk, kind: "sync" | "syncDirectory", at: number): void {
  let seen = 0;
  disk.plan((operation) => (operation.kind === kind && seen++ === at ? { kind: "error", errno: "EIO" } : undefined));
}

function judge(image: DiskImage, oracle: Oracle, what: string, counts: Counts): void {
  expect(oracle.judge(recordsIn(image.files)), what).toBeUndefined();
  counts.images++;
}

/** Power may go now; or the process dies, another goes on, and then the power goes. */
async function judgeAfter(disk: SimulatedDisk, oracle: Oracle, what: string, counts: Counts): Promise<void> {
  disk.plan(undefined);
  for (const image of disk.powerCuts({ limit: IMAGES })) judge(image, oracle, `${what}, power cut`, counts);
  const killed = disk.killed();
  judge(killed, oracle, `${what}, killed`, counts);
  await judgeNextLife(killed.mount(), oracle.copy(), what, counts);
}

async function judgeNextLife(disk: SimulatedDisk, oracle: Oracle, what: string, counts: Counts): Promise<void> {
  const log = await openWal(DIRECTORY, { disk });
  oracle.observe(recordsIn(disk.killed().files));
  // From here on it was shown.
  for (const image of disk.powerCuts({ limit: IMAGES })) judge(image, oracle, `${what}, power cut after the next open`, counts);
  const id = 1_000_000;
  oracle.submit({ lsn: log.append({ type: "checkpoint", id }), id });
  oracle.acknowledge(await log.sync());
  await log.close();
  for (const image of disk.powerCuts({ limit: IMAGES })) judge(image, oracle, `${what}, power cut at the end`, counts);
}

const poisonOf = (program: FaultProgram): boolean => program.failures.some(({ error }) => isWalError(error, "WAL_POISONED", "WAL_IO"));

describe.each(["sync", "syncDirectory"] as const)("a failed %s", (kind) => {
  it("whose pages or entries then count as clean, so that the next sync says yes", async () => {
    const counts = new Counts();
    const syncs = await syncsOf(kind);
    for (let at = 0; at < syncs; at++) {
      const disk = createSimulatedDisk();
      failSync(disk, kind, at);
      const program = new FaultProgram(disk);
      await program.run();
      counts.syncs++;
      if (poisonOf(program)) counts.poisoned++;
      await judgeAfter(disk, program.oracle, `${kind} ${at}`, counts);
    }
    console.log(`clean pages: ${kind}: ${counts.toString()}, 0 acknowledged lost`);
    expect([counts.syncs, counts.poisoned]).toEqual([syncs, syncs]);
  }, 600_000);

  it("that was reported to another process, when the log's own writer was killed before it asked", async () => {
    const counts = new Counts();
    const syncs = await syncsOf(kind);
    for (let at = 0; at < syncs; at++) {
      const { image, path, oracle } = await killedBefore(kind, at);
      // Whether a directory that stands there was ever made durable can't be found out; only its maker knows that it wasn't.
      if (path === "/") continue;
      const disk = image.mount();
      const other = disk.anotherProcess();
      failSync(other, kind, 0);
      await expect(kind === "sync" ? syncFile(other, path) : other.syncDirectory(path)).rejects.toThrow("EIO");
      counts.syncs++;
      await judgeNextLife(disk, oracle, `${kind} ${at}`, counts);
    }
    console.log(`reported to another: ${kind}: ${counts.toString()}, 0 shown or acknowledged lost`);
    expect(counts.syncs).toBeGreaterThanOrEqual(syncs - 2);
  }, 600_000);

  it("that never comes back: what it would have acknowledged isn't acknowledged, and the next process goes on", async () => {
    const counts = new Counts();
    const syncs = await syncsOf(kind);
    for (let at = 0; at < syncs; at++) {
      let seen = 0;
      const hang = (really: () => Promise<void>): Promise<void> => (seen++ === at ? new Promise(() => undefined) : really());
      const hooks: Hooks = kind === "sync" ? { sync: (_file, really) => hang(really) } : { syncDirectory: (_path, really) => hang(really) };
      const disk = createSimulatedDisk();
      const program = new FaultProgram(disk, wrapDisk(disk, hooks));
      await expect(program.run(), `${kind} ${at}`).rejects.toThrow("hangs");
      counts.syncs++;
      const { log, oracle } = program;
      if (log && !program.isClosing) {
        // A fence that is on its way may be seen already.
        expect([log.durableLsn, oracle.fence], "what is durable can be read meanwhile").toContain(lsnsOf(await readAll(log)).at(-1) ?? log.durableLsn);
      }
      disk.kill();
      await judgeAfter(disk, oracle, `${kind} ${at}`, counts);
    }
    console.log(`hangs: ${kind}: ${counts.toString()}, 0 acknowledged lost`);
    expect(counts.syncs).toBe(syncs);
  }, 600_000);
});

/** The state in which the program was killed, right before a sync. */
async function killedBefore(kind: "sync" | "syncDirectory", at: number): Promise<{ readonly image: DiskImage; readonly path: string; readonly oracle: Oracle }> {
  const disk = createSimulatedDisk();
  const program = new FaultProgram(disk);
  let seen = 0;
  let found: { readonly image: DiskImage; readonly path: string; readonly oracle: Oracle } | undefined;
  disk.beforeEach((operation) => {
    if (operation.kind === kind && seen++ === at) found = { image: disk.killed(), path: operation.path, oracle: program.oracle.copy() };
  });
  await program.run();
  if (!found) throw new Error(`there is no ${kind} ${at}`);
  return found;
}

/** Syncs a file of the log, which may have its temporary or its final name now. */
async function syncFile(disk: SimulatedDisk, path: string): Promise<void> {
  const names = [path, path.replace(/\.tmp$/, "")];
  for (const name of names) if (await disk.stat(name)) return (await disk.open(name)).sync();
  throw new Error(`${path} is gone`);
}

describe("a failed sync of a file", () => {
  it("after which the file shows again what was durable before", async () => {
    const counts = new Counts();
    const syncs = await syncsOf("sync");
    for (let at = 0; at < syncs; at++) {
      const disk = createSimulatedDisk();
      failSync(disk, "sync", at);
      const durable = new Map<unknown, Uint8Array>();
      const sync: Hooks["sync"] = async (file, really) => {
        try {
          await really();
          const bytes = new Uint8Array(await file.size());
          await file.read(0, bytes);
          durable.set(file, bytes);
        } catch (error) {
          const before = new Uint8Array(await file.size());
          before.set(durable.get(file) ?? new Uint8Array(0));
          await file.write(0, before);
          throw error;
        }
      };
      const program = new FaultProgram(disk, wrapDisk(disk, { sync }));
      await program.run();
      counts.syncs++;
      if (poisonOf(program)) counts.poisoned++;
      await judgeAfter(disk, program.oracle, `sync ${at}`, counts);
    }
    console.log(`reverted pages: ${counts.toString()}, 0 acknowledged lost`);
    expect([counts.syncs, counts.poisoned]).toEqual([syncs, syncs]);
  }, 600_000);

  it("that says yes, or whose error comes only with the next sync, is beyond any program: what was acknowledged before is kept, and no hole is ever read over", async () => {
    const counts = new Counts();
    const syncs = await syncsOf("sync");
    let reported = 0;
    for (let at = 0; at < syncs; at++) {
      const disk = createSimulatedDisk();
      failSync(disk, "sync", at);
      let lied: unknown;
      let before: Oracle | undefined;
      const sync: Hooks["sync"] = async (file, really) => {
        if (lied === file) {
          lied = undefined;
          reported++;
          throw await really().then(() => Object.assign(new Error("EIO"), { name: "DiskError", code: "DISK_IO" }));
        }
        await really().catch(() => {
          lied = file;
          before = program.oracle.copy();
        });
      };
      const program = new FaultProgram(disk, wrapDisk(disk, { sync }));
      const reportedBefore = reported;
      await program.run();
      counts.syncs++;
      if (reported > reportedBefore) {
        expect(poisonOf(program), `sync ${at}`).toBe(true);
        counts.poisoned++;
      }
      disk.plan(undefined);
      judge(disk.killed(), program.oracle, `sync ${at}, killed`, counts);
      for (const image of disk.powerCuts({ limit: IMAGES })) {
        counts.images++;
        if (!isPrefixOrRefused(image, program.oracle, before as Oracle, counts)) expect.fail(`sync ${at}: a power cut leaves ${JSON.stringify(recordsIn(image.files))}`);
      }
    }
    console.log(`late or no report: ${counts.toString()}, ${counts.refused} of them refused, the others a prefix with all that was acknowledged before`);
    expect(counts.poisoned).toBe(reported);
    expect(reported).toBeGreaterThan(5);
  }, 600_000);
});

/** Whether an image is refused, or holds a prefix of what was written with all that was acknowledged before the lie. */
function isPrefixOrRefused(image: DiskImage, oracle: Oracle, before: Oracle, counts: Counts): boolean {
  try {
    const found = recordsIn(image.files);
    const asBefore = oracle.copy();
    asBefore.acknowledged = Math.min(before.acknowledged, asBefore.submitted.length);
    return asBefore.judge(found) === undefined || before.judge(found) === undefined;
  } catch (error) {
    counts.refused++;
    return isCorruption(error);
  }
}

describe("a log whose sync never comes back", () => {
  it("refuses appends when too much waits, instead of taking all memory", async () => {
    const disk = createSimulatedDisk();
    let hangs = false;
    const log = await openWal(DIRECTORY, {
      disk: wrapDisk(disk, { sync: (_file, really) => (hangs ? new Promise(() => undefined) : really()) }),
      highWaterMark: 10_000,
    });
    hangs = true;
    log.append({ type: "checkpoint", id: 1 });
    void log.sync();
    await new Promise((resolve) => setImmediate(resolve));
    const fill = (): void => {
      for (let i = 0; i < 100; i++) log.append({ type: "put", key: new Uint8Array(1), value: new Uint8Array(1000) });
    };
    expect(fill).toThrow(expect.objectContaining({ code: "WAL_BACKPRESSURE" }));
    expect(log.durableLsn).toBe(0);
  });
});
