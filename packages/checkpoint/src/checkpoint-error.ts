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
  readonly code: CheckpointErrorCode;
  /** The checkpoint in question. */
  readonly id: number | undefined;
  readonly file: string | undefined;
  readonly expected: unknown;
  readonly actual: unknown;

  constructor(code: CheckpointErrorCode, message: string, details: CheckpointErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.id = details.id;
    this.file = details.file;
    this.expected = details.expected;
    this.actual = details.actual;
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
