import { ENTRY_HEAD_BYTES } from "./format.ts";
import { hashKey } from "./key-hash.ts";
import type { Chunk } from "./record-arena.ts";
import type { RecordTable } from "./record-table.ts";
import { lengthAt, recordEnd } from "./record.ts";

/**
 * What doesn't count may take half of what counts before a chunk is emptied. The chunk chosen is then a third empty at least: for
 * each byte that a write gives up, three have to be looked at, and two of them copied, at worst. The write is two bytes of turnover.
 */
const GARBAGE_SHARE = 0.5;
const WORK_PER_BYTE = 1.5;
/** What a small store may waste in any case. */
const GARBAGE_MIN = 0x10_0000;
/** Records looked at together: enough to read what is far apart side by side, few enough that a write doesn't wait for long. */
const BATCH = 64;
/** Bytes that have to be due before a batch is worth it. */
const BATCH_BYTES = 0x1000;

/** Gives memory of overwritten and deleted entries back: copies what counts out of the emptiest chunk, in small steps beside the writes. */
export class ArenaCompaction {
  readonly #table: RecordTable;
  readonly #starts = new Int32Array(BATCH);
  readonly #hashes = new Int32Array(BATCH);
  #victim: Chunk | undefined;
  #run = 0;
  #at = 0;
  /** The arena's turnover when it was last looked at. */
  #seen = 0;
  /** Bytes to look at. */
  #due = 0;

  constructor(table: RecordTable) {
    this.#table = table;
  }

  /** To be called for each write. */
  step(): void {
    const written = this.#table.arena.turnover - this.#seen;
    if (this.#victim === undefined) {
      if (written < GARBAGE_MIN / 2) return;
      this.#choose();
    } else {
      this.#due += WORK_PER_BYTE * written;
      if (this.#due >= BATCH_BYTES) this.#work(this.#victim);
    }
    this.#seen = this.#table.arena.turnover;
  }

  #choose(): void {
    const { arena } = this.#table;
    const isDue = arena.reserved - arena.live > Math.max(GARBAGE_MIN, GARBAGE_SHARE * arena.live);
    this.#victim = isDue ? arena.emptiest() : undefined;
    this.#run = 0;
    this.#at = this.#victim?.runs[0] ?? 0;
    this.#due = 0;
  }

  #work(victim: Chunk): void {
    const { arena } = this.#table;
    const count = this.#collect(victim);
    this.#table.warm(this.#hashes, count);
    // Dropped means that the last record that counted went, by a write or by the copying.
    const isThere = (): boolean => arena.chunk(victim.number) === victim;
    for (let record = 0; record < count && isThere(); record += 1) {
      this.#table.relocate(victim.number, this.#starts[record] ?? 0, this.#hashes[record] ?? 0);
    }
    if (!isThere()) this.#choose();
  }

  /** Goes over the next records of the chunk, as many as are due; how many they are. */
  #collect({ bytes, runs }: Chunk): number {
    let count = 0;
    for (; count < BATCH && this.#due > 0 && this.#run < runs.length; count += 1) {
      const start = this.#at;
      const keyStart = start + ENTRY_HEAD_BYTES;
      this.#starts[count] = start;
      this.#hashes[count] = hashKey(bytes, keyStart, keyStart + lengthAt(bytes, start));
      this.#at = recordEnd(bytes, start);
      this.#due -= this.#at - start;
      if (this.#at !== runs[this.#run + 1]) continue;
      this.#run += 2;
      this.#at = runs[this.#run] ?? 0;
    }
    return count;
  }
}
