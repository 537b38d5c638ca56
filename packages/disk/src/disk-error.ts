/**
 * What went wrong, for programs. The message is for people and may change; a code doesn't.
 *
 * - `DISK_NOT_FOUND`, `DISK_EXISTS`, `DISK_NOT_EMPTY`, `DISK_NOT_A_FILE`, `DISK_NOT_A_DIRECTORY`: what stands at the path
 * - `DISK_FULL`: no space or no quota left; `DISK_READ_ONLY`: the file system takes no writes
 * - `DISK_PERMISSION`: not allowed; `DISK_TOO_MANY_FILES`: no handle left
 * - `DISK_CLOSED`: the handle was closed before; `DISK_IO`: the device or anything else failed
 * - `DISK_LOCKED`: another owner has the directory; `DISK_LOCK_LOST`: this owner's lock was taken away
 */
export type DiskErrorCode =
  | "DISK_NOT_FOUND"
  | "DISK_EXISTS"
  | "DISK_NOT_EMPTY"
  | "DISK_NOT_A_FILE"
  | "DISK_NOT_A_DIRECTORY"
  | "DISK_FULL"
  | "DISK_READ_ONLY"
  | "DISK_PERMISSION"
  | "DISK_TOO_MANY_FILES"
  | "DISK_CLOSED"
  | "DISK_IO"
  | "DISK_LOCKED"
  | "DISK_LOCK_LOST";

/** The fields of a `DiskError`. */
export interface DiskErrorDetails {
  readonly operation: string;
  readonly file: string;
  /** The platform's name of the error (`"EIO"`), where there is one. */
  readonly errno?: string | undefined;
  readonly cause?: unknown;
}

/** A failure of the disk. Recognise it by `name` and `code`, not by `instanceof`: two versions may be loaded. */
export class DiskError extends Error {
  override readonly name = "DiskError";
  /** What went wrong, for programs. It stays; the message may change. */
  readonly code: DiskErrorCode;
  /** The call that failed, by its name in `Disk` or `DiskFile`. */
  readonly operation: string;
  /** The path that the call was about. */
  readonly file: string;
  /** The platform's name of the error (`"EIO"`), where there is one. */
  declare readonly errno: string | undefined;

  constructor(code: DiskErrorCode, message: string, details: DiskErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.operation = details.operation;
    this.file = details.file;
    // A field that isn't known isn't there, so that an error that nobody catches is printed without it.
    if (details.errno !== undefined) this.errno = details.errno;
  }
}

/** Whether `error` is a `DiskError`, of this or of another copy of the package, with one of `codes` (any, if none is given). */
export function isDiskError(error: unknown, ...codes: readonly DiskErrorCode[]): error is DiskError {
  return (
    error instanceof Error &&
    error.name === "DiskError" &&
    "code" in error &&
    (codes.length === 0 || codes.includes(error.code as DiskErrorCode))
  );
}
