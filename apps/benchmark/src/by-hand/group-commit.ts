import * as fs from "node:fs";
import { Block } from "./block.ts";

/** Makes durable what was written to a file, and says when. */
export type Sync = (descriptor: number, done: (error?: Error | null) => void) => void;

/** The event loop goes on meanwhile. */
export const syncOffThread: Sync = (descriptor, done) => fs.fdatasync(descriptor, done);

/** Nothing else runs meanwhile: quick where a sync is, and a stall as long as the disk's where it isn't. */
export const syncInLoop: Sync = (descriptor, done) => {
  fs.fdatasyncSync(descriptor);
  done();
};

/** Group commit: whoever commits while a sync is under way shares the next one. */
export class GroupCommitByHand {
  readonly #descriptor: number;
  readonly #sync: Sync;
  readonly #block = new Block();
  #position = 0;
  #waiting: (() => void)[] = [];
  #isBusy = false;

  constructor(file: string, sync: Sync) {
    this.#descriptor = fs.openSync(file, "wx");
    this.#sync = sync;
  }

  /** Durable when it resolves. */
  commit(key: Uint8Array, value: Uint8Array): Promise<void> {
    this.#block.add(key, value);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#isBusy) setImmediate(() => this.#flush());
      this.#isBusy = true;
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#isBusy = waiting.length > 0;
    if (!this.#isBusy) return;
    this.#waiting = [];
    this.#position = this.#block.writeTo(this.#descriptor, this.#position);
    this.#sync(this.#descriptor, (error) => {
      if (error) throw error;
      for (const resolve of waiting) resolve();
      setImmediate(() => this.#flush());
    });
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }
}
