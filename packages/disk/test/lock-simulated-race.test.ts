import { setImmediate as settled } from "node:timers/promises";
import { expect, it } from "vitest";
import { isDiskError, lockDirectory, type Disk } from "../src/index.ts";
import { createSimulatedDisk, type SimulatedDisk } from "../src/testing/index.ts";
import { randomNumbers } from "./random.ts";
import { watchedDisk } from "./watched-disk.ts";

const seeds = 20;
const events = 1_000;
const processes = 4;
const directory = "/d";

/** A process that takes the lock again and again, and waits for its turn before each step. */
interface Racer {
  readonly disk: SimulatedDisk;
  isAlive: boolean;
  owns: boolean;
  /** Set while it waits. */
  goOn?: (() => void) | undefined;
}

class Race {
  readonly counts = { owned: 0, refused: 0, killed: 0, "power cuts": 0 };
  readonly failures: unknown[] = [];
  readonly #below: (limit: number) => number;
  #machine: SimulatedDisk;
  #racers: readonly Racer[];

  constructor(machine: SimulatedDisk, below: (limit: number) => number) {
    this.#below = below;
    this.#machine = machine;
    this.#racers = this.#startAll();
  }

  async nextEvent(): Promise<void> {
    // All that was let go comes to where it waits next.
    await settled();
    const chance = this.#below(100);
    const waiting = this.#racers.filter(({ goOn }) => goOn !== undefined);
    const chosen = waiting[this.#below(waiting.length)];
    if (chance === 0) await this.#cutPower();
    // As an owner does now and then, so that a power cut finds some of the names durable.
    else if (chance === 1) await this.#machine.syncDirectory(directory);
    else if (chosen !== undefined && chance < 6) this.#racers = this.#racers.map((racer) => (racer === chosen ? this.#replace(racer) : racer));
    else if (chosen !== undefined) resume(chosen);
    else this.#machine.advance(5);
  }

  /** Kills all; resolves to a disk of the same boot. */
  async end(): Promise<SimulatedDisk> {
    await settled();
    for (const racer of this.#racers) kill(racer);
    await settled();
    return this.#machine;
  }

  #replace(racer: Racer): Racer {
    this.counts.killed += 1;
    kill(racer);
    return this.#start();
  }

  async #cutPower(): Promise<void> {
    const images = [...this.#machine.powerCuts({ limit: 8, seed: this.#below(1_000) })];
    this.counts["power cuts"] += 1;
    await this.end();
    this.#machine = images[this.#below(images.length)]?.mount() ?? this.#machine;
    this.#racers = this.#startAll();
  }

  #startAll(): readonly Racer[] {
    return Array.from({ length: processes }, () => this.#start());
  }

  #start(): Racer {
    const racer: Racer = { disk: this.#machine.anotherProcess(), isAlive: true, owns: false };
    void this.#run(racer).catch((error: unknown) => {
      if (racer.isAlive || !isDiskError(error, "DISK_CLOSED")) this.failures.push(error);
    });
    return racer;
  }

  async #run(racer: Racer): Promise<void> {
    const disk = held(racer);
    for (;;) {
      await turn(racer);
      try {
        const lock = await lockDirectory(disk, directory);
        racer.owns = true;
        this.counts.owned += 1;
        await turn(racer);
        if (racer.isAlive && this.#racers.some((other) => other.owns && other !== racer)) throw new Error("two owners at once");
        if (!(await lock.held())) throw new Error("an owner was evicted");
        racer.owns = false;
        await lock.release();
      } catch (error) {
        if (!isDiskError(error, "DISK_LOCKED")) throw error;
        this.counts.refused += 1;
      }
    }
  }
}

/** Whoever is killed goes on at once, and finds that its disk does nothing more. */
async function turn(racer: Racer): Promise<void> {
  if (!racer.isAlive) return;
  await new Promise<void>((resolve) => {
    racer.goOn = resolve;
  });
}

function resume(racer: Racer): void {
  const { goOn } = racer;
  racer.goOn = undefined;
  goOn?.();
}

function kill(racer: Racer): void {
  racer.disk.kill();
  racer.isAlive = racer.owns = false;
  resume(racer);
}

function held(racer: Racer): Disk {
  const plain = watchedDisk(racer.disk, () => undefined);
  const inTurn =
    <A extends readonly unknown[], T>(run: (...given: A) => Promise<T>) =>
    async (...given: A): Promise<T> => {
      await turn(racer);
      return run(...given);
    };
  const { owners } = plain;
  return {
    ...plain,
    owners: { ...owners, judge: inTurn((other: string, self: string) => owners.judge(other, self)) },
    stat: inTurn(plain.stat),
    list: inTurn(plain.list),
    create: inTurn(plain.create),
    makeDirectory: inTurn(plain.makeDirectory),
    removeDirectory: inTurn(plain.removeDirectory),
    remove: inTurn(plain.remove),
    rename: inTurn(plain.rename),
  };
}

it("a lock has one owner on a simulated machine whose processes are held, killed and cut off at random", async () => {
  const total = { owned: 0, refused: 0, killed: 0, "power cuts": 0 };
  for (let seed = 1; seed <= seeds; seed += 1) {
    const disk = createSimulatedDisk();
    await disk.makeDirectory(directory);
    await disk.syncDirectory("/");
    const race = new Race(disk, randomNumbers(seed));
    for (let event = 0; event < events; event += 1) await race.nextEvent();
    const machine = await race.end();
    expect(race.failures, `seed ${seed}`).toEqual([]);
    await (await lockDirectory(machine, directory)).release();
    expect(await machine.list(directory), `seed ${seed}`).toEqual([]);
    for (const what of ["owned", "refused", "killed", "power cuts"] as const) total[what] += race.counts[what];
  }
  const line = Object.entries(total).map(([what, count]) => `${what} ${count}`).join(", ");
  console.log(`lock on simulated machines, ${seeds} seeds of ${events} events, ${processes} processes: ${line}`);
  for (const [what, count] of Object.entries(total)) expect(count, what).toBeGreaterThan(0);
});
