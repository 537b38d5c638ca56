import type { Clock, DirectoryLock } from "@laminar/disk";
import type { AppendBuffer } from "./append-buffer.ts";
import { BackPressure } from "./back-pressure.ts";
import { BatchWriter } from "./batch-writer.ts";
import { CommitWaiters } from "./commit-waiters.ts";
import { Deadline } from "./deadline.ts";
import { ioError } from "./io-error.ts";
import { nextTurn } from "./event-loop.ts";
import { FlushLoop } from "./flush-loop.ts";
import type { Lsn } from "./log.ts";
import type { SegmentCatalog } from "./segment-catalog.ts";
import type { PreparedBatch, SegmentWriter } from "./segment-writer.ts";
import { WalError } from "./wal-error.ts";
import { send, type WalTruncatedEvent } from "./wal-events.ts";
import type { WalLimits } from "./wal-options.ts";
import type { WalStats } from "./wal-stats.ts";

const IDLE_MARKER_MS = 1000;
/** Larger batches go through the loop, which doesn't hold the event loop for them. */
const WRITTEN_AT_ONCE_MAX = 128 * 1024;

export interface WriterParts<I> {
  readonly clock: Clock;
  readonly lock: DirectoryLock;
  readonly limits: WalLimits;
  readonly buffer: AppendBuffer<I>;
  readonly segments: SegmentWriter;
  readonly catalog: SegmentCatalog;
  readonly session: number;
  /** The number of the first record that this writer takes. */
  readonly firstLsn: Lsn;
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
  readonly #commits: CommitWaiters = new CommitWaiters();
  readonly #pressure: BackPressure;
  readonly #loop: FlushLoop;
  /** Since the oldest entry that waits. */
  readonly #interval: Deadline;
  /** Since the last flush. */
  readonly #rest: Deadline;
  readonly #batches: BatchWriter;
  #batchesAtTurn = 0;
  #poison: WalError | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: WriterParts<I>) {
    const { clock, limits, session, catalog, segments } = parts;
    this.#parts = parts;
    this.#batches = new BatchWriter({ clock, segments, catalog, segmentSize: limits.segmentSize, session, onDurable: () => this.#onDurable() });
    this.#pressure = new BackPressure(limits.highWaterMark);
    this.#loop = new FlushLoop({
      write: () => this.#writeFullBatches(),
      beginFlush: (before) => this.#beginFlush(before),
      endFlush: () => this.#batches.makeDurable(),
      wokeOne: () => this.#commits.woken === 1,
      fail: (cause) => this.#fail(cause),
      hasFailed: () => this.#tellFailure(),
    });
    this.#interval = new Deadline(clock, limits.syncInterval, () => this.#loop.wantFlush());
    this.#rest = new Deadline(clock, IDLE_MARKER_MS, () => this.#proveRested());
  }

  get durableLsn(): Lsn {
    return this.#batches.durableLsn;
  }

  /** Bytes that aren't durable. */
  get #waitingBytes(): number {
    return this.#parts.buffer.bytes + this.#batches.unsyncedBytes;
  }

  get #lastLsn(): Lsn {
    const { buffer, catalog } = this.#parts;
    return buffer.bytes === 0 && this.#batches.isSynced ? catalog.lastLsn : buffer.nextLsn - 1;
  }

  get stats(): WalStats {
    const { buffer, catalog, firstLsn } = this.#parts;
    const { synced, unsyncedBatches, unsyncedBytes, durableLsn } = this.#batches;
    return {
      state: this.#poison ? "failed" : this.#closing ? "closed" : "open",
      appendedEntries: buffer.nextLsn - firstLsn,
      writtenBatches: synced.batches + unsyncedBatches,
      writtenBytes: synced.bytes + unsyncedBytes,
      syncs: synced.syncs,
      syncDuration: synced.duration,
      longestSyncDuration: synced.longestDuration,
      appendedLsn: this.#lastLsn,
      durableLsn,
      pendingBytes: this.#waitingBytes,
      waitingCommits: this.#commits.size,
      segments: catalog.segmentCount,
      sizeBytes: catalog.sizeBytes,
    };
  }

  append(entry: I): Lsn {
    const { buffer } = this.#parts;
    this.#requireUsable();
    this.#pressure.requireRoom(this.#waitingBytes);
    const lsn = buffer.add(entry);
    if (buffer.hasFullBatch || !this.#interval.isRunning) this.#afterAppend();
    return lsn;
  }

  appendAll(entries: Iterable<I>): Lsn {
    const { buffer } = this.#parts;
    this.#requireUsable();
    this.#pressure.requireRoom(this.#waitingBytes);
    buffer.addAll(entries);
    if (!buffer.isEmpty) this.#afterAppend();
    return this.#lastLsn;
  }

  #afterAppend(): void {
    if (!this.#interval.isRunning) this.#interval.start();
    if (this.#parts.buffer.hasFullBatch) this.#writeFull();
  }

  /**
   * Full batches go to the page cache at once, while their bytes are in the processor's cache and so that their buffer can take the next
   * ones: it took half as long again when they waited for each other. They become durable with the next flush.
   */
  #writeFull(): void {
    const { buffer } = this.#parts;
    if (!this.#loop.isFree || !this.#batches.hasPlace || buffer.closedBytes > WRITTEN_AT_ONCE_MAX) return this.#loop.wantWrite();
    try {
      for (const batch of buffer.take(buffer.openLsn)) {
        this.#batches.writeNow(batch);
        buffer.release(batch);
      }
    } catch (cause) {
      return this.#loop.failSoon(cause);
    }
    this.#flushMany();
  }

  /** Half of the high-water mark is made durable unasked, so that appending and syncing go on side by side. */
  #flushMany(): void {
    if (this.#batches.unsyncedBytes >= this.#parts.limits.highWaterMark / 2) this.#loop.wantFlush();
  }

  async ready(): Promise<void> {
    const { buffer } = this.#parts;
    this.#requireUsable();
    while (this.#pressure.isHigh(this.#waitingBytes)) {
      this.#loop.wantFlush();
      await this.#pressure.wait();
    }
    if (this.#batchesAtTurn === buffer.batchesClosed) return;
    // Whoever appends without end comes by here, and this is where the disk and everybody else get their turn.
    this.#batchesAtTurn = buffer.batchesClosed;
    await nextTurn();
    if (this.#poison) throw this.#poison;
  }

  sync(): Promise<Lsn> {
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    const lsn = this.#lastLsn;
    if (lsn <= this.durableLsn) return Promise.resolve(lsn);
    this.#loop.wantFlush();
    return this.#commits.wait(lsn);
  }

  async truncateAfter(lsn: Lsn): Promise<void> {
    this.#requireUsable();
    const { catalog, buffer, clock } = this.#parts;
    const began = clock.monotonic();
    const fenced = await this.#behindAppended(async () => {
      // Below what was let go, readers ignore a segment that ends there, and with it what it still holds.
      const dropped = Math.max(catalog.startsAfter, catalog.oldestLsn - 1);
      if (lsn < dropped) return new RangeError(`truncateAfter(${lsn}): records up to ${dropped} were dropped`);
      const [continuesAfter, removedTo] = [catalog.countedUpTo(lsn), catalog.lastLsn];
      if (continuesAfter < removedTo) await this.#batches.fence(buffer.firstLsn, continuesAfter);
      return { kind: "after", removedFrom: continuesAfter + 1, removedTo, freedBytes: 0 } as const;
    });
    if (fenced instanceof RangeError) throw fenced;
    this.#tellTruncated(fenced, began);
  }

  async truncateBefore(lsn: Lsn): Promise<number> {
    this.#requireUsable();
    const { catalog, buffer, clock } = this.#parts;
    const began = clock.monotonic();
    const dropped = await this.#behindAppended(async () => {
      if (lsn > catalog.lastLsn + 1) return new RangeError(`truncateBefore(${lsn}): the last record is ${catalog.lastLsn}`);
      const removedFrom = catalog.startsAfter + 1;
      if (!catalog.canDrop(lsn)) return { kind: "before", removedFrom, removedTo: catalog.startsAfter, freedBytes: 0 } as const;
      await this.#batches.beginSegment(buffer.firstLsn, catalog.lastLsn, Math.max(catalog.oldestLsn, lsn));
      const freedBytes = await catalog.removeDropped();
      return { kind: "before", removedFrom, removedTo: catalog.startsAfter, freedBytes } as const;
    });
    if (dropped instanceof RangeError) throw dropped;
    this.#tellTruncated(dropped, began);
    return dropped.freedBytes;
  }

  #tellTruncated(what: Pick<WalTruncatedEvent, "kind" | "removedFrom" | "removedTo" | "freedBytes">, began: number): void {
    const { catalog, clock } = this.#parts;
    if (what.removedFrom > what.removedTo) return;
    send("laminar:wal:truncated", { location: catalog.directory, ...what, duration: clock.monotonic() - began });
  }

  /** What was appended before the call is durable when `action` runs; what is appended after it comes after its effect. */
  #behindAppended<T>(action: () => Promise<T>): Promise<T> {
    const { buffer } = this.#parts;
    buffer.closeBatch();
    return this.#loop.do(buffer.nextLsn, action);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#interval.end();
    this.#rest.end();
    const { segments, lock, catalog } = this.#parts;
    const failed = await this.#finish().then(() => undefined, (error: unknown) => ({ error }));
    await segments.close().catch(() => undefined);
    const locked = await lock.release().then(() => undefined, (error: unknown) => ({ error: ioError(error, catalog.directory) }));
    const failure = failed ?? locked;
    if (failure) throw failure.error;
  }

  /** Makes durable what was appended, and leaves nothing unproven behind. */
  async #finish(): Promise<void> {
    const { segments } = this.#parts;
    if (this.#poison) {
      if (this.#lastLsn > this.durableLsn) throw this.#poison;
      return;
    }
    await this.#loop.do(Number.POSITIVE_INFINITY, async () => {
      if (segments.current) {
        if (segments.holdsUnproven) this.#batches.writeMarker(this.#parts.buffer.firstLsn);
        await segments.sync();
      }
      await segments.close();
    });
  }

  #refusal(): WalError | undefined {
    if (this.#poison) return this.#poison;
    return this.#closing && new WalError("WAL_CLOSED", `${this.#parts.catalog.directory}: this log was closed; open it again`, { file: this.#parts.catalog.directory });
  }

  #requireUsable(): void {
    if (this.#poison === undefined && this.#closing === undefined) return;
    throw this.#refusal();
  }

  #fail(cause: unknown): WalError {
    const why = this.#parts.segments.named(cause instanceof Error ? cause.message : String(cause));
    const file = this.#parts.catalog.directory;
    const message = `${file}: writing failed and this log takes nothing more; close it and open it again. ${why}`;
    const poison = new WalError("WAL_POISONED", message, { file, cause });
    this.#poison = poison;
    this.#interval.end();
    this.#rest.end();
    this.#commits.rejectAll(poison);
    this.#pressure.fail(poison);
    return poison;
  }

  #tellFailure(): void {
    const { catalog: { directory } } = this.#parts;
    if (this.#poison) send("laminar:wal:failed", { location: directory, error: this.#poison, durableLsn: this.durableLsn, appendedLsn: this.#lastLsn });
  }

  /** One short batch, which is what committers make, is written at once; more of them take turns. */
  #write(batches: readonly PreparedBatch[]): Promise<void> | undefined {
    const [first] = batches;
    if (first === undefined) return undefined;
    if (batches.length > 1 || first.frame.length > WRITTEN_AT_ONCE_MAX || !this.#batches.hasPlace) return this.#writeInTurns(batches);
    this.#batches.writeNow(first);
    this.#parts.buffer.release(first);
    return undefined;
  }

  async #writeInTurns(batches: readonly PreparedBatch[]): Promise<void> {
    for (const batch of batches) {
      await this.#batches.write(batch);
      this.#parts.buffer.release(batch);
    }
  }

  async #writeFullBatches(): Promise<void> {
    const { buffer } = this.#parts;
    await this.#write(buffer.take(buffer.openLsn));
    this.#flushMany();
  }

  /** Writes what has to become durable: all that waits below `before`. */
  #beginFlush(before: Lsn): Promise<void> | undefined {
    const { buffer } = this.#parts;
    const batches = buffer.take(before);
    if (buffer.isEmpty) this.#interval.stop();
    else this.#interval.start();
    return this.#write(batches);
  }

  #onDurable(): void {
    this.#commits.wake(this.durableLsn);
    this.#pressure.release(this.#waitingBytes);
    // What was appended meanwhile may be too much again for those who waited all the time.
    if (this.#pressure.isHolding) this.#loop.wantFlush();
    this.#parts.onDurable();
    this.#rest.start();
  }

  /** The last batch can't say itself that it is durable; after a second of rest a marker does. */
  #proveRested(): void {
    const { segments } = this.#parts;
    const prove = async (): Promise<void> => {
      if (segments.holdsUnproven && !this.#rest.isRunning) this.#batches.writeMarker(this.#parts.buffer.firstLsn);
    };
    // A failure has been given to everybody who waits; nobody awaits this promise.
    this.#loop.do(0, prove).catch(() => undefined);
  }
}
