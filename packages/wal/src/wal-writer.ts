import type { Clock, DirectoryLock } from "@laminar/disk";
import type { AppendBuffer } from "./append-buffer.ts";
import { ioError } from "./drive-log.ts";
import type { Lsn } from "./log.ts";
import type { SegmentCatalog } from "./segment-catalog.ts";
import type { SegmentWriter } from "./segment-writer.ts";
import { WalError } from "./wal-error.ts";
import type { WalLimits } from "./wal-options.ts";

interface Waiter {
  readonly lsn: Lsn;
  readonly resolve: (lsn: Lsn) => void;
  readonly reject: (error: unknown) => void;
}

const IDLE_MARKER_MS = 1000;

export interface WriterParts<I> {
  readonly clock: Clock;
  readonly lock: DirectoryLock;
  readonly limits: WalLimits;
  readonly buffer: AppendBuffer<I>;
  readonly segments: SegmentWriter;
  readonly catalog: SegmentCatalog;
  readonly session: number;
  /** Called whenever `durableLsn` has changed. */
  readonly onDurable: () => void;
}

/**
 * Group commit. Entries gather in the buffer; one flush at a time takes all of them, writes them, makes them durable and
 * wakes whoever waited; who asks meanwhile shares the next. Whatever fails on the way ends the writer for good, because
 * after a failed write or sync nobody knows what the page cache or the disk holds.
 */
export class WalWriter<I> {
  readonly #parts: WriterParts<I>;
  #session: number;
  #durableLsn: Lsn;
  #inFlightBytes = 0;
  #waiters: Waiter[] = [];
  #readyWaiters: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  #flushQueued = false;
  #poison: WalError | undefined;
  #closing: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #cancelIdle: (() => void) | undefined;

  constructor(parts: WriterParts<I>) {
    this.#parts = parts;
    this.#session = parts.session;
    this.#durableLsn = parts.catalog.lastLsn;
  }

  get durableLsn(): Lsn {
    return this.#durableLsn;
  }

