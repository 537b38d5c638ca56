import { ByteSink } from "./byte-sink.ts";
import { entriesOf } from "./iterate-log.ts";
import { requireReadOptions } from "./read-options.ts";
import type { AbortSignalLike, LogEnd, Lsn, ReadOptions, WalBatch, WriteAheadLog } from "./log.ts";
import { decodeStandard, encodeStandard, requireBytes } from "./standard-entries.ts";
import type { WalCodec, WalEntry, WalEntryInput } from "./wal-entry.ts";
import { WalError } from "./wal-error.ts";
import { requireLsn } from "./wal-options.ts";

export interface MemoryWalOptions {
  /** Identity of the log: 32 hex digits. @default random */
  readonly logId?: string | undefined;
}

/**
 * A log in memory, for tests of what takes a log: all that `openWal` gives but files and `visit`. Durable is what `sync`, a
 * truncation or `close` has flushed; nothing becomes durable by itself. Entries are held as bytes, so what a caller or a
 * reader changes afterwards changes nothing here. Nothing is too large, `ready` settles at once, `truncateBefore` drops whole
 * batches and keeps the newest, and `sizeBytes` is the bytes of the entries held.
 */
export function memoryWal(options?: MemoryWalOptions): WriteAheadLog<WalEntry, WalEntryInput>;
export function memoryWal<E, I = E>(options: MemoryWalOptions & { readonly codec: WalCodec<E, I> }): WriteAheadLog<E, I>;
export function memoryWal(options: MemoryWalOptions & { readonly codec?: WalCodec<unknown, unknown> | undefined } = {}): WriteAheadLog<unknown, unknown> {
  const { logId = crypto.randomUUID().replaceAll("-", ""), codec = standardCodec() } = options;
  if (!/^[0-9a-f]{32}$/.test(logId)) throw new TypeError("logId must be 32 hex digits");
  return new MemoryLog(logId, codec);
}

function standardCodec(): WalCodec<WalEntry, WalEntryInput> {
  const sink = new ByteSink(0);
  return {
    encode(entry) {
      sink.length = 0;
      encodeStandard(sink, entry);
      return sink.take();
    },
    decode: (bytes) => decodeStandard(bytes, bytes.length, 1)[0] as WalEntry,
  };
}

/** Every change is made before its call returns, so no two meet; the promises only keep the contract's shape. */
class MemoryLog<E, I> implements WriteAheadLog<E, I> {
  readonly logId: string;
  readonly end: LogEnd = { kind: "clean", offset: 0, bytes: 0 };
  readonly #codec: WalCodec<E, I>;
  /** All that counts, ascending. A number above `startsAfter` that was given and isn't here was fenced. */
  readonly #held = new Map<Lsn, { readonly bytes: Uint8Array; readonly batch: { readonly session: number } }>();
  readonly #waiting = new Set<() => void>();
  /** The one that takes entries. */
  #batch = { session: 1 };
  #nextLsn = 1;
  #closed = false;
  startsAfter: Lsn = 0;
  lastLsn: Lsn = 0;

  constructor(logId: string, codec: WalCodec<E, I>) {
    this.logId = logId;
    this.#codec = codec;
  }

