import type { IdSet } from "./id-set.ts";
import { FREE, chunkIn, offsetIn } from "./location-pages.ts";
import type { FrozenRecords } from "./record-table.ts";
import { isDeletedAt, recordEnd } from "./record.ts";
import type { RecordCursor } from "./write-records.ts";

/** Ids that a cursor passes by at most before it lets its caller see to something else. */
const PASSED_MAX = 0x1_0000;
const NO_BYTES = new Uint8Array(0);

/** Goes over the records of one moment in the order of their ids: every key with a value, or those of `changed`, deleted ones too. */
export class CapturedCursor implements RecordCursor {
  readonly #held: () => FrozenRecords;
  readonly #changed: IdSet | undefined;
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
    const { pages, length, chunks } = this.#held();
    for (let passed = 0; passed < PASSED_MAX; passed += 1) {
      const id = this.#changed === undefined ? this.#id : this.#changed.next(this.#id);
      if (id < 0 || id >= length) return "end";
      this.#id = id + 1;
      const chunk = chunkIn(pages, id);
      if (chunk === FREE) continue;
      const bytes = chunks[chunk] ?? NO_BYTES;
      const start = offsetIn(pages, id);
      if (this.#changed === undefined && isDeletedAt(bytes, start)) continue;
      this.bytes = bytes;
      this.start = start;
      this.end = recordEnd(bytes, start);
      return "record";
    }
    return "pause";
  }
}
