import type { Chunk } from "./record-arena.ts";
import type { RecordTable } from "./record-table.ts";
import { recordEnd } from "./record.ts";

/**
 * What doesn't count may take half of what counts before a chunk is emptied. The chunk chosen is then a third empty at least: for
 * each byte that a write gives up, three have to be looked at, and two of them copied, at worst. The write is two bytes of turnover.
 */
const GARBAGE_SHARE = 0.5;
const WORK_PER_BYTE = 1.5;
/** What a small store may waste in any case. */
const GARBAGE_MIN = 0x10_0000;
/** Bounds what one write has to wait for; the rest of the work stays for the next ones. */
const RECORDS_PER_STEP = 64;

/** Gives memory of overwritten and deleted entries back: copies what counts out of the emptiest chunk, in small steps beside the writes. */
export class ArenaCompaction {
  readonly #table: RecordTable;
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
      this.#work();
    }
    this.#seen = this.#table.arena.turnover;
  }

  #choose(): void {
    const { arena } = this.#table;
    const isDue = arena.reserved - arena.live > Math.max(GARBAGE_MIN, GARBAGE_SHARE * arena.live);
    this.#victim = isDue ? arena.emptiest() : undefined;
    this.#run = 0;
    this.#at = this.#victim?.runs[0] ?? 0;
  }

  #work(): void {
    for (let count = 0; count < RECORDS_PER_STEP && this.#due > 0; count += 1) {
      // Dropped means that the last record that counted went, by the copying or by a write.
      if (this.#victim === undefined || this.#table.arena.chunk(this.#victim.number) !== this.#victim) this.#choose();
      if (this.#victim === undefined) this.#due = 0;
      else this.#due -= this.#moveNext(this.#victim);
    }
  }

  /** Sees to one record; its bytes. */
  #moveNext({ number, bytes, runs }: Chunk): number {
    if (this.#at === runs[this.#run + 1]) {
      this.#run += 2;
      this.#at = runs[this.#run] ?? 0;
    }
    const start = this.#at;
    this.#at = recordEnd(bytes, start);
    this.#table.relocate(number, start);
    return this.#at - start;
  }
}
