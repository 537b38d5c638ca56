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

/** The chunks, made in turns of a few milliseconds. */
export async function* paced(steps: Iterable<EncodingStep> | AsyncIterable<EncodingStep>): AsyncGenerator<Uint8Array, void> {
  const pace = new Pace();
  for await (const step of steps) {
    if (step !== undefined) yield step;
    if (pace.isDue) await pace.rest();
  }
}
