import { setImmediate } from "node:timers/promises";
import type { SimulatedDisk } from "@laminar/disk/testing";

/** Turns of the event loop without an operation of the disk, after which it is time that is waited for. */
const IDLE_TURNS = 12;
/** The pause of a lock that tries again. */
const PAUSE_MS = 5;
/** More pauses than anything makes. */
const PAUSES = 130;
/** Longer than any timer. */
const LONG_MS = 3_600_000;

export type Settled<T> = { readonly value: T } | { readonly error: unknown } | "hangs";

/** What a promise settles with on a simulated disk; `"hangs"` when nothing is left to run, and time brings nothing either. */
export async function settled<T>(disk: SimulatedDisk, promise: Promise<T>): Promise<Settled<T>> {
  let outcome: Settled<T> | undefined;
  promise.then((value) => void (outcome = { value }), (error: unknown) => void (outcome = { error }));
  for (let pause = 0; pause < PAUSES; pause++) {
    await untilIdle(disk, () => outcome !== undefined);
    if (outcome !== undefined) return outcome;
    disk.advance(pause === PAUSES - 2 ? LONG_MS : PAUSE_MS);
  }
  return "hangs";
}

async function untilIdle(disk: SimulatedDisk, isDone: () => boolean): Promise<void> {
  let operations = disk.operations.length;
  for (let idle = 0; idle < IDLE_TURNS && !isDone(); idle++) {
    await setImmediate();
    if (disk.operations.length !== operations) idle = 0;
    operations = disk.operations.length;
  }
}

/** Rejections that nobody handles, while it watches. */
export class UnhandledRejections {
  readonly #seen: unknown[] = [];
  readonly #note = (reason: unknown): void => void this.#seen.push(reason);

  constructor() {
    process.on("unhandledRejection", this.#note);
  }

  /** Those since the last call. */
  take(): readonly unknown[] {
    return this.#seen.splice(0);
  }

  end(): void {
    process.off("unhandledRejection", this.#note);
  }
}
