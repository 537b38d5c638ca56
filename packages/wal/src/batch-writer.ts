import type { Clock } from "@laminar/disk";
import type { Lsn } from "./log.ts";
import type { SegmentCatalog } from "./segment-catalog.ts";
import { segmentName } from "./segment-names.ts";
import type { NewSegment, PreparedBatch, SegmentWriter } from "./segment-writer.ts";
import { SyncCounters } from "./sync-counters.ts";
import { areSyncsHeard, send, type WalSegmentEvent } from "./wal-events.ts";

export interface BatchWriterParts {
  readonly clock: Clock;
  readonly segments: SegmentWriter;
  readonly catalog: SegmentCatalog;
  /** Bytes after which the next segment is begun. */
  readonly segmentSize: number;
  readonly session: number;
  /** Called whenever `durableLsn` has changed. */
  readonly onDurable: () => void;
}

/** Batches on their way to the disk: written to the page cache first, made durable by a later sync. */
export class BatchWriter {
  readonly #parts: BatchWriterParts;
  #session: number;
  /** The last batch that is written and not durable. */
  #written: PreparedBatch | undefined;
  durableLsn: Lsn;
  /** Bytes that are written and not durable. */
  unsyncedBytes = 0;
  /** Their batches. */
  unsyncedBatches = 0;
  readonly synced: SyncCounters = new SyncCounters();

  constructor(parts: BatchWriterParts) {
    this.#parts = parts;
    this.#session = parts.session;
    this.durableLsn = parts.catalog.lastLsn;
  }

  /** Whether everything that was written is durable. */
  get isSynced(): boolean {
    return this.#written === undefined;
  }

  /** Whether the next batch has its place in the newest segment, so that no other has to be made first. */
  get hasPlace(): boolean {
    const { segments, segmentSize } = this.#parts;
    return segments.current !== undefined && segments.current.size < segmentSize;
  }

  /** Writes at once, for a batch that `hasPlace`. */
  writeNow(batch: PreparedBatch): void {
    this.#parts.segments.writeNow(batch, this.#session, this.durableLsn);
    this.#count(batch);
  }

  async write(batch: PreparedBatch): Promise<void> {
    if (!this.hasPlace) {
      await this.makeDurable();
      await this.beginSegment(batch.firstLsn, this.#parts.catalog.lastLsn);
    }
    await this.#parts.segments.write(batch, this.#session, this.durableLsn);
    this.#count(batch);
  }

  #count(batch: PreparedBatch): void {
    this.#written = batch;
    this.unsyncedBytes += batch.frame.length;
    this.unsyncedBatches++;
  }

  /** Makes durable what was written before the call; `undefined` when it is. */
  makeDurable(): Promise<void> | undefined {
    const last = this.#written;
    const bytes = this.unsyncedBytes;
    if (last === undefined) return undefined;
    const { segments, segmentSize } = this.#parts;
    const batches = this.unsyncedBatches;
    segments.makeSpace(bytes, segmentSize);
    const synced = segments.sync();
    if (synced) return synced.then(() => this.#setDurable(last, bytes, batches));
    this.#setDurable(last, bytes, batches);
    return undefined;
  }

  #setDurable(last: PreparedBatch, bytes: number, batches: number): void {
    if (this.#written === last) this.#written = undefined;
    const { catalog, segments, onDurable } = this.#parts;
    const duration = segments.syncDuration;
    this.unsyncedBytes -= bytes;
    this.unsyncedBatches -= batches;
    this.synced.add(batches, bytes, duration);
    const lsn = last.firstLsn + last.count - 1;
    this.durableLsn = lsn;
    catalog.lastLsn = lsn;
    onDurable();
    if (areSyncsHeard()) send("laminar:wal:sync", { location: catalog.directory, batches, bytes, durableLsn: lsn, duration });
  }

  /** What is written from now on goes into a new segment; nothing may be written and not durable. */
  async beginSegment(baseLsn: Lsn, continuesAfter: Lsn, oldestLsn: Lsn = this.#parts.catalog.oldestLsn): Promise<void> {
    send("laminar:wal:segment", await this.#publish({ continuesAfter, baseLsn, oldestLsn }));
  }

  async #publish(segment: NewSegment): Promise<WalSegmentEvent> {
    const { catalog, segments, clock } = this.#parts;
    const began = clock.monotonic();
    const begun = await segments.publish(segment, this.#session);
    catalog.add(begun);
    return { location: catalog.directory, file: segmentName(begun.number), baseLsn: segment.baseLsn, duration: clock.monotonic() - began };
  }

  /** Takes records above `continuesAfter` out of use. A new session begins. */
  async fence(baseLsn: Lsn, continuesAfter: Lsn): Promise<void> {
    this.#session = this.#parts.segments.nextNumber;
    const { catalog, onDurable } = this.#parts;
    const begun = await this.#publish({ continuesAfter, baseLsn, oldestLsn: catalog.oldestLsn });
    this.durableLsn = continuesAfter;
    onDurable();
    send("laminar:wal:segment", begun);
  }

  /** Says on disk that everything is durable: the last batch can't say it itself. */
  writeMarker(nextLsn: Lsn): void {
    this.#parts.segments.writeMarker(nextLsn, this.#session, this.durableLsn);
  }
}
