import type { OpenPeer, PeerEntry } from "./peer.ts";

/**
 * What somebody writes who wants more commits from a peer than its calls give: a queue. Whoever comes while a batch is on its way
 * is in the next one.
 */
export class BatchedCommits {
  readonly #peer: OpenPeer;
  #batch: PeerEntry[] = [];
  #waiting: (() => void)[] = [];
  #isBusy = false;

  constructor(peer: OpenPeer) {
    this.#peer = peer;
  }

  /** Durable when it resolves. */
  commit(key: string, value: Uint8Array): Promise<void> {
    this.#batch.push({ key, value });
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#isBusy) setImmediate(() => void this.#flush());
      this.#isBusy = true;
    });
  }

  async #flush(): Promise<void> {
    for (; this.#batch.length > 0; await nextTurn()) {
      const batch = this.#batch;
      const waiting = this.#waiting;
      this.#batch = [];
      this.#waiting = [];
      await this.#peer.commitBatch(batch);
      for (const resolve of waiting) resolve();
    }
    this.#isBusy = false;
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
