import type { SnapshotOptions } from "./encode-snapshot.ts";
import { SnapshotTable, tableFrom } from "./snapshot-table.ts";

/**
 * A whole state in memory, unchangeable: every key with its value, in the order in which they were written. Keys and values that
 * it gives out are views of its bytes, valid for ever and not to be written into. For more than fits into memory there are
 * `encodeSnapshot` and `decodeSnapshot`.
 */
export class StateSnapshot implements Iterable<readonly [Uint8Array, Uint8Array]> {
  readonly #table: SnapshotTable;

  private constructor(table: SnapshotTable) {
    this.#table = table;
  }

  /**
   * A snapshot of copies of `entries`. Of a key that comes twice, the last value counts.
   *
   * @throws TypeError for an entry that isn't two `Uint8Array`s
   * @throws SnapshotError `SNAPSHOT_TOO_LARGE` for an entry above 1 GiB, or a whole that doesn't fit into one array
   */
  static from(entries: Iterable<readonly [Uint8Array, Uint8Array]>, options: SnapshotOptions = {}): StateSnapshot {
    return new StateSnapshot(tableFrom(entries, "full", options));
  }

  /**
   * The snapshot in `bytes`, wherever they lie in memory, without a copy of any of them: don't write into them again. All of it
   * is verified here; nothing that is read from it later can fail.
   *
   * @throws SnapshotError `SNAPSHOT_CORRUPT` (also for a key that comes twice), `SNAPSHOT_TRUNCATED`, `SNAPSHOT_WRONG_KIND` for a
   *   delta, `SNAPSHOT_UNSUPPORTED_FORMAT`
   */
  static fromBytes(bytes: Uint8Array): StateSnapshot {
    return new StateSnapshot(new SnapshotTable(bytes, "full"));
  }

  /** Its bytes, not a copy of them. The same entries in the same order with the same timestamp give the same bytes. */
  toBytes(): Uint8Array {
    return this.#table.bytes;
  }

  /** Keys. */
  get size(): number {
    return this.#table.size;
  }

  /** Length of `toBytes()`. */
  get sizeBytes(): number {
    return this.#table.bytes.length;
  }

  /** When it was made, in nanoseconds since 1970, as its maker said. */
  get timestampNs(): bigint {
    return this.#table.timestampNs;
  }

  /** Version of the format that the bytes have. */
  get version(): number {
    return this.#table.version;
  }

  /** A view of the value; `undefined` where there is none. */
  get(key: Uint8Array): Uint8Array | undefined {
    return this.#table.get(key);
  }

  /** Keys and values as views. */
  *[Symbol.iterator](): IterableIterator<readonly [Uint8Array, Uint8Array]> {
    for (const [key, value] of this.#table.entries()) if (value !== undefined) yield [key, value];
  }
}
