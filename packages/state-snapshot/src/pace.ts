import { setImmediate } from "node:timers/promises";

/** Milliseconds of work in one go. Timers, sockets and disks wait no longer for it. */
const BUDGET = 3;

/** Gives the event loop back to others now and then during long work. */
export class Pace {
  #since = performance.now();

  /** Whether the work has gone on long enough: then `await rest()`. Asking costs some ten nanoseconds. */
  get isDue(): boolean {
    return performance.now() - this.#since >= BUDGET;
  }

  async rest(): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
  }
}
