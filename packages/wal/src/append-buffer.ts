import { ByteSink } from "./byte-sink.ts";
import { BATCH_END, BATCH_HEADER_BYTES } from "./segment-format.ts";
import type { PreparedBatch } from "./segment-writer.ts";
import { WalError } from "./wal-error.ts";

/** What was appended and not yet handed to a flush: full batches, and the one that takes entries. */
export class AppendBuffer<I> {
  readonly #encode: (sink: ByteSink, entry: I) => void;
  readonly #maxEntrySize: number;
  readonly #maxBatchSize: number;
  #full: PreparedBatch[] = [];
  #fullBytes = 0;
  #sink: ByteSink | undefined;
  #count = 0;
  /** The number that the next entry gets. */
  nextLsn: number;

  constructor(encode: (sink: ByteSink, entry: I) => void, limits: { readonly maxEntrySize: number; readonly maxBatchSize: number }, nextLsn: number) {
    this.#encode = encode;
    this.#maxEntrySize = limits.maxEntrySize;
    this.#maxBatchSize = limits.maxBatchSize;
    this.nextLsn = nextLsn;
  }

  get bytes(): number {
    return this.#fullBytes + (this.#sink?.length ?? 0);
  }

  get empty(): boolean {
    return this.#count === 0 && this.#full.length === 0;
  }

  /** The number of the oldest entry that waits here, or of the next one: where a new segment begins. */
  get firstLsn(): number {
    return this.#full[0]?.firstLsn ?? this.nextLsn - this.#count;
  }

  get hasFullBatch(): boolean {
    return this.#full.length > 0;
  }

  /** Takes one entry, or throws and is as before. */
  add(entry: I): number {
    const sink = (this.#sink ??= new ByteSink(BATCH_HEADER_BYTES));
    const before = sink.length;
    try {
      this.#encode(sink, entry);
      this.#requireSize(sink.length - before);
    } catch (error) {
      sink.length = before;
      throw error;
    }
    this.#count++;
    const lsn = this.nextLsn++;
    if (sink.length >= this.#maxBatchSize) this.#closeBatch();
    return lsn;
  }

  /** Takes all entries into one batch, or throws and is as before. */
  addAll(entries: Iterable<I>): number {
    const sink = (this.#sink ??= new ByteSink(BATCH_HEADER_BYTES));
    const before = sink.length;
    let added = 0;
    try {
      for (const entry of entries) {
        this.#encode(sink, entry);
        this.#requireSize(sink.length - before);
        added++;
      }
    } catch (error) {
      sink.length = before;
      throw error;
    }
    this.#count += added;
    this.nextLsn += added;
    if (sink.length >= this.#maxBatchSize && added > 0) this.#closeBatch();
    return this.nextLsn - 1;
  }

  #requireSize(bytes: number): void {
    if (bytes <= this.#maxEntrySize) return;
    throw new WalError("WAL_ENTRY_TOO_LARGE", `an entry (or one appendAll) of ${bytes} bytes or more is above maxEntrySize, ${this.#maxEntrySize}`, {
      expected: this.#maxEntrySize,
      actual: bytes,
    });
  }

  #closeBatch(): void {
    const sink = this.#sink;
    if (!sink || this.#count === 0) return;
    sink.byte(BATCH_END);
    this.#full.push({ frame: sink.take(), firstLsn: this.nextLsn - this.#count, count: this.#count });
    this.#fullBytes += sink.length;
    this.#sink = undefined;
    this.#count = 0;
  }

  /** Hands everything over, in order. */
  takeAll(): readonly PreparedBatch[] {
    this.#closeBatch();
    const batches = this.#full;
    this.#full = [];
    this.#fullBytes = 0;
    return batches;
  }
}
