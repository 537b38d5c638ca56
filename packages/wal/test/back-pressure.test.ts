import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { type Disk, isWalError, nodeDisk, openWal, type WalEntry, type WalEntryInput, type WalOptions, type WriteAheadLog } from "../src/index.ts";
import { type HeldDisk, holdCalls, nextTurn } from "./held-disk.ts";
import { freshDirectory, lsnsOf, put, readAll } from "./logs.ts";

const KIB = 1024;
const MARK = 1024 * KIB;
const ENTRY = put("key", "x".repeat(1000));
const ENTRY_BYTES = 1009;

type Log = WriteAheadLog<WalEntry, WalEntryInput>;

async function openHeld(options: WalOptions = {}, real: Disk = createSimulatedDisk(), directory = "/log"): Promise<{ disk: HeldDisk; log: Log }> {
  const disk = holdCalls(real);
  const limits = { highWaterMark: MARK, maxBatchSize: 128 * KIB, syncInterval: Number.POSITIVE_INFINITY };
  return { disk, log: await openWal(directory, { disk, ...limits, ...options }) };
}

/** The most memory that buffers took, above what they took at the start. */
class Peak {
  readonly #start = process.memoryUsage().arrayBuffers;
  most = 0;

  look(): void {
    this.most = Math.max(this.most, process.memoryUsage().arrayBuffers - this.#start);
  }
}

/** Appends until it is refused; the entries that were taken. */
function fill(append: () => number): number {
  let lsn = 0;
  try {
    for (;;) lsn = append();
  } catch (error) {
    if (!isWalError(error, "WAL_BACKPRESSURE")) throw error;
    return lsn;
  }
}

describe("a log whose disk doesn't keep up", () => {
  it("refuses entries above four times the mark, says so, and takes none of them", async () => {
    const { disk, log } = await openHeld();
    disk.hold("sync");
    const taken = fill(() => log.append(ENTRY));
    expect(taken * ENTRY_BYTES).toBeGreaterThan(4 * MARK - ENTRY_BYTES);
    expect(taken * ENTRY_BYTES).toBeLessThan(4 * MARK + 2 * ENTRY_BYTES);
    expect(() => log.append(ENTRY)).toThrow(expect.objectContaining({ code: "WAL_BACKPRESSURE", expected: 4 * MARK, actual: expect.any(Number) }));
    expect(() => log.appendAll([ENTRY, ENTRY])).toThrow(expect.objectContaining({ code: "WAL_BACKPRESSURE" }));
    disk.letGo();
    expect(await log.sync()).toBe(taken);
    expect(log.append(ENTRY)).toBe(taken + 1);
    await log.close();
  });

  it("holds no more than that for a caller who never waits, however long the syncs are held, and loses nothing that it took", async () => {
    const { disk, log } = await openHeld({}, nodeDisk, await freshDirectory());
    disk.hold("sync");
    let taken = 0;
    let refused = 0;
    const buffers = new Peak();
    for (let turn = 0; turn < 300; turn++) {
      taken = Math.max(taken, fill(() => log.append(ENTRY)));
      refused++;
      buffers.look();
      await nextTurn();
    }
    console.log(`${taken} entries taken, ${refused} times refused, at most ${(buffers.most / MARK).toFixed(1)} marks of buffers`);
    // Four marks were written and wait for their sync, four more wait to be written, and the pool keeps one.
    expect(taken * ENTRY_BYTES).toBeLessThan(9 * MARK);
    expect(buffers.most).toBeLessThan(8 * MARK);
    disk.letGo();
    expect(await log.sync()).toBe(taken);
    expect(lsnsOf(await readAll(log))).toEqual(Array.from({ length: taken }, (_, i) => i + 1));
    await log.close();
  });

  it("lets a caller who waits go on below the mark, and only then", async () => {
    const { disk, log } = await openHeld();
    disk.hold("sync");
    const state = { ready: false };
    fill(() => log.append(ENTRY));
    await disk.held();
    fill(() => log.append(ENTRY));
    const ready = log.ready().then(() => (state.ready = true));
    for (let i = 0; i < 10; i++) await nextTurn();
    expect(state.ready).toBe(false);
    disk.letGo();
    await ready;
    for (let bytes = 0; bytes < 3 * MARK; bytes += ENTRY_BYTES) log.append(ENTRY);
    await log.close();
  });

  it("doesn't forget who waits when others fill up the room that a flush made", async () => {
    const { disk, log } = await openHeld({ maxBatchSize: 8 * MARK });
    disk.hold("write");
    for (let bytes = 0; bytes < 2 * MARK; bytes += ENTRY_BYTES) log.append(ENTRY);
    const ready = log.ready();
    await disk.held();
    // The flush that ready asked for has taken everything; nobody asks for another one.
    for (let bytes = 0; bytes < MARK; bytes += ENTRY_BYTES) log.append(ENTRY);
    disk.letGo();
    await ready;
    await log.close();
  });

  it("never refuses a caller who waits before every entry, and needs only a few marks of buffers for it", async () => {
    const { log } = await openHeld({}, nodeDisk, await freshDirectory());
    const buffers = new Peak();
    for (let i = 0; i < 20_000; i++) {
      await log.ready();
      log.append(ENTRY);
      if (i % 50 === 0) buffers.look();
    }
    expect(await log.sync()).toBe(20_000);
    await log.close();
    console.log(`20000 entries, ${((20_000 * ENTRY_BYTES) / MARK).toFixed(0)} marks, at most ${(buffers.most / MARK).toFixed(1)} marks of buffers`);
    expect(buffers.most).toBeLessThan(4 * MARK);
  });
});
