/** What went wrong, for programs; each code is described in the package's README. */
export type RecoveryErrorCode =
  | "RECOVERY_IO"
  | "RECOVERY_LOCKED"
  | "RECOVERY_LOG_ID_UNKNOWN"
  | "RECOVERY_LOG_INCOMPLETE"
  | "RECOVERY_LOG_MISMATCH"
  | "RECOVERY_LOG_MISSING"
  | "RECOVERY_LOG_STARTS_LATER"
  | "RECOVERY_NEWER_CHECKPOINT_DAMAGED"
  | "RECOVERY_NOT_FOUND"
  | "RECOVERY_NO_USABLE_CHECKPOINT"
  | "RECOVERY_POSITION_BEYOND_LOG"
  | "RECOVERY_STATE_CLOSED"
  | "RECOVERY_STATE_FAILED"
  | "RECOVERY_TRANSACTION_TOO_LARGE";

/** The fields of a `RecoveryError`, where they are known. */
export interface RecoveryErrorDetails {
  readonly checkpointId?: number | undefined;
  readonly lsn?: number | undefined;
  readonly expected?: unknown;
  readonly actual?: unknown;
  readonly cause?: unknown;
}

/** A recovery that is refused. Recognise it by `name` and `code`, not by `instanceof`: two versions may be loaded. */
export class RecoveryError extends Error {
  override readonly name = "RecoveryError";
  /** What went wrong, for programs. It stays; the message may change. */
  readonly code: RecoveryErrorCode;
  /** The checkpoint in question; `undefined` when none is. */
  declare readonly checkpointId: number | undefined;
  /** The record in question; `undefined` when none is. */
  declare readonly lsn: number | undefined;
  /** What should have been there, such as a number of bytes or a record; `undefined` where there is no such thing. */
  declare readonly expected: unknown;
  /** What was there instead. */
  declare readonly actual: unknown;

  constructor(code: RecoveryErrorCode, message: string, details: RecoveryErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    // A field that isn't known isn't there, so that an error that nobody catches is printed without it.
    if (details.checkpointId !== undefined) this.checkpointId = details.checkpointId;
    if (details.lsn !== undefined) this.lsn = details.lsn;
    if (details.expected !== undefined) this.expected = details.expected;
    if (details.actual !== undefined) this.actual = details.actual;
  }
}

const DAMAGE: ReadonlySet<unknown> = new Set([
  "CHECKPOINT_CORRUPT",
  "RECOVERY_LOG_INCOMPLETE",
  "RECOVERY_LOG_STARTS_LATER",
  "RECOVERY_NEWER_CHECKPOINT_DAMAGED",
  "RECOVERY_NO_USABLE_CHECKPOINT",
  "RECOVERY_POSITION_BEYOND_LOG",
  "SNAPSHOT_CORRUPT",
  "SNAPSHOT_TRUNCATED",
  "WAL_CORRUPT",
  "WAL_LOST_SEGMENT",
  "WAL_SUSPECTED_DAMAGE",
]);

/** Whether `error` is a `RecoveryError`, of whatever copy of this package; with `codes`, whether it has one of them. */
export function isRecoveryError(error: unknown, ...codes: readonly RecoveryErrorCode[]): error is RecoveryError {
  const own = error instanceof Error && error.name === "RecoveryError" && "code" in error;
  return own && (codes.length === 0 || codes.includes(error.code as RecoveryErrorCode));
}

/** Whether `error`, of recovery or of the packages below it, says that data is damaged or missing, rather than busy, unreachable or wrongly used. */
export function isCorruption(error: unknown): boolean {
  return error instanceof Error && "code" in error && DAMAGE.has(error.code);
}