  get firstLsn(): Lsn {
    return Math.min(this.#held.keys().next().value ?? this.#nextLsn, this.lastLsn + 1);
  }

  get durableLsn(): Lsn {
    return this.lastLsn;
  }

  get sizeBytes(): number {
    return [...this.#held.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  get #appendedLsn(): Lsn {
    return this.#held.has(this.#nextLsn - 1) ? this.#nextLsn - 1 : this.lastLsn;
  }

  counts(lsn: Lsn): boolean {
    return lsn <= this.startsAfter || lsn >= this.#nextLsn || this.#held.has(lsn);
  }

  append(entry: I): Lsn {
    return this.appendAll([entry]);
  }

  appendAll(entries: Iterable<I>): Lsn {
    this.#requireOpen();
    const records = Array.from(entries, (entry) => this.#encode(entry));
    for (const bytes of records) this.#held.set(this.#nextLsn++, { bytes, batch: this.#batch });
    this.#wake();
    return this.#appendedLsn;
  }

  async ready(): Promise<void> {
    this.#requireOpen();
  }

  async sync(): Promise<Lsn> {
    this.#requireOpen();
    return this.#flush();
  }

  async truncateBefore(lsn: Lsn): Promise<number> {
    requireLsn(lsn, "an LSN");
    this.#requireOpen();
    if (lsn > this.#appendedLsn + 1) throw new RangeError(`truncateBefore(${lsn}): the last record is ${this.#appendedLsn}`);
    let oldest = Math.min(lsn, this.#flush());
    while (oldest < this.lastLsn && !this.#held.has(oldest)) oldest++;
    const before = this.sizeBytes;
    const kept = this.#held.get(oldest)?.batch;
    for (const [dropped, { batch }] of this.#held) {
      if (batch === kept) break;
      this.#held.delete(dropped);
      this.startsAfter = dropped;
    }
    return before - this.sizeBytes;
  }

  async truncateAfter(lsn: Lsn): Promise<void> {
    requireLsn(lsn, "an LSN");
    this.#requireOpen();
    if (lsn < this.startsAfter) throw new RangeError(`truncateAfter(${lsn}): records up to ${this.startsAfter} were dropped`);
    if (lsn >= this.#flush()) return;
    for (const fenced of this.#held.keys()) if (fenced > lsn) this.#held.delete(fenced);
    this.lastLsn = [...this.#held.keys()].at(-1) ?? this.startsAfter;
    this.#batch = { session: this.#batch.session + 1 };
    this.#wake();
  }

  read(options: ReadOptions = {}): AsyncIterable<WalBatch<E>> {
    requireReadOptions(options);
    this.#requireOpen();
    return this.#read(options, options.follow ? Number.POSITIVE_INFINITY : this.#readableLsn(options));
  }

  entries(options?: ReadOptions): AsyncIterable<{ readonly lsn: Lsn; readonly entry: E }> {
    return entriesOf(this.read(options));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#flush();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#read(options: ReadOptions, until: Lsn): AsyncGenerator<WalBatch<E>, void, undefined> {
    const { after = this.startsAfter, follow, signal } = options;
    for (let last = after, given = false; ; ) {
      if (signal?.aborted) throw signal.reason ?? new Error("aborted");
      this.#requirePosition(last, given ? "WAL_FENCED" : "WAL_POSITION_FENCED");
      const batch = this.#batchAbove(last, Math.min(until, this.#readableLsn(options)));
      if (batch) {
        last = batch.firstLsn + batch.entries.length - 1;
        given = true;
        yield batch;
      } else if (!follow || this.#closed) return;
      else await this.#change(signal);
    }
  }

  #readableLsn({ unproven }: ReadOptions): Lsn {
    return unproven ? this.#appendedLsn : this.lastLsn;
  }

  #batchAbove(after: Lsn, upTo: Lsn): WalBatch<E> | undefined {
    let firstLsn = after + 1;
    while (firstLsn < upTo && !this.#held.has(firstLsn)) firstLsn++;
    const first = this.#held.get(firstLsn);
    if (!first || firstLsn > upTo) return undefined;
    const entries: E[] = [];
    for (let lsn = firstLsn; lsn <= upTo; lsn++) {
      const record = this.#held.get(lsn);
      if (record?.batch !== first.batch) break;
      entries.push(this.#codec.decode(record.bytes.slice()));
    }
    return { firstLsn, session: first.batch.session, entries };
  }

  #requirePosition(after: Lsn, fenced: "WAL_FENCED" | "WAL_POSITION_FENCED"): void {
    const { startsAfter } = this;
    if (after < startsAfter) {
      const message = `records above ${after} were dropped; the log starts after ${startsAfter}`;
      throw new WalError("WAL_TRUNCATED", message, { lsn: after, expected: after, actual: startsAfter });
    }
    if (!this.counts(after)) throw new WalError(fenced, `record ${after} was taken out of use by a fence`, { lsn: after });
  }

  #requireOpen(): void {
    if (this.#closed) throw new WalError("WAL_CLOSED", "this log was closed");
  }

  #encode(entry: I): Uint8Array {
    const bytes: unknown = this.#codec.encode(entry);
    requireBytes(bytes, "what a codec's encode returns");
    return new Uint8Array(bytes);
  }

  #flush(): Lsn {
    this.lastLsn = this.#appendedLsn;
    this.#batch = { ...this.#batch };
    this.#wake();
    return this.lastLsn;
  }

  #wake(): void {
    for (const resume of this.#waiting) resume();
  }

  /** Settles at the next change of the log, or when `signal` aborts. */
  #change(signal: AbortSignalLike | undefined): Promise<void> {
    return new Promise((resolve) => {
      const resume = (): void => {
        this.#waiting.delete(resume);
        signal?.removeEventListener("abort", resume);
        resolve();
      };
      this.#waiting.add(resume);
      signal?.addEventListener("abort", resume);
    });
  }
}
