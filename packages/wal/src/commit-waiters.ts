import type { Lsn } from "./log.ts";

/**
 * A class, because literals that survive a few collections are made in old space from then on, where each keeps its promise until a
 * full collection: 1,024 committers took three times as long.
 */
class Waiter {
  readonly lsn: Lsn;
  readonly resolve: (lsn: Lsn) => void;
  readonly reject: (error: unknown) => void;

  constructor(lsn: Lsn, resolve: (lsn: Lsn) => void, reject: (error: unknown) => void) {
    this.lsn = lsn;
    this.resolve = resolve;
    this.reject = reject;
  }
}

/** Who waits for a record to become durable. They come in the order of their records, so that waking looks at no one in vain. */
export class CommitWaiters {
  #waiting: Waiter[] = [];
  /** How many the last call of `wake` woke. */
  woken = 0;

  /** How many wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Settles when everything up to `lsn`, which is not below that of an earlier call, is durable. */
  wait(lsn: Lsn): Promise<Lsn> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(new Waiter(lsn, resolve, reject));
    });
  }

  wake(durableLsn: Lsn): void {
    const waiting = this.#waiting;
    let woken = 0;
    for (const { lsn, resolve } of waiting) {
      if (lsn > durableLsn) break;
      resolve(lsn);
      woken++;
    }
    this.woken = woken;
    this.#waiting = woken === waiting.length ? [] : waiting.slice(woken);
  }

  rejectAll(error: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
  }
}
