/** What went wrong, for programs; each code is described in the package's README. */
export type CheckpointErrorCode =
  | "CHECKPOINT_CLOSED"
  | "CHECKPOINT_CORRUPT"
  | "CHECKPOINT_EXISTS"
  | "CHECKPOINT_IN_USE"
  | "CHECKPOINT_IO"
  | "CHECKPOINT_LOCKED"
  | "CHECKPOINT_NOT_DURABLE"
  | "CHECKPOINT_NOT_FOUND"
  | "CHECKPOINT_UNSUPPORTED_FORMAT";

/** The fields of a `CheckpointError`, where they are known. */
export interface CheckpointErrorDetails {
  readonly id?: number | undefined;
  readonly file?: string | undefined;
  readonly expected?: unknown;
  readonly actual?: unknown;
  readonly cause?: unknown;
}

/** A failure of checkpoints. Recognise it by `name` and `code`, not by `instanceof`: two versions may be loaded. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
  /** What went wrong, for programs. It stays; the message may change. */
  readonly code: CheckpointErrorCode;
  /** The checkpoint in question. */
  declare readonly id: number | undefined;
  /** The file in question, in or under the checkpoints' directory. */
  declare readonly file: string | undefined;
  /** What should have been there, such as a number of bytes or a record; `undefined` where there is no such thing. */
  declare readonly expected: unknown;
  /** What was there instead. */
  declare readonly actual: unknown;

  constructor(code: CheckpointErrorCode, message: string, details: CheckpointErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    // A field that isn't known isn't there, so that an error that nobody catches is printed without it.
    if (details.id !== undefined) this.id = details.id;
    if (details.file !== undefined) this.file = details.file;
    if (details.expected !== undefined) this.expected = details.expected;
    if (details.actual !== undefined) this.actual = details.actual;
  }
}

/** Whether `error` is a `CheckpointError`, of whatever copy of this package; with `codes`, whether it has one of them. */
export function isCheckpointError(error: unknown, ...codes: readonly CheckpointErrorCode[]): error is CheckpointError {
  const own = error instanceof Error && error.name === "CheckpointError" && "code" in error;
  return own && (codes.length === 0 || codes.includes(error.code as CheckpointErrorCode));
}

/** Whether `error` says that a checkpoint's bytes are damaged or gone, rather than unreachable, newer or wrongly used. */
export function isCorruption(error: unknown): boolean {
  return isCheckpointError(error, "CHECKPOINT_CORRUPT");
}
