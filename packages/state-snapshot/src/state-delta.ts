import type { SnapshotOptions } from "./encode-snapshot.ts";
import { SnapshotTable, tableFrom } from "./snapshot-table.ts";

/** What changed since a snapshot, in memory: puts, and deletes as a value of `undefined`. Otherwise as `StateSnapshot`. */
export class StateDelta implements Iterable<readonly [Uint8Array, Uint8Array | undefined]> {
  readonly #table: SnapshotTable;

  private constructor(table: SnapshotTable) {
    this.#table = table;
  }

  /** A delta of copies of `changes`; errors as for `StateSnapshot.from`. Of a key that comes twice, the last change counts. */
  static from(changes: Iterable<readonly [Uint8Array, Uint8Array | undefined]>, options: SnapshotOptions = {}): StateDelta {
    return new StateDelta(tableFrom(changes, "delta", options));
  }

  /** As `StateSnapshot.fromBytes`; `SNAPSHOT_WRONG_KIND` for a full snapshot. */
  static fromBytes(bytes: Uint8Array): StateDelta {
    return new StateDelta(new SnapshotTable(bytes, "delta"));
  }

  /** Its bytes, not a copy of them. */
  toBytes(): Uint8Array {
    return this.#table.bytes;
  }

  /** Keys that changed, deleted ones included. */
  get size(): number {
    return this.#table.size;
  }

  /** Keys that were deleted. */
  get deletes(): number {
    return this.#table.deletes;
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

  /** Whether the key changed: with `get(key) === undefined`, it was deleted. */
  has(key: Uint8Array): boolean {
    return this.#table.has(key);
  }

  /** The new value; `undefined` when the key was deleted or didn't change (`has` tells which). */
  get(key: Uint8Array): Uint8Array | undefined {
    return this.#table.get(key);
  }

  /** Keys and new values as views; `undefined` for what was deleted. */
  [Symbol.iterator](): IterableIterator<readonly [Uint8Array, Uint8Array | undefined]> {
    return this.#table.entries();
  }
}
