import { requireKind } from "./decode-batch.ts";
import { KnownSegments } from "./known-segments.ts";
import { type FoundFiles, listSegments, readShape } from "./list-segments.ts";
import { type LogTail, type Place, readToEnd } from "./log-core.ts";
import type { Reading } from "./log-requests.ts";
import type { DamagePolicy, LogListing, LogShape } from "./log-shape.ts";
import { WalError } from "./wal-error.ts";

/** A log as it was seen at one moment. */
export interface LogView {
  readonly shape: LogShape;
  readonly tail: LogTail;
}

export interface KnownLogOptions {
  readonly directory: string;
  readonly onDamage: DamagePolicy;
  /** The kind of entries that it must hold. */
  readonly entryKind: number;
  /** Which log it must be; otherwise the first that is seen. */
  readonly logId?: string | undefined;
  /** Bytes that were written to the segment of this number, where its writer is at hand: zeros behind them needn't be read. */
  readonly writtenBytes?: ((number: number) => number | undefined) | undefined;
}

/** What a reader has found out about a log. What a file holds is never changed, so it needs to be read once. */
export class KnownLog {
  readonly directory: string;
  readonly onDamage: DamagePolicy;
  readonly #entryKind: number;
  readonly #writtenBytes: KnownLogOptions["writtenBytes"];
  readonly #segments = new KnownSegments();
  #logId: string | undefined;
  #place: Place | undefined;
  /** The last look. */
  view: LogView | undefined;

  constructor({ directory, onDamage, entryKind, logId, writtenBytes }: KnownLogOptions) {
    this.directory = directory;
    this.onDamage = onDamage;
    this.#entryKind = entryKind;
    this.#logId = logId;
    this.#writtenBytes = writtenBytes;
  }

  *list(passed?: LogListing): Reading<FoundFiles> {
    const listing = yield* listSegments(this.directory, this.#segments, passed);
    if (listing) return this.#asWritten(listing);
    throw new WalError("WAL_NOT_FOUND", `there is no directory ${this.directory}; check the path`, { file: this.directory });
  }

  #asWritten(listing: FoundFiles): FoundFiles {
    const newest = listing.segments.at(-1);
    if (!newest) return listing;
    const size = Math.min(newest.size, this.#writtenBytes?.(newest.number) ?? newest.size);
    return size === newest.size ? listing : { ...listing, segments: [...listing.segments.slice(0, -1), { ...newest, size }] };
  }

  *shape(listing: LogListing): Reading<LogShape> {
    const file = this.directory;
    const shape = yield* readShape(listing, this.onDamage, this.#segments);
    if (!shape) throw new WalError("WAL_NOT_FOUND", `there is no log in ${file}; check the path`, { file });
    requireKind(shape, { entryKind: this.#entryKind });
    this.#logId ??= shape.logId;
    if (shape.logId === this.#logId) return shape;
    const message = `${file}: log ${this.#logId} is gone, and log ${shape.logId} stands in its place; open that one anew, and read it from its own start`;
    throw new WalError("WAL_NOT_FOUND", message, { file, expected: this.#logId, actual: shape.logId });
  }

  /** Reads the newest segment for where the log ends, as far as that isn't known. */
  *look(shape: LogShape): Reading<LogView> {
    const tail = yield* readToEnd(shape, this.onDamage, this.#place);
    this.#place = tail.place;
    return (this.view = { shape, tail });
  }

  /** Nothing of what is known may be true: what was found contradicts itself. */
  forget(): void {
    this.#segments.clear();
    this.#place = undefined;
  }
}
