import { driveBatches } from "./drive-log.ts";
import type { FoundBatch } from "./log-core.ts";
import type { LogDriver } from "./log-driver.ts";
import type { Reading } from "./log-requests.ts";
import type { Lsn, WalBatch } from "./log.ts";

/** The batches of a reading. `return` also ends a `next` that waits for news, where a generator's would wait with it. */
export function iterateBatches<R>(driver: LogDriver, reading: Reading<void, FoundBatch>, make: (found: FoundBatch) => R): AsyncIterableIterator<R> {
  const batches = driveBatches(driver, reading, make);
  return {
    next: () => batches.next(),
    return: () => {
      driver.stop();
      return batches.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

interface NumberedEntry<E> {
  readonly lsn: Lsn;
  readonly entry: E;
}

/** The entries of batches, one at a time. */
export function entriesOf<E>(batches: AsyncIterable<WalBatch<E>>): AsyncIterableIterator<NumberedEntry<E>> {
  return new EntryIterator(batches[Symbol.asyncIterator]());
}

/** Written by hand since a generator takes several turns of the event loop's queue for each entry, and this takes one. */
class EntryIterator<E> implements AsyncIterableIterator<NumberedEntry<E>> {
  readonly #batches: AsyncIterator<WalBatch<E>>;
  #batch: WalBatch<E> | undefined;
  #at = 0;
  /** Set while a batch is being read; whoever asks meanwhile comes after. */
  #reading: Promise<IteratorResult<NumberedEntry<E>, undefined>> | undefined;

  constructor(batches: AsyncIterator<WalBatch<E>>) {
    this.#batches = batches;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<NumberedEntry<E>, undefined>> {
    const found = this.#reading ? undefined : this.#take();
    if (found) return Promise.resolve({ done: false, value: found });
    const reading = (this.#reading ?? Promise.resolve()).then(() => this.#read()).finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    return (this.#reading = reading);
  }

  async return(): Promise<IteratorResult<NumberedEntry<E>, undefined>> {
    this.#batch = undefined;
    await this.#batches.return?.();
    return { done: true, value: undefined };
  }

  #take(): NumberedEntry<E> | undefined {
    const batch = this.#batch;
    if (!batch || this.#at >= batch.entries.length) return undefined;
    const at = this.#at++;
    return { lsn: batch.firstLsn + at, entry: batch.entries[at] as E };
  }

  async #read(): Promise<IteratorResult<NumberedEntry<E>, undefined>> {
    for (;;) {
      const value = this.#take();
      if (value) return { done: false, value };
      const step = await this.#batches.next();
      if (step.done) return { done: true, value: undefined };
      this.#batch = step.value;
      this.#at = 0;
    }
  }
}
