import type { Lsn } from "./log.ts";
import type { SegmentCatalog } from "./segment-catalog.ts";
import type { PreparedBatch, SegmentWriter } from "./segment-writer.ts";

export interface BatchWriterParts {
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
  }

  /** Makes durable what was written before the call; `undefined` when it is. */
  makeDurable(): Promise<void> | undefined {
    const last = this.#written;
    const bytes = this.unsyncedBytes;
    if (last === undefined) return undefined;
    const { segments, segmentSize } = this.#parts;
    segments.makeSpace(bytes, segmentSize);
    const synced = segments.sync();
    if (synced) return synced.then(() => this.#setDurable(last, bytes));
    this.#setDurable(last, bytes);
    return undefined;
  }

  #setDurable(last: PreparedBatch, bytes: number): void {
    if (this.#written === last) this.#written = undefined;
    this.unsyncedBytes -= bytes;
    const lsn = last.firstLsn + last.count - 1;
    this.durableLsn = lsn;
    this.#parts.catalog.lastLsn = lsn;
    this.#parts.onDurable();
  }

  /** What is written from now on goes into a new segment; nothing may be written and not durable. */
  async beginSegment(baseLsn: Lsn, continuesAfter: Lsn, oldestLsn: Lsn = this.#parts.catalog.oldestLsn): Promise<void> {
    const { catalog, segments } = this.#parts;
    catalog.add(await segments.publish({ continuesAfter, baseLsn, oldestLsn }, this.#session));
  }

  /** Takes records above `continuesAfter` out of use. A new session begins. */
  async fence(baseLsn: Lsn, continuesAfter: Lsn): Promise<void> {
    this.#session = this.#parts.segments.nextNumber;
    await this.beginSegment(baseLsn, continuesAfter);
    this.durableLsn = continuesAfter;
    this.#parts.onDurable();
  }

  /** Says on disk that everything is durable: the last batch can't say it itself. */
  writeMarker(nextLsn: Lsn): void {
    this.#parts.segments.writeMarker(nextLsn, this.#session, this.durableLsn);
  }
}
