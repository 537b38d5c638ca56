/// <reference lib="esnext.disposable" preserve="true" />
import type { WalError } from "./wal-error.ts";
import type { WalStats } from "./wal-stats.ts";

/** Log sequence number: the number of a record. The first is 1; 0 is before the first. Never given twice to durable records. */
export type Lsn = number;

/** Records that were written by one flush and are recovered whole or not at all: `entries[i]` has LSN `firstLsn + i`. */
export interface WalBatch<E> {
  /** The number of `entries[0]`. */
  readonly firstLsn: Lsn;
  /** Which writer wrote them: another number for every open and every fence. A commit covers its own session only. */
  readonly session: number;
  /** In the order in which they were appended; those that were asked for and count. */
  readonly entries: readonly E[];
}

/** What `signal` options need of an `AbortSignal`, so that no runtime's own type is in the way. */
export interface AbortSignalLike {
  /** As `AbortSignal` has it. */
  readonly aborted: boolean;
  /** What the call rejects with. */
  readonly reason?: unknown;
  /** As `AbortSignal` has it. */
  addEventListener(type: "abort", listener: () => void): void;
  /** As `AbortSignal` has it. */
  removeEventListener(type: "abort", listener: () => void): void;
}

/** From where a log is read, and how to end it early. */
export interface ReadOptions {
  /**
   * Only records above this one. Refused with `WAL_TRUNCATED` when records above it were dropped, with `WAL_POSITION_FENCED`
   * when a fence took it out of use.
   * @default startsAfter
   */
  readonly after?: Lsn | undefined;
  /**
   * Also what verifies but isn't proven durable: after a crash that may be the last acknowledged batch. Changes nothing for
   * the reads of a log that is open for writing, which knows what is durable.
   * @default false
   */
  readonly unproven?: boolean | undefined;
  /**
   * Goes on at the end of the log: waits for what comes next, until the consumer breaks off, `signal` aborts, or the log or
   * reader is closed, which ends it without an error, after what is durable by then. Records that the reader's own process
   * writes come when they are durable. Those of another process come when the log proves them durable: with the next batch,
   * or within about a second when it rests. Rejects with `WAL_TRUNCATED` when records were dropped before they were given,
   * with `WAL_FENCED` when a fence took out of use what was given. While it waits it keeps the program alive, as an open
   * stream does.
   * @default false
   */
  readonly follow?: boolean | undefined;
  /** Checked between batches and while waiting, where it takes effect at once; the iteration then throws `signal.reason`. */
  readonly signal?: AbortSignalLike | undefined;
}

/** Where chunks of a log are read to. */
export interface ChunkMemory {
  /** An array of that length, whose bytes may be anything and which nobody else uses. */
  take(length: number): Uint8Array;
  /**
   * Says that the reader doesn't look any more at what lies in the `ArrayBuffer` of an array from `take`; `bytes` may be the part that was
   * read. Arrays may stay out for ever: the last ones do, and those of a read that failed.
   */
  giveBack(bytes: Uint8Array): void;
}

/**
 * Takes the standard entries one after the other without an object for each: a key is `bytes` from `keyStart` to `keyEnd`
 * (exclusive), a value likewise. **`bytes` belong to the reader, who reads the next batches into the same memory**: they stay as they
 * are until `batchEnd` has settled, or without it until the batch's last entry was shown. Copy what is kept longer.
 */
