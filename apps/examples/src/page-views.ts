import type { CapturedState } from "@laminar/checkpoint";
import type { RecoverySink } from "@laminar/recovery";
import type { WalEntryInput } from "@laminar/wal";

type Changes = Parameters<RecoverySink["apply"]>[0];

/**
 * A state of our own: a Map of numbers. Its bytes in a checkpoint are a line of JSON for each page; a delta is the lines of the
 * pages that changed, so that base and deltas, read one after the other, are the state.
 */
export class PageViews implements RecoverySink {
  readonly #views = new Map<string, number>();
  #unsaved = new Set<string>();
  #savedAs: unknown;

  /** Counts a view, and says what to log. */
  add(page: string): WalEntryInput {
    const views = (this.#views.get(page) ?? 0) + 1;
    this.#set(page, views);
    return { type: "put", key: Buffer.from(page), value: Buffer.from(`${views}`) };
  }

  entries(): readonly (readonly [page: string, views: number])[] {
    return [...this.#views].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** For recovery, where no checkpoint is. */
  restore(): void {
    this.#views.clear();
    this.#unsaved.clear();
  }

  /** For recovery, from a checkpoint and the deltas on it. */
  async restoreParts(parts: readonly AsyncIterable<Uint8Array>[]): Promise<number> {
    const found: (readonly [string, number])[] = [];
    for (const part of parts) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of part) chunks.push(chunk);
      const lines = Buffer.concat(chunks).toString().split("\n").slice(0, -1);
      for (const line of lines) found.push(JSON.parse(line) as [string, number]);
    }
    // Not before all parts ended well: one that is damaged ends with an error, and another checkpoint comes.
    this.restore();
    for (const [page, views] of found) this.#views.set(page, views);
    return this.#views.size;
  }

  /** For recovery, from the log after it: what was committed, and nothing else. */
  apply(changes: Changes): void {
    for (const change of changes) if (change.type === "put") this.#set(Buffer.from(change.key).toString(), Number(Buffer.from(change.value)));
  }

  /** For the checkpoint manager: the state of this moment, and what has changed since the last checkpoint that was made of it. */
  capture(): CapturedState {
    const views = new Map(this.#views);
    const unsaved = this.#unsaved;
    this.#unsaved = new Set();
    return {
      basedOn: this.#savedAs,
      keyCount: views.size,
      *bytes(kind) {
        for (const page of kind === "full" ? views.keys() : unsaved) yield Buffer.from(`${JSON.stringify([page, views.get(page)])}\n`);
      },
      done: (checkpoint) => void (this.#savedAs = checkpoint),
      fail: () => void (this.#unsaved = new Set([...unsaved, ...this.#unsaved])),
    };
  }

  #set(page: string, views: number): void {
    this.#views.set(page, views);
    this.#unsaved.add(page);
  }
}
