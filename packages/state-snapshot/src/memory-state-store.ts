import { ArenaCompaction } from "./arena-compaction.ts";
import { ChangeRanges } from "./change-ranges.ts";
import { checkBytes, checkEntry, checkIterable, checkParts } from "./check-arguments.ts";
import type { SnapshotChunks } from "./decode-snapshot.ts";
import { hashKey } from "./key-hash.ts";
import { NO_ID } from "./key-index.ts";
import { loadEntries, loadState } from "./load-records.ts";
import { MemoryCapture } from "./memory-capture.ts";
import type { Saved } from "./memory-capture.ts";
import { RecordTable } from "./record-table.ts";
import { SnapshotError } from "./snapshot-error.ts";
import type { SnapshotEntry, SnapshotKind } from "./snapshot-entry.ts";
import type { StateCapture, StateStore } from "./state-store.ts";
import { SpareMemory } from "./spare-memory.ts";
import { TombstoneSweep } from "./tombstone-sweep.ts";
import { UnsavedChanges } from "./unsaved-changes.ts";

/**
 * A `StateStore` in memory, empty. Beside keys and values it takes at most 40 bytes an entry, and up to half as much again, or a
 * mebibyte, for what was overwritten or deleted; so much more is given back beside later changes. Places for keys that were deleted
 * are kept for new ones. Up to two billion keys, and any amount of memory. Hashes are keyed anew in each process, so no choice of
 * keys makes it slow.
 */
export function createStateStore(): StateStore {
  return new MemoryStateStore();
}

const CHANGES_AT_ONCE = 256;

class MemoryStateStore implements StateStore {
  readonly memory: SpareMemory = new SpareMemory();
  #table = new RecordTable(this.memory);
  #compaction = new ArenaCompaction(this.#table);
  #sweep = this.#newSweep();
  /** Without what an open capture holds. */
  #unsaved = new UnsavedChanges();
  #open: MemoryCapture | undefined;
  #isLoading = false;
  #savedAs: unknown;
  readonly #hashes = new Int32Array(CHANGES_AT_ONCE);
  readonly #guesses = new Int32Array(CHANGES_AT_ONCE);

  get size(): number {
    return this.#table.size;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    checkBytes(key, "A key");
    const id = this.#table.find(hashKey(key, 0, key.length), key);
    return id === NO_ID ? undefined : this.#table.valueOf(id);
  }

  has(key: Uint8Array): boolean {
    checkBytes(key, "A key");
    const id = this.#table.find(hashKey(key, 0, key.length), key);
    return id !== NO_ID && !this.#table.isDeleted(id);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    checkBytes(value, "A value");
    checkEntry(key, value);
    this.#beforeChange();
    const hash = hashKey(key, 0, key.length);
    const id = this.#table.find(hash, key);
    if (id === NO_ID) {
      this.#unsaved.add(this.#table.insert(hash, key, value));
    } else {
      this.#table.replace(id, key, value);
      this.#unsaved.change(id);
    }
  }

