import { checkBytes, checkRecordBytes } from "./check-arguments.ts";
import { ENTRY_HEAD_BYTES, viewOf } from "./format.ts";
import { hashKey } from "./key-hash.ts";
import { DELETED_LENGTH } from "./record.ts";
import { shown } from "@laminar/disk/arguments";

/** A value's start that says that the key is deleted. */
const DELETES = -1;
/** Bytes from which on the engine's own copying is faster than words, a view for it included. */
const COPIED_MIN = 160;

/**
 * Changes whose keys and values lie in one array, one at a time: a cursor, so that nothing is made for any of them. Saves two views
 * a change, which cost more to make than a hundred bytes cost to copy, and the collector's work after them.
 */
export class ChangeRanges {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #ranges: Int32Array;
  keyStart = 0;
  keyEnd = 0;
  #valueStart = 0;
  #valueEnd = 0;

  /** @throws TypeError, RangeError, SnapshotError, for arguments that aren't changes that a store can take */
  constructor(bytes: Uint8Array, ranges: Int32Array, count: number) {
    checkBytes(bytes, "What ranges lie in");
    if (!(ranges instanceof Int32Array)) throw new TypeError(`Ranges are an Int32Array, four numbers a change, not ${shown(ranges)}.`);
    if (typeof count !== "number") throw new TypeError(`A count of changes is a number, not ${shown(count)}.`);
    if (!Number.isInteger(count) || count < 0 || 4 * count > ranges.length) {
      throw new RangeError(`${ranges.length} numbers are the ranges of at most ${Math.floor(ranges.length / 4)} changes, not of ${count}.`);
    }
    checkRanges(ranges, count, bytes.length);
    this.bytes = bytes;
    this.#view = viewOf(bytes);
    this.#ranges = ranges;
  }

  get isDelete(): boolean {
    return this.#valueStart === DELETES;
  }

  /** Bytes of the record that says the change. */
  get recordBytes(): number {
    return ENTRY_HEAD_BYTES + this.keyEnd - this.keyStart + (this.isDelete ? 0 : this.#valueEnd - this.#valueStart);
  }

  moveTo(index: number): void {
    const at = 4 * index;
    this.keyStart = this.#ranges[at] ?? 0;
    this.keyEnd = this.#ranges[at + 1] ?? 0;
    this.#valueStart = this.#ranges[at + 2] ?? 0;
    this.#valueEnd = this.#ranges[at + 3] ?? 0;
  }

  /** Puts the hashes of the keys of `count` changes from the one at `first` on into `hashes`. */
  hash(first: number, count: number, hashes: Int32Array): void {
    for (let index = 0, at = 4 * first; index < count; index += 1, at += 4) {
      hashes[index] = hashKey(this.bytes, this.#ranges[at] ?? 0, this.#ranges[at + 1] ?? 0);
    }
  }

  /** Writes the record that says the change at offset `at` of `target`, over which `view` is a view. */
  write(target: Uint8Array, view: DataView, at: number): void {
    const keyBytes = this.keyEnd - this.keyStart;
    view.setInt32(at, keyBytes, true);
    view.setInt32(at + 4, this.isDelete ? DELETED_LENGTH : this.#valueEnd - this.#valueStart, true);
    this.#copy(this.keyStart, this.keyEnd, target, view, at + ENTRY_HEAD_BYTES);
    if (!this.isDelete) this.#copy(this.#valueStart, this.#valueEnd, target, view, at + ENTRY_HEAD_BYTES + keyBytes);
  }

  #copy(start: number, end: number, target: Uint8Array, view: DataView, at: number): void {
    const { bytes } = this;
    if (end - start >= COPIED_MIN) {
      target.set(bytes.subarray(start, end), at);
      return;
    }
    const source = this.#view;
    let from = start;
    let to = at;
    for (; from + 16 <= end; from += 16, to += 16) {
      view.setInt32(to, source.getInt32(from, true), true);
      view.setInt32(to + 4, source.getInt32(from + 4, true), true);
      view.setInt32(to + 8, source.getInt32(from + 8, true), true);
      view.setInt32(to + 12, source.getInt32(from + 12, true), true);
    }
    for (; from + 4 <= end; from += 4, to += 4) view.setInt32(to, source.getInt32(from, true), true);
    for (; from < end; from += 1, to += 1) target[to] = bytes[from] ?? 0;
  }
}

function checkRanges(ranges: Int32Array, count: number, bytes: number): void {
  for (let at = 0; at < 4 * count; at += 4) {
    const keyStart = ranges[at] ?? 0;
    const keyEnd = ranges[at + 1] ?? 0;
    const valueStart = ranges[at + 2] ?? 0;
    const valueEnd = valueStart === DELETES ? DELETES : (ranges[at + 3] ?? 0);
    const isInside = 0 <= keyStart && keyStart <= keyEnd && keyEnd <= bytes && DELETES <= valueStart && valueStart <= valueEnd && valueEnd <= bytes;
    if (!isInside) {
      const range = `key ${keyStart} to ${keyEnd}, value ${valueStart} to ${valueEnd}`;
      throw new RangeError(`The ranges of change ${at / 4} don't lie in ${bytes} bytes: ${range}.`);
    }
    checkRecordBytes(ENTRY_HEAD_BYTES + keyEnd - keyStart + valueEnd - valueStart);
  }
}
