import { createSimulatedDisk, type DiskImage, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { type Disk, isWalError, type LogReader, openWal, openWalReader, type WalEntry } from "../src/index.ts";
import { readLogImage } from "../src/testing/index.ts";
import { put, seeded } from "./logs.ts";
import { wrapDisk } from "./wrapped-disk.ts";

const DIRECTORY = "/log";
const SEEDS = 100;
const CALLERS = 4;
const ROUNDS = 3;

const keyOf = (entry: WalEntry): string => (entry.type === "put" ? new TextDecoder().decode(entry.key) : entry.type);
const pause = (disk: Disk, milliseconds: number): Promise<void> => new Promise((resolve) => disk.clock.after(milliseconds, resolve));

/** What `open` gives as soon as nobody is in the way. */
async function openSoon<T>(disk: Disk, code: "WAL_LOCKED" | "WAL_NOT_FOUND", open: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!isWalError(error, code)) throw error;
      await pause(disk, 20);
    }
  }
}

/** Several writers that want the log, each with several callers, and somebody who follows what they write. */
class Story {
  /** Key by number of each record of which a caller knows that it is durable, in the order in which they were told. */
  readonly acknowledged = new Map<number, string>();
  readonly cuts: { readonly acknowledged: ReadonlyMap<number, string>; readonly images: readonly DiskImage[] }[] = [];
  readonly followed: { readonly lsn: number; readonly key: string }[] = [];
  deaths = 0;
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  async tell(disk: SimulatedDisk): Promise<void> {
    const reader = disk.anotherProcess();
    const closing: { close?: () => Promise<void> } = {};
    const following = this.#follow(reader, closing);
    await Promise.all(["a", "b"].map((name) => this.#writeUntilDeath(disk.anotherProcess(), name)));
    // Whoever comes last proves what those before it wrote.
    await this.#write(disk, "last");
    await closing.close?.();
    await following;
    expect([disk.openFiles, reader.openFiles]).toEqual([0, 0]);
  }

  async #writeUntilDeath(disk: SimulatedDisk, name: string): Promise<void> {
    const dies = this.#random() < 0.3 ? Math.floor(this.#random() * 60) : Number.POSITIVE_INFINITY;
    const cut = Math.floor(this.#random() * 60);
    disk.beforeEach(({ index }) => {
      if (index === cut) this.#cutPower(disk);
      if (index < dies) return;
      disk.kill();
    });
    try {
      await this.#write(disk, name);
    } catch (error) {
      if (disk.operations.length <= dies) throw error;
      this.deaths++;
    }
    expect(disk.openFiles).toBe(0);
  }

  #cutPower(disk: SimulatedDisk): void {
    const images = [...disk.powerCuts({ limit: 12, seed: Math.floor(this.#random() * 1000) })];
    this.cuts.push({ acknowledged: new Map(this.acknowledged), images });
  }

  async #write(disk: SimulatedDisk, name: string): Promise<void> {
    const log = await openSoon(disk, "WAL_LOCKED", () => openWal(DIRECTORY, { disk, segmentSize: 1024 }));
    const asked: number[] = [];
    const told: number[] = [];
    const call = async (caller: number): Promise<void> => {
      for (let round = 0; round < ROUNDS; round++) {
        // So that some come while a flush is under way.
        await pause(disk, this.#random() * 4);
        const key = `${name} ${caller} ${round}`;
        const lsn = log.append(put(key, "x".repeat(Math.floor(this.#random() * 200))));
        asked.push(lsn);
        told.push(await log.sync());
        if (log.durableLsn < lsn) throw new Error(`${key} was acknowledged before it was durable`);
        this.acknowledged.set(lsn, key);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)));
    expect(told).toEqual(asked);
    await log.close();
  }

  async #follow(disk: Disk, closing: { close?: () => Promise<void> }): Promise<void> {
    const reader = await openSoon(disk, "WAL_NOT_FOUND", () => openWalReader(DIRECTORY, { disk }));
    closing.close = () => reader.close();
    await this.#note(reader);
  }

  async #note(reader: LogReader<WalEntry>): Promise<void> {
    for await (const { lsn, entry } of reader.entries({ follow: true })) this.followed.push({ lsn, key: keyOf(entry) });
  }
}

const contentOf = (image: DiskImage): ReadonlyMap<number, string> => {
  const { batches } = readLogImage({ directory: DIRECTORY, files: image.files });
  return new Map(batches.flatMap(({ firstLsn, entries }) => entries.map((entry, i) => [firstLsn + i, keyOf(entry)] as const)));
};

describe("a log under every order of what happens at once", () => {
  it("acknowledges in order and loses nothing, over two writers that want it, their callers, and one who follows", async () => {
    const total = { acknowledged: 0, followed: 0, deaths: 0, images: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const disk = createSimulatedDisk();
      const story = new Story(seed);
      await disk.runInterleaved(() => story.tell(disk), { seed }).catch((cause: unknown) => {
        throw new Error(`seed ${seed}`, { cause });
      });
      const found = contentOf(disk.killed());
      expect([...found.keys()], `seed ${seed}`).toEqual(Array.from({ length: found.size }, (_, i) => i + 1));
      expect(story.followed, `seed ${seed}`).toEqual([...found].map(([lsn, key]) => ({ lsn, key })));
      expect([...story.acknowledged.keys()], `seed ${seed}`).toEqual([...story.acknowledged.keys()].sort((one, other) => one - other));
      for (const [lsn, key] of story.acknowledged) expect(found.get(lsn), `seed ${seed}, record ${lsn}`).toBe(key);
      for (const { acknowledged, images } of story.cuts) {
        for (const image of images) {
          const left = contentOf(image);
          for (const [lsn, key] of acknowledged) expect(left.get(lsn), `seed ${seed}, record ${lsn} after a power cut`).toBe(key);
        }
        total.images += images.length;
      }
      total.acknowledged += story.acknowledged.size;
      total.followed += story.followed.length;
      total.deaths += story.deaths;
    }
    console.log(`${SEEDS} seeds: ${Object.entries(total).map(([what, count]) => `${what} ${count}`).join(", ")}`);
    for (const [what, count] of Object.entries(total)) expect(count, what).toBeGreaterThan(SEEDS / 4);
  });

  it.each([
    ["", false],
    [", also beside somebody who looks for news again and again", true],
  ])("is told to be stuck when a sync never comes back%s", async (_, isFollowed) => {
    const disk = createSimulatedDisk();
    const state = { hangs: false };
    const hanging = wrapDisk(disk, { sync: (_file, really) => (state.hangs ? new Promise(() => undefined) : really()) });
    const program = async (): Promise<void> => {
      const log = await openWal(DIRECTORY, { disk: hanging });
      const other = await openWalReader(DIRECTORY, { disk: disk.anotherProcess() });
      const follow = async (): Promise<void> => {
        for await (const batch of other.read({ follow: true })) expect(batch).toBeUndefined();
      };
      state.hangs = true;
      log.append(put("a", ""));
      await Promise.all([log.sync(), isFollowed ? follow() : undefined]);
    };
    await expect(disk.runInterleaved(program, { timeLimit: 60_000 })).rejects.toMatchObject({ name: "StuckError", code: "DISK_STUCK" });
  });
});
