import type { Disk, DiskFile } from "@laminar/disk";
import { describe, expect, it } from "vitest";
import { nodeDisk, openWal, openWalReader } from "../src/index.ts";
import { nextTurn } from "./held-disk.ts";
import { freshDirectory, lsnsOf, put, readAll } from "./logs.ts";

/** The real disk with a clock that stands still, so that all its syncs count as quick. Counts those that were made at once. */
function quickDisk(beforeSync: (number: number) => void = () => undefined) {
  const counts = { syncs: 0 };
  const wrap = (file: DiskFile): DiskFile => ({
    path: file.path,
    size: () => file.size(),
    read: (position, target) => file.read(position, target),
    write: (position, source) => file.write(position, source),
    writeSync: (position, source) => file.writeSync(position, source),
    sync: () => file.sync(),
    syncNow: () => {
      beforeSync(++counts.syncs);
      file.syncNow?.();
    },
    close: () => file.close(),
  });
  const disk: Disk = { ...nodeDisk, clock: { ...nodeDisk.clock, monotonic: () => 0 }, create: async (path) => wrap(await nodeDisk.create(path)) };
  return { disk, counts };
}

async function openQuick(beforeSync?: (number: number) => void) {
  const directory = await freshDirectory();
  const { disk, counts } = quickDisk(beforeSync);
  const log = await openWal(directory, { disk, syncInterval: Number.POSITIVE_INFINITY });
  // So many syncs in a row have to be quick before one is made at once.
  for (let i = 0; i < 8; i++) {
    log.append(put("warm", `${i}`));
    await log.sync();
  }
  return { directory, log, counts };
}

/** Commits of each turn of the event loop, while `commit` runs again and again. */
async function commitsByTurn(commits: number, commit: () => Promise<unknown>): Promise<number[]> {
  const turns = [0];
  const work = { isDone: false };
  const turning = (async () => {
    for (; !work.isDone; turns.push(0)) await nextTurn();
  })();
  for (let i = 0; i < commits; i++) {
    await commit();
    turns[turns.length - 1] = (turns.at(-1) ?? 0) + 1;
  }
  work.isDone = true;
  await turning;
  return turns.filter((made) => made > 0);
}

describe("flushes where syncs are quick", () => {
  it("go on in the same turn for one caller who comes back at once, sixteen times, and then others have theirs", async () => {
    const { log, counts } = await openQuick();
    const turns = await commitsByTurn(200, async () => {
      log.append(put("k", "v"));
      await log.sync();
    });
    console.log(`${turns.length} turns for 200 commits, ${counts.syncs} syncs`);
    expect(counts.syncs).toBe(200);
    expect(Math.max(...turns)).toBe(16);
    expect(turns.length).toBeLessThan(20);
    await log.close();
  });

  it("wait for the next turn when the caller comes back later, or several were woken", async () => {
    const { log, counts } = await openQuick();
    const alone = await commitsByTurn(20, async () => {
      log.append(put("k", "v"));
      await log.sync();
      await nextTurn();
    });
    expect(Math.max(...alone)).toBe(1);
    const before = counts.syncs;
    const two = await commitsByTurn(20, () => Promise.all([1, 2].map((i) => (log.append(put("k", `${i}`)), log.sync()))));
    expect([Math.max(...two), counts.syncs - before]).toEqual([1, 20]);
    await log.close();
  });

  it("are shared by all who come back in one turn", async () => {
    const { log, counts } = await openQuick();
    const rounds = 20;
    const caller = async (name: string): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        const lsn = log.append(put(name, `${round}`));
        expect(await log.sync()).toBe(lsn);
      }
    };
    await Promise.all(Array.from({ length: 64 }, (_, i) => caller(`${i}`)));
    expect(counts.syncs).toBe(rounds);
    await log.close();
  });

  it.each([1, 5, 16, 17])("poison the log when sync %i fails: what was acknowledged is there, and nobody is told otherwise", async (failing) => {
    const { directory, log } = await openQuick((number) => {
      if (number === failing) throw Object.assign(new Error("the disk says no"), { code: "EIO" });
    });
    let acknowledged = log.durableLsn;
    const commits = async (): Promise<void> => {
      for (let i = 0; i < 40; i++) {
        log.append(put("k", `${i}`));
        acknowledged = await log.sync();
      }
    };
    await expect(commits()).rejects.toMatchObject({ code: "WAL_POISONED" });
    expect([acknowledged, log.durableLsn]).toEqual([8 + failing - 1, acknowledged]);
    await expect(log.sync()).rejects.toMatchObject({ code: "WAL_POISONED" });
    expect(() => log.append(put("k", ""))).toThrow("writing failed");
    await expect(log.close()).rejects.toMatchObject({ code: "WAL_POISONED" });
    const found = lsnsOf(await readAll(await openWalReader(directory), { unproven: true }));
    expect(found.slice(0, acknowledged)).toEqual(Array.from({ length: acknowledged }, (_, i) => i + 1));
  });

  it("run a fence and a truncation between commits in the order of the calls", async () => {
    const { log } = await openQuick();
    const last = log.append(put("kept", ""));
    await log.sync();
    log.append(put("fenced", ""));
    const fenced = log.truncateAfter(last);
    const next = log.append(put("next", ""));
    const [, durable] = await Promise.all([fenced, log.sync()]);
    expect([durable, lsnsOf(await readAll(log)).slice(-2)]).toEqual([next, [last, next]]);
    await log.close();
  });
});
