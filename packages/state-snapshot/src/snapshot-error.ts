/**
 * What went wrong, for programs. The message is for people and may change; a code doesn't.
 *
 * - `SNAPSHOT_CORRUPT`: the bytes are not what was written
 * - `SNAPSHOT_TRUNCATED`: the bytes end too early
 * - `SNAPSHOT_UNSUPPORTED_FORMAT`: whole, but written by a version that this one can't read
 * - `SNAPSHOT_WRONG_KIND`: a delta where a full snapshot is needed, or the other way round
 * - `SNAPSHOT_TOO_LARGE`: an entry, or a snapshot as one array, above the limit
 * - `SNAPSHOT_BUSY`: the store has a capture that is neither done nor failed, or is being restored
 * - `SNAPSHOT_RELEASED`: the capture was done or failed before and can't be read any more
 */
export type SnapshotErrorCode =
  | "SNAPSHOT_CORRUPT"
  | "SNAPSHOT_TRUNCATED"
  | "SNAPSHOT_UNSUPPORTED_FORMAT"
  | "SNAPSHOT_WRONG_KIND"
  | "SNAPSHOT_TOO_LARGE"
  | "SNAPSHOT_BUSY"
  | "SNAPSHOT_RELEASED";

/** The fields of a `SnapshotError`, where they are known. */
export interface SnapshotErrorDetails {
  /** Byte of the snapshot at which it was seen. */
  readonly offset?: number | undefined;
  /** Number of the block, from 0. */
  readonly block?: number | undefined;
  /** Number of the part, from 0, where several make one state. */
  readonly part?: number | undefined;
  readonly cause?: unknown;
}

/** A snapshot that can't be read or made. Recognise it by `name` and `code`, not by `instanceof`: two versions may be loaded. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
  /** What went wrong, for programs. It stays; the message may change. */
  readonly code: SnapshotErrorCode;
  /** Byte of the snapshot at which it was seen; `undefined` when no byte is to blame. */
  declare readonly offset: number | undefined;
  /** Number of the block in which it was seen, from 0; `undefined` outside of blocks. */
  declare readonly block: number | undefined;
  /** Number of the part in which it was seen, from 0, where a base and deltas were read; else `undefined`. */
  declare readonly part: number | undefined;

  constructor(code: SnapshotErrorCode, message: string, details: SnapshotErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    // A field that isn't known isn't there, so that an error that nobody catches is printed without it.
    if (details.offset !== undefined) this.offset = details.offset;
    if (details.block !== undefined) this.block = details.block;
    if (details.part !== undefined) this.part = details.part;
  }
}

/** Whether `error` is a `SnapshotError`, of this or of another copy of the package, with one of `codes` (any, if none is given). */
export function isSnapshotError(error: unknown, ...codes: readonly SnapshotErrorCode[]): error is SnapshotError {
  return (
    error instanceof Error &&
    error.name === "SnapshotError" &&
    "code" in error &&
    (codes.length === 0 || codes.includes(error.code as SnapshotErrorCode))
  );
}

/** Whether `error` says that bytes are damaged or missing, so that another copy or an older snapshot is what helps. */
export function isCorruption(error: unknown): boolean {
  return isSnapshotError(error, "SNAPSHOT_CORRUPT", "SNAPSHOT_TRUNCATED");
}

/** Damage seen at `offset`. */
export function corrupt(offset: number, what: string, block?: number): SnapshotError {
  return new SnapshotError("SNAPSHOT_CORRUPT", `The snapshot is damaged at byte ${offset}: ${what}.`, { offset, block });
}

/** Says of an error of this package in which of several parts it was seen; gives other errors back as they are. */
export function inPart(part: number, error: unknown): unknown {
  if (!isSnapshotError(error)) return error;
  const { offset, block, cause } = error;
  return new SnapshotError(error.code, `Part ${part}: ${error.message}`, { offset, block, part, cause });
}
