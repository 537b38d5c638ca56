import { IdSet } from "./id-set.ts";

/** Entries looked at for each write. A write deletes one key at most, so the sweep is always faster. */
const IDS_PER_STEP = 8;

/** Goes over entries of which some are deleted keys, a few at a time, so that those go which no delta has to name any more. */
export class TombstoneSweep {
  readonly #visit: (id: number) => void;
  readonly #ids = new IdSet();
  #next = 0;

  /** `visit` takes the entry out, if it can go. */
  constructor(visit: (id: number) => void) {
    this.#visit = visit;
  }

  /** Entries to look at. */
  add(ids: IdSet): void {
    this.#ids.absorb(ids);
    this.#next = 0;
  }

  step(): void {
    for (let count = 0; count < IDS_PER_STEP && this.#ids.size > 0; count += 1) {
      const id = this.#ids.next(this.#next);
      if (id < 0) return;
      this.#next = id + 1;
      this.#ids.delete(id);
      this.#visit(id);
    }
  }
}
