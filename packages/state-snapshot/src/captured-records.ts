import type { IdSet } from "./id-set.ts";
import { FREE, chunkIn, offsetIn } from "./location-pages.ts";
import type { FrozenRecords } from "./record-table.ts";
import { isDeletedAt, keyAt, recordEnd, valueAt } from "./record.ts";
import type { SnapshotEntry } from "./snapshot-entry.ts";
import { SnapshotError } from "./snapshot-error.ts";
import type { RecordCursor } from "./write-records.ts";

/** Ids that a cursor passes by at most before it lets its caller see to something else. */
const PASSED_MAX = 0x1_0000;
const NO_BYTES = new Uint8Array(0);

/** The records that a capture is of: every key with a value, or those of `changed` that have an entry, deleted ones too. */
export class CapturedRecords implements Iterable<SnapshotEntry> {
  readonly #changed: IdSet | undefined;
  #records: FrozenRecords | undefined;

  constructor(records: FrozenRecords, changed: IdSet | undefined) {
    this.#records = records;
    this.#changed = changed;
  }

  /** From here on every read throws. */
  release(): void {
    this.#records = undefined;
  }

  /** @throws SnapshotError `SNAPSHOT_RELEASED` */
  held(): FrozenRecords {
    if (this.#records !== undefined) return this.#records;
    throw new SnapshotError("SNAPSHOT_RELEASED", "The capture was done or failed before; take a new one.");
  }

  cursor(): RecordCursor {
    this.held();
    return new CapturedCursor(this, this.#changed);
  }

  *[Symbol.iterator](): Iterator<SnapshotEntry> {
    const cursor = this.cursor();
    for (let step = cursor.advance(); step !== "end"; step = cursor.advance()) {
      if (step === "record") yield { key: keyAt(cursor.bytes, cursor.start), value: valueAt(cursor.bytes, cursor.start) };
    }
  }
}

/** In the order of the ids. */
class CapturedCursor implements RecordCursor {
  readonly #captured: CapturedRecords;
  readonly #changed: IdSet | undefined;
  #id = 0;
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  constructor(captured: CapturedRecords, changed: IdSet | undefined) {
    this.#captured = captured;
    this.#changed = changed;
  }

  advance(): "record" | "pause" | "end" {
    const { pages, length, chunks } = this.#captured.held();
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
