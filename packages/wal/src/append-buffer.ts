import { shown } from "@laminar/disk/arguments";
import { BufferPool } from "./buffer-pool.ts";
import { ByteSink } from "./byte-sink.ts";
import type { EntryEncoder } from "./encode-entries.ts";
import type { Lsn } from "./log.ts";
import { BATCH_END, BATCH_HEADER_BYTES } from "./segment-format.ts";
import type { PreparedBatch } from "./segment-writer.ts";

/** What was appended and isn't written yet: full batches, and the one that takes entries. */
export class AppendBuffer<I> {
  readonly #encode: EntryEncoder<I>;
  readonly #maxBatchSize: number;
  readonly #pool: BufferPool;
  readonly #sink: ByteSink;
  #full: PreparedBatch[] = [];
  #closedBytes = 0;
  /** Entries of the open batch. */
  #count = 0;
  #isTakingGroup = false;
  /** Batches closed so far. */
  batchesClosed = 0;
  /** The number that the next entry gets. */
  nextLsn: Lsn;

  constructor(
    encode: EntryEncoder<I>,
    limits: { readonly maxEntrySize: number; readonly maxBatchSize: number; readonly highWaterMark: number },
    nextLsn: Lsn,
  ) {
    this.#encode = encode;
    this.#maxBatchSize = limits.maxBatchSize;
    this.#pool = new BufferPool(limits.maxBatchSize, limits.highWaterMark);
    this.#sink = new ByteSink(this.#pool, BATCH_HEADER_BYTES, limits.maxEntrySize);
    this.nextLsn = nextLsn;
  }

  /** Bytes that are held: those of batches that a flush has taken count until it releases them. */
  get bytes(): number {
    return this.#count === 0 ? this.#closedBytes : this.#closedBytes + this.#sink.length;
  }

  /** Bytes of the batches that are closed and not released. */
  get closedBytes(): number {
    return this.#closedBytes;
  }

  get isEmpty(): boolean {
    return this.#count === 0 && this.#full.length === 0;
  }

  /** The number of the oldest entry that waits here, or of the next one: where a new segment begins. */
  get firstLsn(): Lsn {
    return this.#full[0]?.firstLsn ?? this.nextLsn - this.#count;
  }

  /** The number of the first entry of the open batch, or of the next one. */
  get openLsn(): Lsn {
    return this.nextLsn - this.#count;
  }

  get hasFullBatch(): boolean {
    return this.#full.length !== 0;
  }

  /** Takes one entry, or throws and is as before. */
  add(entry: I): Lsn {
    if (this.#isTakingGroup) throw usedWhileTakingGroup();
    this.#encode(this.#sink, entry);
    this.#count++;
    const lsn = this.nextLsn++;
    if (this.#sink.length >= this.#maxBatchSize) this.closeBatch();
    return lsn;
  }

  /** Takes all entries into one batch, or throws and is as before. */
  addAll(entries: Iterable<I>): void {
    if (this.#isTakingGroup) throw usedWhileTakingGroup();
    requireIterable(entries);
    const sink = this.#sink;
    let added = 0;
    this.#isTakingGroup = true;
    sink.beginGroup();
    try {
      for (const entry of entries) {
        this.#encode(sink, entry);
        added++;
      }
    } catch (error) {
      sink.undoGroup();
      throw error;
    } finally {
      sink.endGroup();
      this.#isTakingGroup = false;
    }
    this.#count += added;
    this.nextLsn += added;
    if (sink.length >= this.#maxBatchSize) this.closeBatch();
  }

  /** What is added from now on goes into another batch. */
  closeBatch(): void {
    if (this.#isTakingGroup) throw usedWhileTakingGroup();
    const count = this.#count;
    if (count === 0) return;
    const sink = this.#sink;
    const end = sink.reserve(1);
    sink.bytes[end] = BATCH_END;
    const frame = sink.take();
    this.#full.push({ frame, firstLsn: this.nextLsn - count, count });
    this.#closedBytes += frame.length;
    this.batchesClosed++;
    this.#count = 0;
  }

  /** Hands over, in order, the batches whose entries are all below `before`: what was added before `closeBatch` was called there. */
  take(before: Lsn): readonly PreparedBatch[] {
    if (this.nextLsn - this.#count < before) this.closeBatch();
    const full = this.#full;
    const end = full.findIndex(({ firstLsn }) => firstLsn >= before);
    this.#full = end < 0 ? [] : full.slice(end);
    return end < 0 ? full : full.slice(0, end);
  }

  /** Says that `batch` was written and nobody reads its bytes any more: they take other entries from now on. */
  release(batch: PreparedBatch): void {
    this.#closedBytes -= batch.frame.length;
    this.#pool.give(batch.frame);
  }
}

function requireIterable(entries: unknown): void {
  if (typeof entries === "object" && entries !== null && Symbol.iterator in entries) return;
  throw new TypeError(`appendAll: entries must be an iterable of entries, not ${shown(entries)}`);
}

function usedWhileTakingGroup(): TypeError {
  return new TypeError("appendAll: its iterable appends to, or truncates, the same log");
}
