import { IdSet } from "./id-set.ts";
import type { RecordTable } from "./record-table.ts";

/** Entries looked at for each write. A write deletes one key at most, so the sweep is always faster. */
const IDS_PER_STEP = 8;

/** Takes entries of deleted keys out of a table, a few at a time, once no delta has to name them any more. */
export class TombstoneSweep {
  readonly #table: RecordTable;
  readonly #mayGo: (id: number) => boolean;
  #ids = new IdSet();
  #next = 0;

  /** `mayGo` tells whether no unsaved change and no open capture is about that entry. */
  constructor(table: RecordTable, mayGo: (id: number) => boolean) {
    this.#table = table;
    this.#mayGo = mayGo;
  }

  /** Entries of which some may be deleted keys that can go. The set is the sweep's from here on. */
  add(ids: IdSet): void {
    if (this.#ids.size === 0) this.#ids = ids;
    else this.#ids.absorb(ids);
    this.#next = 0;
  }

  step(): void {
    for (let count = 0; count < IDS_PER_STEP && this.#ids.size > 0; count += 1) {
      const id = this.#ids.next(this.#next);
      if (id < 0) return;
      this.#next = id + 1;
      this.#ids.delete(id);
      if (this.#table.isDeleted(id) && this.#mayGo(id)) this.#table.remove(id);
    }
  }
}
