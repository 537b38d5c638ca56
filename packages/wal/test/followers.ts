import type { SimulatedDisk } from "@laminar/disk/testing";
import type { LogReader, ReadOptions, WalEntry } from "../src/index.ts";

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Somebody who follows a log and notes what is given. */
export class Follower {
  readonly given: number[] = [];
  /** How it ended: `"end"`, or the error. */
  ended: unknown;
  readonly #batches: AsyncIterator<{ readonly firstLsn: number; readonly entries: readonly WalEntry[] }>;
  readonly #running: Promise<void>;

  constructor(log: LogReader<WalEntry>, options: ReadOptions = {}) {
    this.#batches = log.read({ ...options, follow: true })[Symbol.asyncIterator]();
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    try {
      for (let step = await this.#batches.next(); !step.done; step = await this.#batches.next()) {
        const { firstLsn, entries } = step.value;
        this.given.push(...entries.map((_, i) => firstLsn + i));
      }
      this.ended = "end";
    } catch (error) {
      this.ended = error;
    }
  }

  /** Breaks off, also in the middle of a wait. */
  async stop(): Promise<void> {
    await this.#batches.return?.();
    await this.#running;
  }
}

/** Lets everything happen that is under way, until `isDone`. Time passes for `disk`, in steps of less than a poll. */
export async function until(isDone: () => boolean, disk?: SimulatedDisk): Promise<void> {
  for (let i = 0; !isDone(); i++) {
    if (i > 5000) throw new Error(`still waiting for ${String(isDone)}`);
    await turn();
    if (i % 10 === 9) disk?.advance(20);
  }
}

/** Lets everything happen that is under way and needs no time. */
export async function quiet(): Promise<void> {
  for (let i = 0; i < 50; i++) await turn();
}

export const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
