import type { Block } from "./block-reader.ts";
import { ENTRY_HEAD_BYTES } from "./format.ts";
import type { IdSet } from "./id-set.ts";
import { hashKey } from "./key-hash.ts";
import { NO_ID } from "./key-index.ts";
import type { RecordTable } from "./record-table.ts";
import { isDeletedAt, lengthAt, recordEnd } from "./record.ts";
import { corrupt, inPart } from "./snapshot-error.ts";
import type { RecordCursor } from "./write-records.ts";

const NO_BYTES = new Uint8Array(0);

/** A block of the base as the deltas left it. Adds what it met of `changes` to `used`. */
export class ChangedBlock implements RecordCursor {
  readonly #block: Block;
  readonly #changes: RecordTable;
  readonly #used: IdSet;
  #next = 0;
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  constructor(block: Block, changes: RecordTable, used: IdSet) {
    this.#block = block;
    this.#changes = changes;
    this.#used = used;
  }

  advance(): "record" | "end" {
    const { bytes } = this.#block;
    while (this.#next < bytes.length) {
      this.bytes = bytes;
      this.start = this.#next;
      this.end = recordEnd(bytes, this.start);
      this.#next = this.end;
      if (!this.#isGone(this.start + ENTRY_HEAD_BYTES)) return "record";
    }
    return "end";
  }

  /** Looks for a change of this record's key, and goes to it where there is one; whether it says that the key is gone. */
  #isGone(keyStart: number): boolean {
    const changes = this.#changes;
    const hash = hashKey(this.bytes, keyStart, keyStart + lengthAt(this.bytes, this.start));
    const id = changes.findRecord(hash, this.bytes, this.start);
    if (id === NO_ID) return false;
    if (this.#used.has(id)) throw inPart(0, corrupt(this.#block.offset + keyStart, "a key comes twice", this.#block.index));
    this.#used.add(id);
    this.bytes = changes.bytesOf(id);
    this.start = changes.offsetOf(id);
    this.end = recordEnd(this.bytes, this.start);
    return isDeletedAt(this.bytes, this.start);
  }
}

/** The keys that only the deltas have. */
export class AddedRecords implements RecordCursor {
  readonly #changes: RecordTable;
  readonly #used: IdSet;
  #next = 0;
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  constructor(changes: RecordTable, used: IdSet) {
    this.#changes = changes;
    this.#used = used;
  }

  advance(): "record" | "end" {
    const changes = this.#changes;
    while (this.#next < changes.ids) {
      const id = this.#next;
      this.#next += 1;
      if (this.#used.has(id) || changes.isDeleted(id)) continue;
      this.bytes = changes.bytesOf(id);
      this.start = changes.offsetOf(id);
      this.end = recordEnd(this.bytes, this.start);
      return "record";
    }
    return "end";
  }
}
