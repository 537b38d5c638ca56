import { setImmediate } from "node:timers";
import type { Disk } from "@laminar/disk";
import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { openWal, openWalReader } from "../src/index.ts";
import { quicklyEach } from "../src/quick-reads.ts";
import { put, readAll, seeded } from "./logs.ts";
import { wrapDisk } from "./wrapped-disk.ts";

const items = Array.from({ length: 1000 }, (_, index) => index);

/** A clock by which each item takes as long as `durationOf` says, and what was done where. */
function ways(durationOf: (item: number) => number) {
  let time = 0;
  const here: number[] = [];
  const elsewhere: number[] = [];
  const now = (item: number): string => {
    time += durationOf(item);
    here.push(item);
    return `item ${item}`;
  };
  const later = async (item: number): Promise<string> => {
    elsewhere.push(item);
    return `item ${item}`;
  };
  return { clock: { monotonic: () => time }, here, elsewhere, ways: { now, later } };
}

const expected = items.map((item) => `item ${item}`);

describe("reading many small files", () => {
  it("goes on on this thread as long as that is quick, and lets others have their turn", async () => {
    const { clock, here, elsewhere, ways: both } = ways(() => 0.02);
    let turns = 0;
    let isDone = false;
    const turn = (): void => {
      turns++;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    expect(await quicklyEach(clock, items, both)).toEqual(expected);
    isDone = true;
    expect([here, elsewhere]).toEqual([items, []]);
    // 20 ms of work, a millisecond a turn.
    expect(turns).toBeGreaterThanOrEqual(18);
  });

  it("leaves a device that takes its time to other threads", async () => {
    const { clock, here, elsewhere, ways: both } = ways(() => 5);
    expect(await quicklyEach(clock, items, both)).toEqual(expected);
    console.log(`${here.length} of ${items.length} here`);
    expect(here.length).toBeLessThan(25);
    expect([...here, ...elsewhere]).toEqual(items);
  });

  it("takes a short interruption now and then for what it is", async () => {
    const { clock, here, ways: both } = ways((item) => (item % 20 === 0 ? 5 : 0.02));
    expect(await quicklyEach(clock, items, both)).toEqual(expected);
    expect(here).toEqual(items);
  });

  it("gives the same in the same order, however long each takes", async () => {
    const random = seeded(7);
    const below = (end: number): number => Math.floor(random() * end);
    for (let round = 0; round < 50; round++) {
      const some = items.slice(0, below(200));
      const slow = below(100);
      const { clock, ways: both } = ways(() => (below(100) < slow ? 1 : 0.01));
      expect(await quicklyEach(clock, some, both), `round ${round}`).toEqual(expected.slice(0, some.length));
    }
  });

  it("ends with the first failure, here and elsewhere", async () => {
    const failure = new Error("it can't be read");
    for (const duration of [0.01, 5]) {
      const { clock, here, elsewhere, ways: both } = ways(() => duration);
      const failing = (item: number): void => {
        if (item === 100) throw failure;
      };
      const read = quicklyEach(clock, items, {
        now: (item) => (failing(item), both.now(item)),
        later: async (item) => (failing(item), both.later(item)),
      });
      await expect(read).rejects.toBe(failure);
      const done = here.length + elsewhere.length;
      await new Promise(setImmediate);
      expect(here.length + elsewhere.length).toBe(done);
    }
  });

  describe("of a log", () => {
    const logOf = async (disk: SimulatedDisk): Promise<void> => {
      const log = await openWal("/log", { disk, segmentSize: 1024, syncInterval: Number.POSITIVE_INFINITY });
      for (let i = 0; i < 300; i++) {
        log.append(put(`key ${i}`, "x".repeat(100)));
        await log.sync();
      }
      await log.close();
    };
    /** By its clock everything takes a millisecond. */
    const slow = (disk: SimulatedDisk): Disk => {
      let time = 0;
      return { ...wrapDisk(disk, {}), clock: { now: () => disk.clock.now(), monotonic: () => (time += 1), after: (delay, wake) => disk.clock.after(delay, wake) } };
    };

    it("finds the same either way", async () => {
      const disk = createSimulatedDisk();
      await logOf(disk);
      const found = [];
      for (const by of [disk, slow(disk)]) {
        await using reader = await openWalReader("/log", { disk: by });
        found.push(await readAll(reader));
      }
      expect(found[0]).toHaveLength(300);
      expect(found[1]).toEqual(found[0]);
    });

    it.each(["stat", "open", "read"] as const)("names the file whose %s fails, either way, and leaves none open", async (failing) => {
      const disk = createSimulatedDisk();
      await logOf(disk);
      const segments = disk.listSync("/log").map(({ name }) => name).filter((name) => name.endsWith(".wal"));
      const file = `/log/${segments.sort().at(-1)}`;
      disk.plan(({ kind, path }) => (kind === failing && path === file ? { kind: "error", errno: "EIO" } : undefined));
      // The simulated disk's read at once has no open of its own.
      for (const by of failing === "open" ? [slow(disk)] : [disk, slow(disk)]) {
        await expect(openWalReader("/log", { disk: by })).rejects.toMatchObject({ name: "WalError", code: "WAL_IO", file, cause: { code: "DISK_IO" } });
        expect(disk.openFiles).toBe(0);
      }
    });
  });
});
