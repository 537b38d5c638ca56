import { ENTRY_HEAD_BYTES } from "./format.ts";
import { hashKey } from "./key-hash.ts";
import { KeyIndex, NO_ID } from "./key-index.ts";
import type { IndexedKeys } from "./key-index.ts";
import type { ChangeRanges } from "./change-ranges.ts";
import { FREE, LocationPages } from "./location-pages.ts";
import type { FrozenPages } from "./location-pages.ts";
import { RecordArena } from "./record-arena.ts";
import { isDeletedAt, keyAt, lengthAt, recordEnd, valueAt } from "./record.ts";
import type { SpareMemory } from "./spare-memory.ts";

/** The records of one moment; they stay as they are. */
export interface FrozenRecords extends FrozenPages {
  /** By chunk number. */
  readonly chunks: readonly Uint8Array[];
}

/**
 * Keys to values without an object for any: records in an arena, each entry's place by its id, an index from keys to ids. Beside
 * keys and values an entry takes 8 bytes in its record, 8 for its place and 9 to 18 in the index. A deleted key may stay, as an
 * entry that says so.
 */
export class RecordTable implements IndexedKeys {
  readonly arena: RecordArena;
  readonly #locations = new LocationPages();
  readonly #index = new KeyIndex(this);
  #size = 0;
  #deleted = 0;

  /** Prefers `spare` memory to new one for its records. */
  constructor(spare?: SpareMemory) {
    this.arena = new RecordArena(spare);
  }

  /** Keys that have a value. */
  get size(): number {
    return this.#size;
  }

  /** Keys that are there as deleted. */
  get deleted(): number {
    return this.#deleted;
  }

  /** Ids from 0 up to this were given, in the order in which keys came; a free one may be given again. */
  get ids(): number {
    return this.#locations.length;
  }

  /** Makes the next look-ups of the first `count` hashes faster; see the index. */
  warm(hashes: Int32Array, count: number): void {
    this.#index.warm(hashes, count);
  }

  /** The id of `key`, or `NO_ID`; `hash` is its `hashKey`. */
  find(hash: number, key: Uint8Array): number {
    return this.#index.find(hash, key, 0, key.length);
  }

  /** The same for the key of the record at `offset` of `bytes`. */
  findRecord(hash: number, bytes: Uint8Array, offset: number): number {
    const start = offset + ENTRY_HEAD_BYTES;
    return this.#index.find(hash, bytes, start, start + lengthAt(bytes, offset));
  }

  matches(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.bytesOf(id);
    const offset = this.offsetOf(id);
    if (lengthAt(own, offset) !== end - start) return false;
    let at = start;
    for (let ownAt = offset + ENTRY_HEAD_BYTES; at < end && own[ownAt] === bytes[at]; ownAt += 1) at += 1;
    return at === end;
  }

  areAlike(id: number, other: number): boolean {
    const bytes = this.bytesOf(other);
    const start = this.offsetOf(other) + ENTRY_HEAD_BYTES;
    return this.matches(id, bytes, start, start + lengthAt(bytes, start - ENTRY_HEAD_BYTES));
  }

  isAt(id: number, chunk: number, offset: number): boolean {
    return this.#locations.chunkOf(id) === chunk && this.#locations.offsetOf(id) === offset;
  }

