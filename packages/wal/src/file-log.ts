import type { Disk } from "@laminar/disk";
import type { BatchDecoder } from "./decode-batch.ts";
import { entriesOf, readLog, requireReadOptions } from "./log-reader.ts";
import type { LogEnd, Lsn, ReadOptions, WalBatch, WriteAheadLog } from "./log.ts";
import type { SegmentCatalog } from "./segment-catalog.ts";
import { WalError } from "./wal-error.ts";
import { requireLsn } from "./wal-options.ts";
import type { WalWriter } from "./wal-writer.ts";

export interface FileLogParts<E, I> {
  readonly disk: Disk;
  readonly directory: string;
  readonly decoder: BatchDecoder<E>;
  readonly writer: WalWriter<I>;
  readonly catalog: SegmentCatalog;
  /** How the log ended when it was opened. */
  readonly end: LogEnd | undefined;
}

/** The log of a directory, open for writing: the writer, and a reader that sees what it made durable. */
export class FileLog<E, I> implements WriteAheadLog<E, I> {
  readonly #parts: FileLogParts<E, I>;
  #closed = false;

  constructor(parts: FileLogParts<E, I>) {
    this.#parts = parts;
  }

  get logId(): string {
    return this.#parts.catalog.logId;
  }

  get startsAfter(): Lsn {
    return this.#parts.catalog.startsAfter;
  }

  get firstLsn(): Lsn {
    return this.#parts.catalog.firstLsn;
  }

  get lastLsn(): Lsn {
    return this.#parts.catalog.lastLsn;
  }

  get durableLsn(): Lsn {
    return this.#parts.writer.durableLsn;
  }

  get sizeBytes(): number {
    return this.#parts.catalog.sizeBytes;
  }

  get end(): LogEnd {
    return this.#parts.end ?? { kind: "clean", offset: 0, bytes: 0 };
  }

  counts(lsn: Lsn): boolean {
    return this.#parts.catalog.counts(lsn);
  }

  append(entry: I): Lsn {
    return this.#parts.writer.append(entry);
  }

  appendAll(entries: Iterable<I>): Lsn {
    return this.#parts.writer.appendAll(entries);
  }

  ready(): Promise<void> {
    return this.#parts.writer.ready();
  }

  sync(): Promise<Lsn> {
    return this.#parts.writer.sync();
  }

  async truncateBefore(lsn: Lsn): Promise<number> {
    requireLsn(lsn, "an LSN");
    return this.#parts.writer.truncateBefore(lsn);
  }

  async truncateAfter(lsn: Lsn): Promise<void> {
    requireLsn(lsn, "an LSN");
    return this.#parts.writer.truncateAfter(lsn);
  }

  read(options: ReadOptions = {}): AsyncIterable<WalBatch<E>> {
    requireReadOptions(options);
    const { disk, directory, decoder } = this.#parts;
    if (this.#closed) throw new WalError("WAL_CLOSED", `${directory}: this log was closed`, { file: directory });
    return readLog(disk, directory, decoder, { upTo: this.durableLsn, after: options.after, signal: options.signal, onDamage: "refuse" });
  }

  entries(options?: ReadOptions): AsyncIterable<{ readonly lsn: Lsn; readonly entry: E }> {
    return entriesOf(this.read(options));
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#parts.writer.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
