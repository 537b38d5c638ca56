import { IdSet } from "./id-set.ts";
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

/** A moment that somebody keeps. An object and no function: at each new function the engine would forget what it knows of the cursor. */
export interface HeldMoment {
  /** @throws SnapshotError when it isn't kept any more */
  readonly records: FrozenRecords;
}

/**
 * Goes over the records of one moment in the order of their ids: every key with a value, or those of `changed`, deleted ones too.
 * Looks at some records ahead of the one that it is at: where each lies elsewhere in memory, a processor that meets them one after
 * the other waits for each, and fetches many at the same time when they are met together. That halves a delta's encoding. All takes
 * the same way as some, so that the engine has made it fast by the full state that comes before: ways of their own made the first
 * delta four times slower.
 */
export class CapturedCursor implements RecordCursor {
  /** See `BlockWriter.kept`. */
  static readonly kept: CapturedCursor = new CapturedCursor({ records: { pages: [], length: 0, chunks: [] } });

  readonly #moment: HeldMoment;
  readonly #among: IdSet;
  readonly #passesDeleted: boolean;
  readonly #ids = new Int32Array(BATCH);
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

  constructor(moment: HeldMoment, changed?: IdSet) {
    this.#moment = moment;
    this.#among = changed ?? IdSet.below(moment.records.length);
    this.#passesDeleted = changed === undefined;
  }

  advance(): "record" | "pause" | "end" {
    const { records } = this.#moment;
    if (this.#at === this.#ahead) {
      const found = this.#find(records);
      if (found !== "record") return found;
      this.#fetch(records.chunks);
    }
    const at = this.#at;
    this.bytes = records.chunks[this.#chunks[at] ?? 0] ?? NO_BYTES;
    this.start = this.#starts[at] ?? 0;
    this.end = this.#ends[at] ?? 0;
    this.#at += 1;
    return "record";
  }

  /** Finds where the next records are; `"pause"` when that was long work in vain. */
  #find({ pages, chunks }: FrozenRecords): "record" | "pause" | "end" {
    this.#at = 0;
    this.#ahead = 0;
    for (let passed = 0; passed < PASSED_MAX; passed += BATCH) {
      const count = this.#among.collect(this.#id, this.#ids);
      if (count === 0) return "end";
      this.#id = (this.#ids[count - 1] ?? 0) + 1;
      for (let at = 0; at < count; at += 1) this.#meet(this.#ids[at] ?? 0, pages, chunks);
      if (this.#ahead > 0) return "record";
    }
    return "pause";
  }

  #meet(id: number, pages: FrozenRecords["pages"], chunks: FrozenRecords["chunks"]): void {
    const chunk = chunkIn(pages, id);
    if (chunk === FREE) return;
    const start = offsetIn(pages, id);
    if (this.#passesDeleted && isDeletedAt(chunks[chunk] ?? NO_BYTES, start)) return;
    this.#chunks[this.#ahead] = chunk;
    this.#starts[this.#ahead] = start;
    this.#ahead += 1;
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