  /** The chunk that holds the entry's record; empty for an id that belongs to no entry. */
  bytesOf(id: number): Uint8Array {
    return this.arena.bytesOf(this.#locations.chunkOf(id));
  }

  /** Where in its chunk the entry's record begins. */
  offsetOf(id: number): number {
    return this.#locations.offsetOf(id);
  }

  /** Whether that id belongs to an entry whose key was deleted. */
  isDeleted(id: number): boolean {
    return this.#locations.chunkOf(id) !== FREE && isDeletedAt(this.bytesOf(id), this.offsetOf(id));
  }

  keyOf(id: number): Uint8Array {
    return keyAt(this.bytesOf(id), this.offsetOf(id));
  }

  /** `undefined` for a deleted key, and for an id that belongs to no entry. */
  valueOf(id: number): Uint8Array | undefined {
    return this.#locations.chunkOf(id) === FREE ? undefined : valueAt(this.bytesOf(id), this.offsetOf(id));
  }

  /** Adds a key that isn't there; its id. */
  insert(hash: number, key: Uint8Array, value: Uint8Array | undefined): number {
    this.#index.reserve(hash);
    const offset = this.arena.append(key, value);
    return this.#add(hash, this.arena.lastChunk, offset);
  }

  /** Gives the entry another value, or says that its key was deleted. */
  replace(id: number, key: Uint8Array, value: Uint8Array | undefined): void {
    const offset = this.arena.append(key, value);
    this.replaceAt(id, this.arena.lastChunk, offset);
  }

  /**
   * Reads what the next `count` changes will need, whose keys have these hashes: slots, then places, then records, each side by side.
   * `ids` gets the entry that each key has, most likely. Saves half of the time of changing entries that lie anywhere.
   */
  foresee(hashes: Int32Array, count: number, ids: Int32Array): void {
    this.#index.foresee(hashes, count, ids);
    let read = 0;
    for (let at = 0; at < count; at += 1) read ^= this.#locations.chunkOf(ids[at] ?? 0);
    for (let at = 0; at < count; at += 1) {
      const id = ids[at] ?? NO_ID;
      if (id !== NO_ID) read ^= this.bytesOf(id)[this.offsetOf(id)] ?? 0;
    }
    this.#index.warmed ^= read;
  }

  /** The id of the key of the change at which `changes` is, or `NO_ID`; `guess` is an id that it may have. */
  findChanged(hash: number, guess: number, { bytes, keyStart, keyEnd }: ChangeRanges): number {
    if (guess !== NO_ID && this.#locations.chunkOf(guess) !== FREE && this.matches(guess, bytes, keyStart, keyEnd)) return guess;
    return this.#index.seek(hash, bytes, keyStart, keyEnd);
  }

  /** `insert` with key and value of the change whose key `findChanged` just didn't find, and which has a value. */
  insertChanged(hash: number, changes: ChangeRanges): number {
    const offset = this.arena.appendChanged(changes);
    const id = this.#locations.allocate(this.arena.lastChunk, offset);
    this.#index.insertSought(hash, id);
    this.#size += 1;
    return id;
  }

  /** `replace` with key and value of that change. */

  replaceChanged(id: number, changes: ChangeRanges): void {
    const offset = this.arena.appendChanged(changes);
    this.replaceAt(id, this.arena.lastChunk, offset);
  }

  /** `insert` with a record that is in the arena already. */
  insertAt(hash: number, chunk: number, offset: number): number {
    this.#index.reserve(hash);
    return this.#add(hash, chunk, offset);
  }

  /** Makes the index, while nothing is in it yet, as large as so many records need; in steps. */
  presizeIndex(entries: number): Iterable<void> {
    return this.#index.presize(entries);
  }

  /** The first half of `insertAt`: the record counts, but isn't found yet. */
  place(chunk: number, offset: number): number {
    const id = this.#locations.allocate(chunk, offset);
    this.#count(chunk, offset, 1);
    return id;
  }

  /** The second half of `insertAt`; the id of an entry with the same key, if there is one, and nothing has changed then, or `NO_ID`. */
  index(hash: number, id: number): number {
    return this.#index.add(hash, id);
  }

  /** `replace` with a record that is in the arena already. */
  replaceAt(id: number, chunk: number, offset: number): void {
    this.#count(chunk, offset, 1);
    this.#release(id);
    this.#locations.set(id, chunk, offset);
  }

  /** Takes the entry out; its id is free. */
  remove(id: number): void {
    const bytes = this.bytesOf(id);
    const start = this.offsetOf(id) + ENTRY_HEAD_BYTES;
    this.#index.remove(hashKey(bytes, start, start + lengthAt(bytes, start - ENTRY_HEAD_BYTES)), id);
    this.#release(id);
    this.#locations.free(id);
  }

  /** Writes the record at `offset` of a chunk anew, elsewhere, if it is the one that counts for its key, which has that hash. */
  relocate(chunk: number, offset: number, hash: number): void {
    const id = this.#index.findAt(hash, chunk, offset);
    if (id === NO_ID) return;
    const bytes = this.arena.bytesOf(chunk);
    const end = recordEnd(bytes, offset);
    const copied = this.arena.copy(bytes, offset, end);
    this.#locations.set(id, this.arena.lastChunk, copied);
    this.arena.release(chunk, end - offset);
  }

  /** The records as they are now, as long as somebody keeps them. */
  freeze(): FrozenRecords {
    // Not spread, of which the engine makes objects of two shapes: each is another one to all that was made fast for the other.
    const { pages, length } = this.#locations.freeze();
    return { pages, length, chunks: this.arena.chunks() };
  }

  #add(hash: number, chunk: number, offset: number): number {
    const id = this.#locations.allocate(chunk, offset);
    this.#index.insert(hash, id);
    this.#count(chunk, offset, 1);
    return id;
  }

  #release(id: number): void {
    const chunk = this.#locations.chunkOf(id);
    const offset = this.#locations.offsetOf(id);
    this.#count(chunk, offset, -1);
    this.arena.release(chunk, recordEnd(this.arena.bytesOf(chunk), offset) - offset);
  }

  #count(chunk: number, offset: number, change: number): void {
    if (isDeletedAt(this.arena.bytesOf(chunk), offset)) this.#deleted += change;
    else this.#size += change;
  }
}
