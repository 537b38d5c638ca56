import { expect, it } from "vitest";
import { isDiskError, lockDirectory } from "../src/index.ts";
import { createSimulatedDisk, type DiskImage, type SimulatedDisk } from "../src/testing/index.ts";
import { randomNumbers } from "./random.ts";

const seeds = 300;
const boots = 2;
const processes = 3;
const locksOfEach = 6;
const directory = "/d";

/** One boot, on which processes take the lock again and again, die, and are followed by others, until all is done or the power is cut. */
class Boot {
  readonly counts = { owned: 0, refused: 0, killed: 0 };
  /** What a power cut left, once there was one. */
  left: DiskImage | undefined;
  readonly #machine: SimulatedDisk;
  readonly #below: (limit: number) => number;
  readonly #living: Set<SimulatedDisk> = new Set();
  #owner: SimulatedDisk | undefined;

  constructor(machine: SimulatedDisk, below: (limit: number) => number) {
    this.#machine = machine;
    this.#below = below;
  }

  async race(): Promise<void> {
    await Promise.all(Array.from({ length: processes }, () => this.#takeTurns()));
  }

  /** A process, and those that follow it when it dies. */
  async #takeTurns(): Promise<void> {
    for (let taken = 0; taken < locksOfEach && this.left === undefined; ) {
      const disk = this.#start();
      try {
        for (; taken < locksOfEach; taken++) await this.#takeLock(disk);
      } catch (error) {
        if (this.#living.has(disk) || !isDiskError(error, "DISK_CLOSED")) throw error;
        taken += 1;
      }
      this.#living.delete(disk);
    }
  }

  async #takeLock(disk: SimulatedDisk): Promise<void> {
    try {
      const lock = await lockDirectory(disk, directory);
      if (!this.#living.has(disk)) return;
      if (this.#owner !== undefined) throw new Error("two owners at once");
      this.#owner = disk;
      this.counts.owned += 1;
      // As an owner does now and then, so that a power cut finds some of the names durable.
      if (this.#below(3) === 0) await disk.syncDirectory(directory);
      if (!(await lock.held())) throw new Error("an owner was evicted");
      this.#owner = undefined;
      await lock.release();
    } catch (error) {
      if (!isDiskError(error, "DISK_LOCKED")) throw error;
      this.counts.refused += 1;
      await new Promise<void>((resolve) => disk.clock.after(this.#below(10), resolve));
    }
  }

  #start(): SimulatedDisk {
    const disk = this.#machine.anotherProcess();
    this.#living.add(disk);
    disk.beforeEach(() => {
      const chance = this.#below(400);
      if (chance === 0) this.#cutPower();
      else if (chance < 10) this.#kill(disk);
    });
    return disk;
  }

  #cutPower(): void {
    const images = [...this.#machine.powerCuts({ limit: 8, seed: this.#below(1_000) })];
    this.left = images[this.#below(images.length)];
    for (const disk of this.#living) this.#kill(disk);
  }

  #kill(disk: SimulatedDisk): void {
    disk.kill();
    this.counts.killed += 1;
    this.#living.delete(disk);
    if (this.#owner === disk) this.#owner = undefined;
  }
}

it("a lock has one owner, and is free again, whatever the order in which processes take it, die and are cut off", async () => {
  const total = { owned: 0, refused: 0, killed: 0, "power cuts": 0 };
  for (let seed = 1; seed <= seeds; seed += 1) {
    const below = randomNumbers(seed);
    let machine = createSimulatedDisk();
    await machine.makeDirectory(directory);
    await machine.syncDirectory("/");
    for (let number = 0; number < boots; number += 1) {
      const boot = new Boot(machine, below);
      await machine.runInterleaved(() => boot.race(), { seed }).catch((error: unknown) => {
        throw new Error(`seed ${seed}`, { cause: error });
      });
      for (const what of ["owned", "refused", "killed"] as const) total[what] += boot.counts[what];
      if (boot.left === undefined) continue;
      total["power cuts"] += 1;
      machine = boot.left.mount();
    }
    await (await lockDirectory(machine, directory)).release();
    expect(await machine.list(directory), `seed ${seed}`).toEqual([]);
  }
  const line = Object.entries(total).map(([what, count]) => `${what} ${count}`).join(", ");
  console.log(`lock on simulated machines, ${seeds} seeds of ${boots} boots, ${processes} processes: ${line}`);
  for (const [what, count] of Object.entries(total)) expect(count, what).toBeGreaterThan(seeds / 2);
});
