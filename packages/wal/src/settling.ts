import { Vanished } from "./log-requests.ts";
import { isCorruption } from "./wal-error.ts";

/**
 * Tells what is wrong with a log from what a live writer has in progress: files that go, and bytes that a second look would
 * find complete. Two listings that agree and fail alike are the truth.
 */
export class Doubts {
  #before: string | undefined;

  /** Returns when another look may show something else, and throws otherwise. `seen`: the listing that led to `error`, if it got so far. */
  weigh(error: unknown, seen: string | undefined): void {
    if (!(error instanceof Vanished) && !isCorruption(error)) throw error;
    const now = `${seen} ${(error as Error).message}`;
    if (now === this.#before) throw error instanceof Vanished ? error.failure : error;
    this.#before = now;
  }

  /** After a look that found nothing wrong. */
  clear(): void {
    this.#before = undefined;
  }
}
