import type { Block } from "./block-reader.ts";
import { ENTRY_HEAD_BYTES } from "./format.ts";
import { hashKey } from "./key-hash.ts";
import { NO_ID } from "./key-index.ts";
import type { RecordTable } from "./record-table.ts";
import { lengthAt, recordEnd } from "./record.ts";
import { corrupt } from "./snapshot-error.ts";

/** Records of one block, one behind the other, under ids that follow each other too. */
interface Placed {
  readonly block: Block;
  readonly firstId: number;
  readonly hashes: Int32Array;
}

/**
 * A snapshot or delta on its way into an empty table. Each record's place is noted as its block comes; the index is made when all are
 * there, at once as large as it has to be. An index that grows beside the records moves each of its entries more than once and takes
 * twice the memory on the way: this is a third of the time of loading a million, for 4 bytes a record until it is done.
 */
export class FirstPart {
  readonly #table: RecordTable;
  readonly #placed: Placed[] = [];
  #count = 0;

  constructor(table: RecordTable) {
    this.#table = table;
  }

  /** Takes a block, whose bytes the table's arena holds already: in its last chunk, from `offset` on. */
  add(block: Block, offset: number): void {
    const { bytes, count } = block;
    const table = this.#table;
    const chunk = table.arena.lastChunk;
    const hashes = new Int32Array(count);
    for (let record = 0, at = 0; record < count; record += 1) {
      const start = at + ENTRY_HEAD_BYTES;
      hashes[record] = hashKey(bytes, start, start + lengthAt(bytes, at));
      table.place(chunk, offset + at);
      at = recordEnd(bytes, at);
    }
    this.#placed.push({ block, firstId: this.#count, hashes });
    this.#count += count;
  }

  /**
   * Makes the index, a fraction of a millisecond in each step.
   *
   * @throws SnapshotError `SNAPSHOT_CORRUPT` for a key that comes twice
   */
  *index(): Generator<void, void> {
    const table = this.#table;
    yield* table.presizeIndex(this.#count);
    for (const { block, firstId, hashes } of this.#placed) {
      for (let record = 0; record < hashes.length; record += 1) {
        const known = table.index(hashes[record] ?? 0, firstId + record);
        if (known !== NO_ID) throw corrupt(block.offset + startOf(block, record) + ENTRY_HEAD_BYTES, "a key comes twice", block.index);
      }
      yield;
    }
  }
}

/** Where record number `record` of a block begins in it. */
function startOf({ bytes }: Block, record: number): number {
  let at = 0;
  for (let before = 0; before < record; before += 1) at = recordEnd(bytes, at);
  return at;
}
