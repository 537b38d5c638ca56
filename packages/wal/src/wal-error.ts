/** What went wrong, for programs; each code is described in the package's README. Codes are stable, messages are not. */
export type WalErrorCode =
  | "WAL_BACKPRESSURE"
  | "WAL_CLOSED"
  | "WAL_CODEC_MISMATCH"
  | "WAL_CORRUPT"
  | "WAL_ENTRY_TOO_LARGE"
  | "WAL_FENCED"
  | "WAL_IO"
  | "WAL_LOCKED"
  | "WAL_LOST_SEGMENT"
  | "WAL_NOT_FOUND"
  | "WAL_POISONED"
  | "WAL_POSITION_FENCED"
  | "WAL_SUSPECTED_DAMAGE"
  | "WAL_TRUNCATED"
  | "WAL_UNSUPPORTED_FORMAT";

/** The fields of a `WalError`, where they are known. */
export interface WalErrorDetails {
  readonly file?: string | undefined;
  readonly offset?: number | undefined;
  readonly lsn?: number | undefined;
  readonly expected?: unknown;
  readonly actual?: unknown;
  readonly cause?: unknown;
}

/** A failure of the log. Recognise it by `name` and `code`, not by `instanceof`: two versions may be loaded. */
export class WalError extends Error {
  override readonly name = "WalError";
  /** What went wrong, for programs. It stays; the message may change. */
  readonly code: WalErrorCode;
  /** The file in question, in or under the log's directory. */
  declare readonly file: string | undefined;
  /** Bytes from the start of that file. */
  declare readonly offset: number | undefined;
  /** The record in question; `undefined` when none is. */
  declare readonly lsn: number | undefined;
  /** What should have been there, such as a number of bytes or a record; `undefined` where there is no such thing. */
  declare readonly expected: unknown;
  /** What was there instead. */
  declare readonly actual: unknown;

  constructor(code: WalErrorCode, message: string, details: WalErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    // A field that isn't known isn't there, so that an error that nobody catches is printed without it.
    if (details.file !== undefined) this.file = details.file;
    if (details.offset !== undefined) this.offset = details.offset;
    if (details.lsn !== undefined) this.lsn = details.lsn;
    if (details.expected !== undefined) this.expected = details.expected;
    if (details.actual !== undefined) this.actual = details.actual;
  }
}

const DAMAGE: ReadonlySet<unknown> = new Set<WalErrorCode>(["WAL_CORRUPT", "WAL_LOST_SEGMENT", "WAL_SUSPECTED_DAMAGE"]);

/** Whether `error` is a `WalError`, of this or another copy of the package, with one of `codes` (any, if none is given). */
export function isWalError(error: unknown, ...codes: readonly WalErrorCode[]): error is WalError {
  const wal = error instanceof Error && error.name === "WalError" && "code" in error;
  return wal && (codes.length === 0 || codes.includes(error.code as WalErrorCode));
}

/** Whether `error` says that data on disk is damaged or missing, rather than busy, unreachable or wrongly used. */
export function isCorruption(error: unknown): boolean {
  return isWalError(error) && DAMAGE.has(error.code);
}
