import type { Clock, Disk } from "@laminar/disk";
import type { BatchDecoder } from "./decode-batch.ts";
import { entriesOf } from "./iterate-log.ts";
import { KnownLog, type LogView } from "./known-log.ts";
import type { DriveOptions } from "./log-driver.ts";
import { LogFiles } from "./log-files.ts";
import { type DamagePolicy, isFenced, type LogShape } from "./log-shape.ts";
import type { EntryVisitor, LogEnd, LogReader, Lsn, ReadOptions, WalBatch } from "./log.ts";
import { lookAtLog, type ReadTask } from "./read-log.ts";
import { requireReadOptions, requireVisitor } from "./read-options.ts";
import { ENTRIES_STANDARD } from "./segment-format.ts";
import { Announcement, type Happening } from "./waiting.ts";
import { WalError } from "./wal-error.ts";

/** How often a reader that follows another process looks whether there is something new. */
const POLL_MS = 50;

/** Reads without a lock, beside whoever writes. */
export class DirectoryReader<E> implements LogReader<E> {
  readonly #files: LogFiles<E>;
  readonly #clock: Clock;
  readonly #opened: LogView;
  readonly #closing = new Announcement();
  #isClosed = false;
  readonly visit?: (visitor: EntryVisitor, options?: ReadOptions) => Promise<void>;

  private constructor(files: LogFiles<E>, clock: Clock, opened: LogView) {
    this.#files = files;
    this.#clock = clock;
    this.#opened = opened;
    if (opened.shape.entryKind === ENTRIES_STANDARD) this.visit = (visitor, options) => this.#visit(visitor, options);
  }

  /** Looks at the log once, for all that a reader says of it. */
  static async open<E>(disk: Disk, directory: string, decoder: BatchDecoder<E>, onDamage: DamagePolicy): Promise<DirectoryReader<E>> {
    const files = new LogFiles(disk, new KnownLog({ directory, onDamage, entryKind: decoder.entryKind }), decoder);
    return new DirectoryReader(files, disk.clock, await files.run(lookAtLog));
  }

  get logId(): string {
    return this.#view.shape.logId;
  }

  get startsAfter(): Lsn {
    return this.#view.shape.startsAfter;
  }

  get firstLsn(): Lsn {
    return firstHeld(this.#view.shape, this.lastLsn);
  }

  get lastLsn(): Lsn {
    return this.#view.tail.lastLsn;
  }

  get end(): LogEnd {
    return this.#view.tail.end;
  }

  get damageAtStart(): WalError | undefined {
    return this.#view.shape.damage?.atStart;
  }

  counts(lsn: Lsn): boolean {
    return !isFenced(this.#view.shape, lsn);
  }

  read(options: ReadOptions = {}): AsyncIterable<WalBatch<E>> {
    requireReadOptions(options);
    this.#requireOpen();
    return this.#files.read(taskOf(options), this.#driveOptions(options));
  }

  entries(options?: ReadOptions): AsyncIterable<{ readonly lsn: Lsn; readonly entry: E }> {
    return entriesOf(this.read(options));
  }

  async #visit(visitor: EntryVisitor, options: ReadOptions = {}): Promise<void> {
    requireVisitor(visitor);
    requireReadOptions(options);
    this.#requireOpen();
    return this.#files.visit(taskOf(options), this.#driveOptions(options), visitor);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closing.announce();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #view(): LogView {
    return this.#files.log.view ?? this.#opened;
  }

  #driveOptions({ signal }: ReadOptions): DriveOptions {
    const polling: Happening = (wake) => this.#clock.after(POLL_MS, wake);
    return { signal, follower: { happenings: [polling, this.#closing.next], hasEnded: () => this.#isClosed } };
  }

  #requireOpen(): void {
    const file = this.#files.log.directory;
    if (this.#isClosed) throw new WalError("WAL_CLOSED", `${file}: this reader was closed; open another one`, { file });
  }
}

const taskOf = ({ after, unproven = false, follow = false }: ReadOptions): ReadTask => ({ after, unproven, follow });

/** The first record that is held, from the headers alone: the oldest segment's base, unless nothing counts. */
export function firstHeld(shape: LogShape, lastLsn: Lsn): Lsn {
  const holding = shape.segments.find(({ header, limit }) => header.baseLsn <= Math.min(limit, lastLsn));
  return holding ? holding.header.baseLsn : lastLsn + 1;
}
