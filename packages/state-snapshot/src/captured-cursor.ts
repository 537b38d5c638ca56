import type { IdSet } from "./id-set.ts";
import { FREE, chunkIn, offsetIn } from "./location-pages.ts";
import type { FrozenRecords } from "./record-table.ts";
import { isDeletedAt, recordEnd } from "./record.ts";
import type { RecordCursor } from "./write-records.ts";

/** Ids that a cursor passes by at most before it lets its caller see to something else. */
const PASSED_MAX = 0x1_0000;
/** Records looked at together: what they take fits into a processor's first cache or its second. */
const BATCH = 256;
/** What a processor fetches at once. */
const CACHE_LINE = 64;
const NO_BYTES = new Uint8Array(0);

/**
 * Goes over the records of one moment in the order of their ids: every key with a value, or those of `changed`, deleted ones too.
 * Looks at some records ahead of the one that it is at: where each lies elsewhere in memory, a processor that meets them one after
 * the other waits for each, and fetches many at the same time when they are met together. That halves a delta's encoding.
 */
export class CapturedCursor implements RecordCursor {
  readonly #held: () => FrozenRecords;
  readonly #changed: IdSet | undefined;
  readonly #chunks = new Int32Array(BATCH);
  readonly #starts = new Int32Array(BATCH);
  readonly #ends = new Int32Array(BATCH);
  #ahead = 0;
  #at = 0;
  /** Keeps the engine from leaving out reads of which nothing else comes. */
  #touched = 0;
  #id = 0;
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  /** `held` is asked at each step, and throws when the moment isn't kept any more. */
  constructor(held: () => FrozenRecords, changed: IdSet | undefined) {
    this.#held = held;
    this.#changed = changed;
  }

  advance(): "record" | "pause" | "end" {
    const records = this.#held();
    if (this.#at === this.#ahead) {
      const found = this.#find(records);
      this.#fetch(records.chunks);
      if (found === "pause" || this.#ahead === 0) return found;
    }
    const at = this.#at;
    this.bytes = records.chunks[this.#chunks[at] ?? 0] ?? NO_BYTES;
    this.start = this.#starts[at] ?? 0;
    this.end = this.#ends[at] ?? 0;
    this.#at += 1;
    return "record";
  }

  /** Finds where the next records are; `"end"` when there are no more behind them, `"pause"` when that was long work. */
  #find({ pages, length, chunks }: FrozenRecords): "record" | "pause" | "end" {
    this.#at = 0;
    this.#ahead = 0;
    for (let passed = 0; passed < PASSED_MAX; passed += 1) {
      const id = this.#changed === undefined ? this.#id : this.#changed.next(this.#id);
      if (id < 0 || id >= length) return "end";
      this.#id = id + 1;
      const chunk = chunkIn(pages, id);
      if (chunk === FREE) continue;
      const start = offsetIn(pages, id);
      if (this.#changed === undefined && isDeletedAt(chunks[chunk] ?? NO_BYTES, start)) continue;
      this.#chunks[this.#ahead] = chunk;
      this.#starts[this.#ahead] = start;
      this.#ahead += 1;
      if (this.#ahead === BATCH) return "record";
    }
    return "pause";
  }

  /** Reads what will be read of them, in loops in which none has to wait for another. */
  #fetch(chunks: readonly Uint8Array[]): void {
    for (let at = 0; at < this.#ahead; at += 1) this.#ends[at] = recordEnd(chunks[this.#chunks[at] ?? 0] ?? NO_BYTES, this.#starts[at] ?? 0);
    let touched = this.#touched;
    for (let at = 0; at < this.#ahead; at += 1) {
      const bytes = chunks[this.#chunks[at] ?? 0] ?? NO_BYTES;
      const end = this.#ends[at] ?? 0;
      // Of a longer one the processor sees by itself that its bytes are read one after the other.
      touched ^= (bytes[Math.min((this.#starts[at] ?? 0) + CACHE_LINE, end - 1)] ?? 0) ^ (bytes[end - 1] ?? 0);
    }
    this.#touched = touched;
  }
}