  get #lastLsn(): Lsn {
    const { buffer, catalog } = this.#parts;
    return buffer.empty && this.#inFlightBytes === 0 ? catalog.lastLsn : buffer.nextLsn - 1;
  }

  append(entry: I): Lsn {
    this.#requireRoom();
    const lsn = this.#parts.buffer.add(entry);
    this.#afterAppend();
    return lsn;
  }

  appendAll(entries: Iterable<I>): Lsn {
    this.#requireRoom();
    this.#parts.buffer.addAll(entries);
    if (!this.#parts.buffer.empty) this.#afterAppend();
    return this.#lastLsn;
  }

  async ready(): Promise<void> {
    this.#requireUsable();
    if (this.#waitingBytes < this.#parts.limits.highWaterMark) return;
    this.#queueFlush();
    await new Promise<void>((resolve, reject) => this.#readyWaiters.push({ resolve, reject }));
  }

  async sync(): Promise<Lsn> {
    this.#requireUsable();
    const lsn = this.#lastLsn;
    if (lsn <= this.#durableLsn) return lsn;
    return new Promise<Lsn>((resolve, reject) => {
      this.#waiters.push({ lsn, resolve, reject });
      this.#queueFlush();
    });
  }

  async truncateAfter(lsn: Lsn): Promise<void> {
    this.#requireUsable();
    const { catalog, segments, buffer } = this.#parts;
    if (lsn < catalog.startsAfter) throw new RangeError(`truncateAfter(${lsn}): records up to ${catalog.startsAfter} were dropped`);
    await this.#exclusively(async () => {
      await this.#flush();
      const continuesAfter = catalog.countedUpTo(lsn);
      if (continuesAfter >= catalog.lastLsn) return;
      this.#session = segments.nextNumber;
      catalog.add(await segments.publish({ continuesAfter, baseLsn: buffer.firstLsn, oldestLsn: catalog.oldestLsn }, this.#session));
      this.#durableLsn = continuesAfter;
      this.#parts.onDurable();
    });
  }

  async truncateBefore(lsn: Lsn): Promise<number> {
    this.#requireUsable();
    const { catalog, segments, buffer } = this.#parts;
    return this.#exclusively(async () => {
      await this.#flush();
      if (lsn > catalog.lastLsn + 1) throw new RangeError(`truncateBefore(${lsn}): the last record is ${catalog.lastLsn}`);
      if (!catalog.canDrop(lsn)) return 0;
      const oldestLsn = Math.max(catalog.oldestLsn, lsn);
      catalog.add(await segments.publish({ continuesAfter: catalog.lastLsn, baseLsn: buffer.firstLsn, oldestLsn }, this.#session));
      return catalog.removeDropped();
    });
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelIdle?.();
    const { segments, lock } = this.#parts;
    try {
      await this.#exclusively(async () => {
        if (!this.#poison) await this.#flush();
        if (!this.#poison && segments.current) {
          this.#writeMarker();
          await segments.sync();
        }
        await segments.close();
      });
      if (this.#poison && (!this.#parts.buffer.empty || this.#inFlightBytes > 0)) throw this.#poison;
    } finally {
      await segments.close().catch(() => undefined);
      await lock.release().catch((error: unknown) => Promise.reject(ioError(error, this.#parts.catalog.directory)));
    }
  }

  /** Also rejects what a JavaScript caller may do with a closed log. */
  #requireUsable(): void {
    if (this.#poison) throw this.#poison;
    if (this.#closing) throw new WalError("WAL_CLOSED", "the log was closed");
  }

  get #waitingBytes(): number {
    return this.#parts.buffer.bytes + this.#inFlightBytes;
  }

  #requireRoom(): void {
    this.#requireUsable();
    const limit = 4 * this.#parts.limits.highWaterMark;
    if (this.#waitingBytes <= limit) return;
    throw new WalError("WAL_BACKPRESSURE", `${this.#waitingBytes} bytes wait to be written: await ready() before the next append`, {
      expected: limit,
      actual: this.#waitingBytes,
    });
  }

  #afterAppend(): void {
    const { clock, limits, buffer } = this.#parts;
    if (buffer.hasFullBatch) this.#queueFlush();
    if (this.#cancelTimer || this.#flushQueued || limits.syncInterval === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = clock.after(limits.syncInterval, () => {
      this.#cancelTimer = undefined;
      this.#queueFlush();
    });
  }

  #queueFlush(): void {
    if (this.#flushQueued || this.#poison) return;
    this.#flushQueued = true;
    // Its failure has been given to every waiter; nobody awaits this promise.
    this.#exclusively(() => this.#flush()).catch(() => undefined);
  }

  /** One at a time, in the order of the calls. A failure poisons; a wrong argument found on the way doesn't. */
  async #exclusively<T>(action: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(async () => {
      if (this.#poison && !this.#closing) throw this.#poison;
      return action();
    });
    this.#queue = run.catch(() => undefined);
    try {
      return await run;
    } catch (error) {
      if (error instanceof RangeError || error === this.#poison) throw error;
      throw this.#fail(error);
    }
  }

  #fail(cause: unknown): WalError {
    const why = cause instanceof Error ? cause.message : String(cause);
    const file = this.#parts.catalog.directory;
    this.#poison ??= new WalError("WAL_POISONED", `${file}: writing failed and this log takes nothing more; close it and open it again. ${why}`, { file, cause });
    this.#cancelTimer?.();
    this.#cancelIdle?.();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#poison);
    for (const waiter of this.#readyWaiters.splice(0)) waiter.reject(this.#poison);
    return this.#poison;
  }

  /** Makes durable what is buffered now, and what comes while somebody waits for it. */
  async #flush(): Promise<void> {
    const { buffer, segments, catalog, limits } = this.#parts;
    this.#flushQueued = false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    while (!buffer.empty) {
      const batches = buffer.takeAll();
      this.#inFlightBytes = batches.reduce((sum, batch) => sum + batch.frame.length, 0);
      const first = batches[0] as (typeof batches)[number];
      if (!segments.current || segments.current.size >= limits.segmentSize) {
        catalog.add(await segments.publish({ continuesAfter: catalog.lastLsn, baseLsn: first.firstLsn, oldestLsn: catalog.oldestLsn }, this.#session));
      }
      for (const batch of batches) await segments.write(batch, this.#session, this.#durableLsn);
      await segments.sync();
      const last = batches.at(-1) as typeof first;
      this.#durableLsn = last.firstLsn + last.count - 1;
      catalog.lastLsn = this.#durableLsn;
      this.#inFlightBytes = 0;
      this.#parts.onDurable();
      this.#wake();
      if (this.#waiters.length === 0 && !buffer.hasFullBatch) break;
    }
    if (!buffer.empty) this.#afterAppend();
    this.#scheduleIdleMarker();
  }

  #wake(): void {
    const durable = this.#durableLsn;
    const waiting = this.#waiters;
    this.#waiters = waiting.filter((waiter) => waiter.lsn > durable);
    for (const waiter of waiting) if (waiter.lsn <= durable) waiter.resolve(waiter.lsn);
    if (this.#waitingBytes >= this.#parts.limits.highWaterMark) return;
    for (const waiter of this.#readyWaiters.splice(0)) waiter.resolve();
  }

  #writeMarker(): void {
    const { segments, buffer } = this.#parts;
    segments.writeMarker(buffer.nextLsn, this.#session, this.#durableLsn);
  }

  /** The last batch can't say itself that it is durable; after a second of rest a marker does. */
  #scheduleIdleMarker(): void {
    this.#cancelIdle?.();
    if (!this.#parts.segments.current || this.#closing) return;
    this.#cancelIdle = this.#parts.clock.after(IDLE_MARKER_MS, () => {
      const idle = async (): Promise<void> => {
        if (this.#parts.buffer.empty && !this.#closing) this.#writeMarker();
      };
      this.#exclusively(idle).catch(() => undefined);
    });
  }
}