export interface EntryVisitor {
  /**
   * What the log is read into, about a mebibyte at a time. Memory that the visitor needs for itself afterwards is best read into first:
   * another thread asks the system for its pages then.
   * @default a few arrays, again and again
   */
  readonly memory?: ChunkMemory | undefined;
  /**
   * Called before the records of a batch, which has `count` of them from `firstLsn` on. A promise that it returns is waited
   * for, and so holds the reading back. See {@link WalBatch} for `session`.
   */
  batch?(firstLsn: Lsn, count: number, session: number): void | Promise<void>;
  /** A put; key and value are places in `bytes`. */
  put(lsn: Lsn, bytes: Uint8Array, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void;
  /** A delete; the key is a place in `bytes`. */
  delete(lsn: Lsn, bytes: Uint8Array, keyStart: number, keyEnd: number): void;
  /** A commit, with the source offsets and the watermark that it carries. */
  commit(lsn: Lsn, offsets: ReadonlyMap<string, bigint>, watermark: bigint | undefined): void;
  /** A mark that a checkpoint was made. */
  checkpoint(lsn: Lsn, id: number): void;
  /** Called behind the records of a batch. A promise that it returns is waited for, and so holds the reading back. */
  batchEnd?(): void | Promise<void>;
}

/** How a read of the log ended. */
export interface LogEnd {
  /**
   * `"clean"`: nothing after the last batch, or only zeros. `"torn"`: remains of a write that never finished, which counts for nothing.
   * `"damaged"`: records may be missing from here on; seen only with `onDamage: "stop"`.
   */
  readonly kind: "clean" | "torn" | "damaged";
  /** For `"damaged"`: the error that `onDamage: "refuse"` would have given. */
  readonly damage?: WalError | undefined;
  /** Name of the file that holds the end, in the log's directory; `undefined` for a log without segments. */
  readonly file?: string | undefined;
  /** Where the first byte after the last batch stands. */
  readonly offset: number;
  /** Bytes from there to the last one that isn't zero; for `"damaged"` to the end of the file. */
  readonly bytes: number;
}

/** Reads a log. Any number of readers may work beside one writer, in this process or another; reading writes nothing. */
export interface LogReader<E> extends AsyncDisposable {
  /** Identity of this log: 32 hex digits, random at creation. `""` for a log that has never been written. */
  readonly logId: string;
  /** Every record above it that counts is still held. */
  readonly startsAfter: Lsn;
  /** The oldest record held; `lastLsn + 1` when there is none. */
  readonly firstLsn: Lsn;
  /** The last record that counts, as far as this reader has looked. */
  readonly lastLsn: Lsn;
  /** How the log ended when this reader last looked. */
  readonly end: LogEnd;
  /**
   * The oldest records that should be held are gone, and the log begins at `startsAfter` instead: the error that `onDamage: "refuse"`
   * would have given. Seen only with `onDamage: "stop"`, beside whatever `end` says.
   */
  readonly damageAtStart?: WalError | undefined;
  /** False for a record that a fence took out of use. Says nothing about records that were never written or were dropped. */
  counts(lsn: Lsn): boolean;
  /**
   * Batches in ascending order, up to what is durable at the call. The next chunk is read while the consumer works on one.
   * Memory: the largest batch and two chunks of about a mebibyte; whoever keeps an entry keeps its chunk. Can be iterated once.
   */
  read(options?: ReadOptions): AsyncIterable<WalBatch<E>>;
  /** The same, one entry at a time. */
  entries(options?: ReadOptions): AsyncIterable<{ readonly lsn: Lsn; readonly entry: E }>;
  /**
   * The same again, for the standard entries only, and several times as fast. Resolves when everything was visited. What the
   * visitor throws ends it. A batch is shown whole or not at all: one that verifies and can't be decoded rejects with
   * `WAL_CODEC_MISMATCH` before `batch` is called. Optional: whoever takes a reader falls back on `read`; logs of a codec don't have it.
   */
  visit?(visitor: EntryVisitor, options?: ReadOptions): Promise<void>;
  /** Frees what the reader holds. Reads that are under way come to their end, and those that follow end. Idempotent. */
  close(): Promise<void>;
}

/** Writes a log. One writer per directory, held by a lock. */
export interface LogWriter<E> {
  /**
   * Takes an entry into the open batch and returns its LSN. Synchronous; nothing is durable yet. An entry that is refused
   * (`TypeError`, `WAL_ENTRY_TOO_LARGE`, `WAL_BACKPRESSURE`, whatever a codec throws) changes nothing.
   */
  append(entry: E): Lsn;
  /** The same for several entries that are in one batch: after a crash all or none of them are there. Returns the last LSN. */
  appendAll(entries: Iterable<E>): Lsn;
  /** Settles when less than `highWaterMark` bytes are not durable, and lets other work have its turn now and then. */
  ready(): Promise<void>;
  /**
   * Resolves to the last LSN that was appended before the call, once it is durable. Concurrent callers share one flush.
   * Rejects with `WAL_POISONED` when any write, sync or close failed: what was not durable by then may or may not be there
   * after the next open, and this writer is done for.
   */
  sync(): Promise<Lsn>;
  /** The last record known to be durable. */
  readonly durableLsn: Lsn;
  /**
   * Drops whole segments whose records are all below `lsn`, once a newer segment that says so is durable. Resolves to the
   * bytes freed. The newest segment always stays. A file that can't be unlinked is left and ignored by every reader.
   */
  truncateBefore(lsn: Lsn): Promise<number>;
  /**
   * A fence: records above `lsn` no longer count, durably, and their numbers are not given again. Nothing is erased. What is
   * buffered is made durable first. A new session begins. At or above `lastLsn` it does nothing; below `startsAfter`, and
   * below what `truncateBefore` let go even where a segment still holds it, it is a `RangeError` with nothing changed.
   */
  truncateAfter(lsn: Lsn): Promise<void>;
}

/** A log that is open for writing, which can be read as well. `close` makes durable what was appended. */
export interface WriteAheadLog<E, I = E> extends LogReader<E>, LogWriter<I> {
  /** Bytes of all segment files, with the zeros that are kept at the end for later batches: a mebibyte of each at most. */
  readonly sizeBytes: number;
  /** Counters since it was opened, and gauges of now, at once and without the disk. After a failure and after `close` they stay as they were left. */
  stats(): WalStats;
}
