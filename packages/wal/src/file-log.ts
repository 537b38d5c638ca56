import type { Disk } from "@laminar/disk";
import type { BatchDecoder } from "./decode-batch.ts";
import { entriesOf } from "./iterate-log.ts";
import { KnownLog } from "./known-log.ts";
import type { DriveOptions } from "./log-driver.ts";
import { LogFiles } from "./log-files.ts";
import type { EntryVisitor, LogEnd, Lsn, ReadOptions, WalBatch, WriteAheadLog } from "./log.ts";
import type { ReadTask } from "./read-log.ts";
import { requireReadOptions, requireVisitor } from "./read-options.ts";
import type { SegmentCatalog } from "./segment-catalog.ts";
import { ENTRIES_STANDARD } from "./segment-format.ts";
import type { Announcement } from "./waiting.ts";
import { WalError } from "./wal-error.ts";
import { send } from "./wal-events.ts";
import { requireLsn } from "./wal-options.ts";
import type { WalStats } from "./wal-stats.ts";
import type { WalWriter } from "./wal-writer.ts";

export interface FileLogParts<E, I> {
  readonly disk: Disk;
  readonly directory: string;
  readonly decoder: BatchDecoder<E>;
  readonly writer: WalWriter<I>;
  readonly catalog: SegmentCatalog;
  /** Announced whenever the writer's `durableLsn` changes. */
  readonly durable: Announcement;
  /** How the log ended when it was opened. */
  readonly end: LogEnd | undefined;
  /** What was missing of it then. */
  readonly damageAtStart: WalError | undefined;
}

/** The log of a directory, open for writing: the writer, and a reader that sees what it made durable. */
export class FileLog<E, I> implements WriteAheadLog<E, I> {
  readonly #parts: FileLogParts<E, I>;
  readonly #files: LogFiles<E>;
  #closing: Promise<void> | undefined;
  #hasClosed = false;
  readonly visit?: (visitor: EntryVisitor, options?: ReadOptions) => Promise<void>;

  constructor(parts: FileLogParts<E, I>) {
    const { disk, directory, decoder, catalog } = parts;
    const { entryKind } = decoder;
    this.#parts = parts;
    this.#files = new LogFiles(disk, new KnownLog({ directory, onDamage: "refuse", entryKind, logId: catalog.logId, writtenBytes: (number) => catalog.writtenBytes(number) }), decoder);
    if (entryKind === ENTRIES_STANDARD) this.visit = (visitor, options) => this.#visit(visitor, options);
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

  get damageAtStart(): WalError | undefined {
    return this.#parts.damageAtStart;
  }

  stats(): WalStats {
    return this.#parts.writer.stats;
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
    requireLsn(lsn, "truncateBefore: lsn");
    return this.#parts.writer.truncateBefore(lsn);
  }

  async truncateAfter(lsn: Lsn): Promise<void> {
    requireLsn(lsn, "truncateAfter: lsn");
    return this.#parts.writer.truncateAfter(lsn);
  }

  read(options: ReadOptions = {}): AsyncIterable<WalBatch<E>> {
    requireReadOptions(options);
    this.#requireOpen();
    return this.#files.read(this.#taskOf(options), this.#driveOptions(options));
  }

  entries(options?: ReadOptions): AsyncIterable<{ readonly lsn: Lsn; readonly entry: E }> {
    return entriesOf(this.read(options));
  }

  async #visit(visitor: EntryVisitor, options: ReadOptions = {}): Promise<void> {
    requireVisitor(visitor);
    requireReadOptions(options);
    this.#requireOpen();
    return this.#files.visit(this.#taskOf(options), this.#driveOptions(options), visitor);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const { disk: { clock }, directory, durable, writer } = this.#parts;
    const began = clock.monotonic();
    const failure = await writer.close().then(() => undefined, (error: unknown) => ({ error }));
    // Not before: what `close` makes durable is still given to those who follow.
    this.#hasClosed = true;
    durable.announce();
    send("laminar:wal:closed", { location: directory, durableLsn: writer.durableLsn, error: failure?.error, duration: clock.monotonic() - began });
    if (failure) throw failure.error;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #taskOf({ after, follow = false }: ReadOptions): ReadTask {
    const { writer } = this.#parts;
    const atCall = writer.durableLsn;
    return { after, unproven: false, follow, durableLsn: follow ? () => writer.durableLsn : () => atCall };
  }

  #driveOptions({ signal }: ReadOptions): DriveOptions {
    return { signal, follower: { happenings: [this.#parts.durable.next], hasEnded: () => this.#hasClosed } };
  }

  #requireOpen(): void {
    const file = this.#parts.directory;
    if (this.#closing) throw new WalError("WAL_CLOSED", `${file}: this log was closed; open it again`, { file });
  }
}
