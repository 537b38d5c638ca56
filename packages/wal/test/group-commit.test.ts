import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { nodeDisk, openWal, openWalReader, verifyWal, type WalBatch, type WalEntry, type WalOptions } from "../src/index.ts";
import { holdCalls, nextTurn } from "./held-disk.ts";
import { freshDirectory, lsnsOf, put, readAll, seeded } from "./logs.ts";

const DIRECTORY = "/log";
const onlyWhenAsked = { syncInterval: Number.POSITIVE_INFINITY };

async function openHeld(options: WalOptions = {}) {
  const disk = holdCalls(createSimulatedDisk());
  return { disk, log: await openWal(DIRECTORY, { disk, ...onlyWhenAsked, ...options }) };
}

async function batchesOf(log: { read(): AsyncIterable<WalBatch<WalEntry>> }): Promise<WalBatch<WalEntry>[]> {
  const batches = [];
  for await (const batch of log.read()) batches.push(batch);
  return batches;
}

describe("group commit", () => {
  it("makes the records of 64 callers durable with one sync a round, also when they come back one after the other", async () => {
    const { disk, log } = await openHeld();
    const before = disk.syncs;
    const rounds = 20;
    const caller = async (name: string): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        const lsn = log.append(put(name, `${round}`));
        expect(await log.sync()).toBe(lsn);
      }
    };
    await Promise.all(Array.from({ length: 64 }, (_, i) => caller(`${i}`)));
    console.log(`${64 * rounds} commits, ${disk.syncs - before} syncs`);
    expect(disk.syncs - before).toBe(rounds);
    expect((await batchesOf(log)).map(({ entries }) => entries.length)).toEqual(Array.from({ length: rounds }, () => 64));
    await log.close();
  });

  it("shares the next flush among all who ask during one", async () => {
    const { disk, log } = await openHeld();
    const before = disk.syncs;
    disk.hold("sync");
    log.append(put("first", ""));
    const first = log.sync();
    await disk.held();
    const others = Array.from({ length: 10 }, (_, i) => (log.append(put(`${i}`, "")), log.sync()));
    for (let i = 0; i < 5; i++) await nextTurn();
    disk.letGo();
    expect(await Promise.all([first, ...others])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(disk.syncs - before).toBe(2);
    await log.close();
  });

  it("settles a sync when its records are durable and not before, and doesn't let it wait for later ones", async () => {
    const { disk, log } = await openHeld();
    disk.hold("sync");
    const settled: number[] = [];
    log.append(put("a", ""));
    const first = log.sync().then((lsn) => settled.push(lsn));
    await disk.held();
    // Asked while its record is on the way already.
    const again = log.sync().then((lsn) => settled.push(lsn));
    for (let i = 0; i < 10; i++) await nextTurn();
    expect([settled, log.durableLsn]).toEqual([[], 0]);
    log.append(put("b", ""));
    disk.letGo();
    await Promise.all([first, again]);
    expect([settled, log.durableLsn]).toEqual([[1, 1], 1]);
    await log.close();
  });

  it("answers at once when nothing waits", async () => {
    const { disk, log } = await openHeld();
    expect(await log.sync()).toBe(0);
    log.append(put("a", ""));
    await log.sync();
    const before = disk.syncs;
    expect(await log.sync()).toBe(1);
    expect(disk.syncs).toBe(before);
    await log.close();
  });

  it.each([0, 1, 5])("keeps what is appended after a fence was asked for, with %i syncs asked for in between", async (syncs) => {
    const { disk, log } = await openHeld();
    log.appendAll([put("a", ""), put("b", ""), put("c", "")]);
    await log.sync();
    disk.hold("sync");
    log.append(put("d", ""));
    const flushed = log.sync();
    await disk.held();
    const fence = log.truncateAfter(1);
    const after = log.append(put("e", ""));
    const asked = Array.from({ length: syncs }, () => log.sync());
    disk.letGo();
    await Promise.all([flushed, fence, ...asked]);
    expect(await log.sync()).toBe(after);
    expect(lsnsOf(await readAll(log))).toEqual([1, after]);
    await log.close();
    expect(lsnsOf(await readAll(await openWalReader(DIRECTORY, { disk })))).toEqual([1, after]);
  });

  it("runs fences, truncations and syncs in the order of the calls, over random ones", async () => {
    const seed = 20_270_311;
    const random = seeded(seed);
    for (let round = 0; round < 30; round++) {
      const { disk, log } = await openHeld({ segmentSize: 1024 });
      let expected: number[] = [];
      let dropped = 0;
      const promises: Promise<unknown>[] = [];
      for (let step = 0; step < 40; step++) {
        const choice = random();
        if (choice < 0.6) expected.push(log.append(put("k", "x".repeat(Math.floor(random() * 300)))));
        else if (choice < 0.75) promises.push(log.sync());
        else if (choice < 0.85) {
          const fence = expected[Math.floor(random() * expected.length)] ?? 0;
          if (fence < dropped) continue;
          promises.push(log.truncateAfter(fence));
          expected = expected.filter((lsn) => lsn <= fence);
        } else if (choice < 0.9) {
          dropped = Math.max(dropped, expected[Math.floor(random() * expected.length)] ?? 0);
          promises.push(log.truncateBefore(Math.min(dropped, expected.at(-1) ?? 0)));
        } else await nextTurn();
      }
      await Promise.all(promises);
      await log.sync();
      const found = lsnsOf(await readAll(log));
      expect(found, `seed ${seed}, round ${round}`).toEqual(expected.filter((lsn) => lsn >= (found[0] ?? 0)));
      expect(expected.filter((lsn) => lsn >= dropped).every((lsn) => found.includes(lsn)), `seed ${seed}, round ${round}`).toBe(true);
      await log.close();
      expect(lsnsOf(await readAll(await openWalReader(DIRECTORY, { disk }))), `seed ${seed}, round ${round}`).toEqual(found);
    }
  });

  it("begins segments in the middle of a large backlog, so that none grows far beyond its size", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { segmentSize: 50_000, maxBatchSize: 10_000, ...onlyWhenAsked });
    for (let i = 0; i < 1000; i++) log.append(put(`key ${i}`, "x".repeat(500)));
    await log.sync();
    const sizes = (await nodeDisk.list(directory)).filter(({ name }) => name.endsWith(".wal")).map(({ name }) => nodeDisk.stat(`${directory}/${name}`));
    for (const status of await Promise.all(sizes)) expect(status?.size).toBeLessThan(62_000);
    expect(sizes.length).toBeGreaterThan(8);
    expect(lsnsOf(await readAll(log))).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
    await log.close();
    expect(await verifyWal(directory)).toMatchObject({ verdict: "ok", lastLsn: 1000 });
  });

  it("keeps a group of several mebibytes in one batch", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory);
    log.appendAll(Array.from({ length: 5000 }, (_, i) => put(`key ${i}`, "x".repeat(1000))));
    await log.close();
    const batches = await batchesOf(await openWalReader(directory));
    expect(batches.map(({ entries }) => entries.length)).toEqual([5000]);
  });

  it("leaves a batch alone that is being written, whatever comes in meanwhile", async () => {
    const { disk, log } = await openHeld({ maxBatchSize: 200_000 });
    const fill = (value: string): void => {
      for (let i = 0; i < 400; i++) log.append(put(`${i}`, value.repeat(1000)));
    };
    fill("a");
    await log.sync();
    disk.hold("write");
    fill("b");
    const synced = log.sync();
    await disk.held();
    fill("c");
    disk.letGo();
    await synced;
    await log.sync();
    const values = (await readAll(log)).map(({ entry }) => entry.type === "put" && String.fromCharCode(entry.value[0] ?? 0));
    expect(values.join("")).toBe("a".repeat(400) + "b".repeat(400) + "c".repeat(400));
    await log.close();
  });

  it("gives other work its turns while it writes a backlog of many small batches", async () => {
    const { disk, log } = await openHeld({ maxBatchSize: 4096 });
    log.append(put("k", ""));
    await log.sync();
    disk.hold("sync");
    const fence = log.truncateAfter(0);
    await disk.held();
    for (let bytes = 0; bytes < 16 * 1024 * 1024; bytes += 1000) log.append(put("k", "x".repeat(980)));
    disk.letGo();
    await fence;
    let turns = 0;
    const state = { done: false };
    const synced = log.sync().then(() => (state.done = true));
    while (!state.done) {
      await nextTurn();
      turns++;
    }
    await synced;
    console.log(`16 MiB in 4 KiB batches: ${turns} turns of the event loop`);
    expect(turns).toBeGreaterThan(16);
    await log.close();
  });

  it("writes what is filled while a sync is under way, which makes durable only what was written before it", async () => {
    const { disk, log } = await openHeld({ maxBatchSize: 1000 });
    log.append(put("a", ""));
    disk.hold("sync");
    const first = log.sync();
    await disk.held();
    const before = log.sizeBytes;
    // More than finds place in the zeros.
    log.append(put("b", "x".repeat(7000)));
    expect(log.sizeBytes - before).toBeGreaterThan(2000);
    const second = log.sync();
    for (let i = 0; i < 5; i++) await nextTurn();
    disk.letGo();
    expect([await first, log.durableLsn]).toEqual([1, 1]);
    expect([await second, log.durableLsn]).toEqual([2, 2]);
    await log.close();
  });

  it("refuses nothing in the turn in which the write of a full batch fails, so that nobody misses what was asked for in it", async () => {
    const simulated = createSimulatedDisk();
    const log = await openWal(DIRECTORY, { disk: simulated, maxBatchSize: 1000, ...onlyWhenAsked });
    simulated.limitSpace(0);
    const asked = Array.from({ length: 3 }, () => (log.append(put("k", "x".repeat(2000))), log.sync()));
    for (const promise of asked) await expect(promise).rejects.toMatchObject({ code: "WAL_POISONED" });
    expect(() => log.append(put("k", ""))).toThrow(expect.objectContaining({ code: "WAL_POISONED" }));
    await expect(log.close()).rejects.toMatchObject({ code: "WAL_POISONED" });
  });

  it("keeps full batches back behind a fence that is asked for, and behind one that is under way", async () => {
    const { disk, log } = await openHeld({ maxBatchSize: 1000 });
    log.appendAll([put("a", ""), put("b", "")]);
    await log.sync();
    disk.hold("sync");
    log.append(put("c", ""));
    const flushed = log.sync();
    await disk.held();
    const fence = log.truncateAfter(1);
    const before = log.sizeBytes;
    const after = log.append(put("d", "x".repeat(2000)));
    expect(log.sizeBytes).toBe(before);
    disk.letGo();
    await Promise.all([flushed, fence]);
    await log.sync();
    expect(lsnsOf(await readAll(log))).toEqual([1, after]);
    await log.close();
  });

  it("gives other work a turn for every batch that a caller fills who asks whether he may go on", async () => {
    const { log } = await openHeld({ maxBatchSize: 10_000 });
    let turns = 0;
    const state = { done: false };
    const other = (async () => {
      for (; !state.done; turns++) await nextTurn();
    })();
    for (let i = 0; i < 1000; i++) {
      log.append(put("k", "x".repeat(1000)));
      await log.ready();
    }
    state.done = true;
    await other;
    expect(turns).toBeGreaterThanOrEqual(100);
    await log.close();
  });
});
