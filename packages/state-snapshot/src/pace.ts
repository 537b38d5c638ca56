import { setImmediate } from "node:timers/promises";

/** Milliseconds of work in one go. Timers, sockets and disks wait no longer for it. */
const BUDGET = 2;

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

/** A chunk of a snapshot, or `undefined`: no chunk yet, but a moment at which the work may rest. */
export type EncodingStep = Uint8Array | undefined;

/** The chunks, made in turns of a few milliseconds, each chunk in a turn that begins after the one before was taken. */
export async function* paced(steps: Iterable<EncodingStep> | AsyncIterable<EncodingStep>): AsyncGenerator<Uint8Array, void> {
  const pace = new Pace();
  for await (const step of steps) {
    if (step !== undefined) yield step;
    if (step !== undefined || pace.isDue) await pace.rest();
  }
}

/**
 * The same chunks, of which the next one is made while their reader works on the one that it has: a disk writes beside the encoding.
 * `paced` chunks wait for the next turn, so that the reader's own work is under way first. `check` is asked before each chunk goes out.
 */
export async function* ahead(chunks: AsyncGenerator<Uint8Array, void>, check: () => void): AsyncGenerator<Uint8Array, void> {
  let next = chunks.next();
  try {
    for (let step = await next; step.done !== true; step = await next) {
      check();
      next = chunks.next();
      // It is thrown when the reader comes for it.
      next.catch(() => undefined);
      yield step.value;
    }
  } finally {
    await chunks.return();
  }
}
