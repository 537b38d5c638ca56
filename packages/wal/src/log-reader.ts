import { join } from "node:path";
import type { Disk } from "@laminar/disk";
import { type BatchDecoder, decodeFound, requireKind } from "./decode-batch.ts";
import { driveLog, driveToEnd, ioError, listLog, readShape, Vanished } from "./drive-log.ts";
import { type LogTail, readBatches } from "./log-core.ts";
import { type DamagePolicy, isFenced, type LogListing, type LogShape } from "./log-shape.ts";
import type { LogEnd, LogReader, Lsn, ReadOptions, WalBatch } from "./log.ts";
import { isCorruption, WalError } from "./wal-error.ts";
import { requireLsn } from "./wal-options.ts";

/** A log as it was seen at one moment. */
export interface LogView {
  readonly listing: LogListing;
  readonly shape: LogShape;
  readonly tail: LogTail;
}

const signature = (listing: LogListing | undefined): string =>
  listing ? listing.segments.map(({ number, size }) => `${number}:${size}`).join() : "";

/** Everything but the records: headers, and the newest segment for where the log ends. */
export async function lookAtLog(disk: Disk, directory: string, listing: LogListing, onDamage: DamagePolicy): Promise<LogView | undefined> {
  const shape = await readShape(disk, listing, onDamage);
  if (!shape) return undefined;
  const tail = await driveToEnd(disk, directory, readBatches(shape, { after: Number.POSITIVE_INFINITY, upTo: Number.POSITIVE_INFINITY, onDamage }));
  return { listing, shape, tail };
}

/**
 * Repeats `attempt` while what it trips over may be a live writer's work: a file that is gone, or bytes that a second look
 * would find complete. Two listings that agree and fail alike are the truth.
 */
export async function settle<T>(disk: Disk, directory: string, attempt: (listing: LogListing) => Promise<T>): Promise<T> {
  let before: string | undefined;
  for (;;) {
    let seen: string | undefined;
    try {
      const listing = await listLog(disk, directory);
      if (!listing) throw new WalError("WAL_NOT_FOUND", `there is no directory ${directory}`, { file: directory });
      seen = signature(listing);
      return await attempt(listing);
    } catch (error) {
      const retry = error instanceof Vanished || isCorruption(error);
      if (retry && (seen === undefined || seen !== before)) {
        before = seen;
        continue;
      }
      if (!(error instanceof Vanished)) throw error;
      const file = join(directory, error.segment);
      throw new WalError("WAL_IO", `${file} is listed and can't be opened`, { file, cause: error });
    }
  }
}

function requirePosition(shape: LogShape, after: Lsn, given: boolean): void {
  if (after < shape.startsAfter) {
    throw new WalError("WAL_TRUNCATED", `${shape.directory}: records above ${after} were dropped; the log starts after ${shape.startsAfter}`, {
      file: shape.directory,
      lsn: after,
      expected: after,
      actual: shape.startsAfter,
    });
  }
  if (!isFenced(shape, after)) return;
  const code = given ? "WAL_FENCED" : "WAL_POSITION_FENCED";
  throw new WalError(code, `${shape.directory}: record ${after} was taken out of use by a fence`, { file: shape.directory, lsn: after });
}

export function requireReadOptions(options: ReadOptions | undefined): void {
  if (options?.after !== undefined) requireLsn(options.after, "after");
}

export interface ReadBounds {
  /** Where reading ends: a record, or `Infinity` for the end of the log. */
  readonly upTo: Lsn;
  readonly after: Lsn | undefined;
  readonly signal: ReadOptions["signal"];
  readonly onDamage: DamagePolicy;
}

/** Reads batches, going on after what was given out whenever a live writer changes the files meanwhile. */
export async function* readLog<E>(disk: Disk, directory: string, decoder: BatchDecoder<E>, bounds: ReadBounds): AsyncGenerator<WalBatch<E>, void, undefined> {
  let last = bounds.after;
  let given = false;
  let before: string | undefined;
  for (;;) {
    let seen: string | undefined;
    try {
      const listing = await listLog(disk, directory);
      seen = signature(listing);
      const shape = listing && (await readShape(disk, listing, bounds.onDamage));
      if (!shape) return;
      requireKind(shape, decoder);
      last ??= shape.startsAfter;
      requirePosition(shape, last, given);
      for await (const found of driveLog(disk, directory, readBatches(shape, { after: last, upTo: bounds.upTo, onDamage: bounds.onDamage }))) {
        if (bounds.signal?.aborted) throw bounds.signal.reason ?? new Error("aborted");
        const batch: WalBatch<E> = decodeFound(shape, found, decoder, last);
        last = batch.firstLsn + batch.entries.length - 1;
        given = true;
        yield batch;
      }
      if (last >= bounds.upTo || seen === signature(await listLog(disk, directory))) return;
    } catch (error) {
      const retry = error instanceof Vanished || isCorruption(error);
      if (!retry || (seen !== undefined && seen === before)) throw error instanceof Vanished ? ioError(error, directory) : error;
    }
    before = seen;
  }
}

export async function* entriesOf<E>(batches: AsyncIterable<WalBatch<E>>): AsyncGenerator<{ readonly lsn: Lsn; readonly entry: E }, void, undefined> {
  for await (const batch of batches) {
    let lsn = batch.firstLsn;
    for (const entry of batch.entries) yield { lsn: lsn++, entry };
  }
}

/** Reads without a lock, beside whoever writes. */
export class DirectoryReader<E> implements LogReader<E> {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #decoder: BatchDecoder<E>;
  readonly #onDamage: DamagePolicy;
  #view: LogView;
  #closed = false;

  constructor(disk: Disk, directory: string, decoder: BatchDecoder<E>, onDamage: DamagePolicy, view: LogView) {
    this.#onDamage = onDamage;
    this.#disk = disk;
    this.#directory = directory;
    this.#decoder = decoder;
    this.#view = view;
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

  counts(lsn: Lsn): boolean {
    return !isFenced(this.#view.shape, lsn);
  }

  read(options?: ReadOptions): AsyncIterable<WalBatch<E>> {
    requireReadOptions(options);
    if (this.#closed) throw new WalError("WAL_CLOSED", `${this.#directory}: this reader was closed`, { file: this.#directory });
    return this.#read(options ?? {});
  }

  async *#read(options: ReadOptions): AsyncGenerator<WalBatch<E>, void, undefined> {
    this.#view = await settle(this.#disk, this.#directory, async (listing) => {
      const view = await lookAtLog(this.#disk, this.#directory, listing, this.#onDamage);
      if (!view) throw new WalError("WAL_NOT_FOUND", `${this.#directory}: the log is gone`, { file: this.#directory });
      return view;
    });
    const upTo = options.unproven ? Number.POSITIVE_INFINITY : this.#view.tail.provenLsn;
    yield* readLog(this.#disk, this.#directory, this.#decoder, { upTo, after: options.after, signal: options.signal, onDamage: this.#onDamage });
  }

  entries(options?: ReadOptions): AsyncIterable<{ readonly lsn: Lsn; readonly entry: E }> {
    return entriesOf(this.read(options));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The first record that is held, from the headers alone: the oldest segment's base, unless nothing counts. */
export function firstHeld(shape: LogShape, lastLsn: Lsn): Lsn {
  const holding = shape.segments.find(({ header, limit }) => header.baseLsn <= Math.min(limit, lastLsn));
  return holding ? holding.header.baseLsn : lastLsn + 1;
}