  delete(key: Uint8Array): boolean {
    checkBytes(key, "A key");
    this.#beforeChange();
    const id = this.#table.find(hashKey(key, 0, key.length), key);
    if (id === NO_ID || this.#table.isDeleted(id)) return false;
    if (this.#unsaved.isNew(id)) {
      this.#remove(id);
    } else {
      this.#table.replace(id, key, undefined);
      this.#unsaved.change(id);
    }
    return true;
  }

  applyRanges(bytes: Uint8Array, ranges: Int32Array, count: number): void {
    const changes = new ChangeRanges(bytes, ranges, count);
    if (this.#isLoading) throw loading();
    for (let first = 0; first < count; first += CHANGES_AT_ONCE) {
      const some = Math.min(CHANGES_AT_ONCE, count - first);
      changes.hash(first, some, this.#hashes);
      this.#table.foresee(this.#hashes, some, this.#guesses);
      for (let index = 0; index < some; index += 1) {
        this.#beforeChange();
        changes.moveTo(first + index);
        this.#apply(changes, this.#hashes[index] ?? 0, this.#guesses[index] ?? NO_ID);
      }
    }
  }

  #apply(change: ChangeRanges, hash: number, guess: number): void {
    const id = this.#table.findChanged(hash, guess, change);
    if (id === NO_ID) {
      if (!change.isDelete) this.#unsaved.add(this.#table.insertChanged(hash, change));
      return;
    }
    if (change.isDelete && (this.#table.isDeleted(id) || this.#unsaved.isNew(id))) {
      if (this.#unsaved.isNew(id)) this.#remove(id);
      return;
    }
    this.#table.replaceChanged(id, change);
    this.#unsaved.change(id);
  }

  *entries(): Iterable<readonly [Uint8Array, Uint8Array]> {
    const table = this.#table;
    const { ids } = table;
    for (let id = 0; id < ids; id += 1) {
      const value = table.valueOf(id);
      if (value !== undefined) yield [table.keyOf(id), value];
    }
  }

  snapshot(): StateCapture {
    return this.#capture("full");
  }

  delta(): StateCapture {
    return this.#capture("delta");
  }

  restore(entries: Iterable<SnapshotEntry>): void {
    checkIterable(entries, "entries are an iterable");
    this.#checkIdle();
    const table = loadEntries(entries, this.memory);
    this.#checkIdle();
    this.#replaceAll(table);
  }

  async restoreFrom(parts: readonly SnapshotChunks[]): Promise<void> {
    checkParts(parts);
    this.#checkIdle();
    this.#isLoading = true;
    try {
      const { table, changed } = await loadState(parts, this.memory);
      this.#replaceAll(table);
      if (table.deleted > 0) this.#sweep.add(changed);
    } finally {
      this.#isLoading = false;
    }
  }

  /** What takes memory comes before the change: a change that throws must not have happened. */
  #beforeChange(): void {
    if (this.#isLoading) throw loading();
    this.#compaction.step();
    this.#sweep.step();
  }

  #replaceAll(table: RecordTable): void {
    this.#table = table;
    this.#compaction = new ArenaCompaction(table);
    this.#sweep = this.#newSweep();
    this.#unsaved = new UnsavedChanges();
    this.#savedAs = undefined;
  }

  #newSweep(): TombstoneSweep {
    return new TombstoneSweep((id) => {
      if (this.#table.isDeleted(id) && !this.#isNeeded(id)) this.#remove(id);
    });
  }

  /** Whether a delta has to name the deleted key, or an open capture may come to that. */
  #isNeeded(id: number): boolean {
    if (this.#open?.unsaved.changed.has(id) === true) return true;
    return this.#unsaved.changed.has(id) && !this.#unsaved.isNew(id);
  }

  #remove(id: number): void {
    this.#table.remove(id);
    this.#unsaved.forget(id);
  }

  #checkIdle(): void {
    if (this.#isLoading) throw loading();
    if (this.#open === undefined) return;
    throw new SnapshotError("SNAPSHOT_BUSY", `A ${this.#open.kind} capture is open. Call its done() or fail() first.`);
  }

  #capture(kind: SnapshotKind): StateCapture {
    this.#checkIdle();
    const unsaved = this.#unsaved;
    const records = this.#table.freeze();
    this.#unsaved = new UnsavedChanges();
    this.#open = new MemoryCapture({
      kind,
      keyCount: this.#table.size,
      basedOn: this.#savedAs,
      records,
      unsaved,
      release: (saved) => this.#release(saved, unsaved),
    });
    return this.#open;
  }

  #release(saved: Saved | undefined, unsaved: UnsavedChanges): void {
    this.#open = undefined;
    if (saved === undefined) this.#unsaved.absorb(unsaved);
    else this.#savedAs = saved.as;
    if (this.#table.deleted > 0) this.#sweep.add(saved === undefined ? unsaved.added : unsaved.changed);
  }
}

function loading(): SnapshotError {
  return new SnapshotError("SNAPSHOT_BUSY", "A restoreFrom is under way. Await it first; until then the store can be read only.");
}
