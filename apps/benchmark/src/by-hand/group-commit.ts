import * as fs from "node:fs";
import { Block } from "./block.ts";

/** Group commit: whoever commits while a sync is under way shares the next one. */
export class GroupCommitByHand {
  readonly #descriptor: number;
  readonly #block = new Block();
  #position = 0;
  #waiting: (() => void)[] = [];
  #isBusy = false;

  constructor(file: string) {
    this.#descriptor = fs.openSync(file, "wx");
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
    fs.fdatasync(this.#descriptor, (error) => {
      if (error) throw error;
      for (const resolve of waiting) resolve();
      setImmediate(() => this.#flush());
    });
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }
}
