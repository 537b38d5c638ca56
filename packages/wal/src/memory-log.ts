import type { AppendBuffer } from "./append-buffer.ts";
import { entriesOf } from "./iterate-log.ts";
import type { LogEnd, Lsn, ReadOptions, WalBatch, WriteAheadLog } from "./log.ts";
import { countedUpTo } from "./log-shape.ts";
import { requireReadOptions } from "./read-options.ts";
import { requirePosition } from "./read-position.ts";
import { BATCH_HEADER_BYTES } from "./segment-format.ts";
import { SyncCounters } from "./sync-counters.ts";
import { abortOf, Announcement, firstOf, throwIfAborted } from "./waiting.ts";
import { WalError } from "./wal-error.ts";
import { requireLsn } from "./wal-options.ts";
import type { WalStats } from "./wal-stats.ts";

/** Records that were flushed together. `lastLsn` is the last that counts: a fence may have cut the others off. */
export interface HeldBatch {
  readonly firstLsn: Lsn;
  readonly lastLsn: Lsn;
  readonly session: number;
  readonly count: number;
  readonly body: Uint8Array;
}

/** The smallest whole log: flushed batches in an array. Every change is made before its call returns, so no two meet. */
export class MemoryLog<E, I> implements WriteAheadLog<E, I> {
  readonly end: LogEnd = { kind: "clean", offset: 0, bytes: 0 };
  readonly logId: string;
  readonly #buffer: AppendBuffer<I>;
  readonly #decode: (batch: HeldBatch) => readonly E[];
  readonly #changed = new Announcement();
  readonly #fences: { readonly header: { readonly continuesAfter: Lsn; readonly baseLsn: Lsn } }[] = [];
  readonly #synced = new SyncCounters();
  #held: HeldBatch[] = [];
  #closed = false;
  startsAfter: Lsn = 0;
  lastLsn: Lsn = 0;

  constructor(logId: string, buffer: AppendBuffer<I>, decode: (batch: HeldBatch) => readonly E[]) {
    this.logId = logId;
    this.#buffer = buffer;
    this.#decode = decode;
  }

  get firstLsn(): Lsn { return this.#held[0]?.firstLsn ?? this.lastLsn + 1; }
  get durableLsn(): Lsn { return this.lastLsn; }
  get sizeBytes(): number { return this.#held.reduce((sum, { body }) => sum + body.length, 0); }
  get #appendedLsn(): Lsn { return this.#buffer.isEmpty ? this.lastLsn : this.#buffer.nextLsn - 1; }

  stats(): WalStats {
    const { syncs, batches, bytes, duration, longestDuration } = this.#synced;
    return {
      state: this.#closed ? "closed" : "open",
      appendedEntries: this.#buffer.nextLsn - 1,
      writtenBatches: batches,
      writtenBytes: bytes,
      syncs,
      syncDuration: duration,
      longestSyncDuration: longestDuration,
      appendedLsn: this.#appendedLsn,
      durableLsn: this.durableLsn,
      pendingBytes: this.#buffer.bytes,
      waitingCommits: 0,
      segments: 0,
      sizeBytes: this.sizeBytes,
    };
  }

  counts(lsn: Lsn): boolean { return countedUpTo(this.#fences, lsn) === lsn; }
  append(entry: I): Lsn { return this.#open().add(entry); }
  appendAll(entries: Iterable<I>): Lsn {
    this.#open().addAll(entries);
    return this.#appendedLsn;
  }
  async ready(): Promise<void> { this.#open(); }
  async sync(): Promise<Lsn> { return this.#flush(this.#open()); }

  async truncateBefore(lsn: Lsn): Promise<number> {
    requireLsn(lsn, "truncateBefore: lsn");
    const buffer = this.#open();
    if (lsn > this.#appendedLsn + 1) throw new RangeError(`truncateBefore(${lsn}): the last record is ${this.#appendedLsn}`);
    this.#flush(buffer);
    const before = this.sizeBytes;
    const dropped = this.#held.slice(0, -1).filter((batch) => batch.lastLsn < lsn);
    this.startsAfter = dropped.at(-1)?.lastLsn ?? this.startsAfter;
    this.#held = this.#held.slice(dropped.length);
    return before - this.sizeBytes;
  }

  async truncateAfter(lsn: Lsn): Promise<void> {
    requireLsn(lsn, "truncateAfter: lsn");
    const buffer = this.#open();
    if (lsn < this.startsAfter) throw new RangeError(`truncateAfter(${lsn}): records up to ${this.startsAfter} were dropped`);
    if (lsn >= this.#flush(buffer)) return;
    this.#held = this.#held.filter(({ firstLsn }) => firstLsn <= lsn).map((batch) => ({ ...batch, lastLsn: Math.min(batch.lastLsn, lsn) }));
    this.lastLsn = this.#held.at(-1)?.lastLsn ?? this.startsAfter;
    this.#fences.push({ header: { continuesAfter: this.lastLsn, baseLsn: buffer.nextLsn } });
    this.#changed.announce();
  }

  read(options: ReadOptions = {}): AsyncIterable<WalBatch<E>> {
    requireReadOptions(options);
    this.#open();
    return this.#read(options, options.follow ? Number.POSITIVE_INFINITY : this.lastLsn);
  }

  entries(options?: ReadOptions): AsyncIterable<{ readonly lsn: Lsn; readonly entry: E }> { return entriesOf(this.read(options)); }

  async close(): Promise<void> {
    this.#closed = true;
    this.#flush(this.#buffer);
  }

  [Symbol.asyncDispose](): Promise<void> { return this.close(); }

  async *#read({ after, follow, signal }: ReadOptions, upTo: Lsn): AsyncGenerator<WalBatch<E>, void, undefined> {
    let last = after ?? this.startsAfter;
    let [held, at] = [this.#held, 0];
    for (let isGiven = false; ; ) {
      throwIfAborted(signal);
      requirePosition(last, isGiven, { startsAfter: this.startsAfter, countedUpTo: countedUpTo(this.#fences, last) });
      if (held !== this.#held) [held, at] = [this.#held, 0];
      while (at < held.length && (held[at] as HeldBatch).lastLsn <= last) at++;
      const batch = held[at];
      if (batch && batch.firstLsn <= upTo) {
        const firstLsn = Math.max(batch.firstLsn, last + 1);
        last = batch.lastLsn;
        isGiven = true;
        yield { firstLsn, session: batch.session, entries: this.#decode(batch).slice(firstLsn - batch.firstLsn, last - batch.firstLsn + 1) };
      } else if (!follow || this.#closed) return;
      else await firstOf([this.#changed.next, abortOf(signal)]);
    }
  }

  #open(): AppendBuffer<I> {
    if (this.#closed) throw new WalError("WAL_CLOSED", "this log was closed; make another");
    return this.#buffer;
  }

  #flush(buffer: AppendBuffer<I>): Lsn {
    const batches = buffer.take(buffer.nextLsn);
    let bytes = 0;
    for (const batch of batches) {
      const { frame, firstLsn, count } = batch;
      this.lastLsn = firstLsn + count - 1;
      this.#held.push({ firstLsn, lastLsn: this.lastLsn, session: this.#fences.length + 1, count, body: frame.slice(BATCH_HEADER_BYTES) });
      bytes += frame.length;
      buffer.release(batch);
    }
    if (bytes > 0) this.#synced.add(batches.length, bytes, 0);
    this.#changed.announce();
    return this.lastLsn;
  }
}
