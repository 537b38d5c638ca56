import type { Choices } from "../random.ts";

/** Bytes that nobody honest wrote. */
export interface Hostile {
  readonly bytes: Uint8Array;
  /** What was done to them, in words. */
  readonly what: string;
  /** Whether a length or a count in them claims more than there is: what such an input takes is measured by itself. */
  readonly claims: boolean;
}

/** "read", or the code (or the class) of the error that refused it. */
export type Outcome = string;

/** A way to make hostile bytes, and to read them. */
export interface Decoder<H extends Hostile = Hostile> {
  readonly name: string;
  /** Of all runs. */
  readonly share: number;
  make(choices: Choices): H;
  /** Throws for whatever must not be: an error that isn't typed, or bytes that are read and don't go round. */
  read(hostile: H): Outcome | Promise<Outcome>;
}

/** The codes that say that bytes are not what was written, or are for another reader. */
const REFUSALS: ReadonlySet<unknown> = new Set([
  "WAL_CODEC_MISMATCH",
  "WAL_CORRUPT",
  "WAL_LOST_SEGMENT",
  "WAL_SUSPECTED_DAMAGE",
  "WAL_UNSUPPORTED_FORMAT",
  "SNAPSHOT_CORRUPT",
  "SNAPSHOT_TRUNCATED",
  "SNAPSHOT_UNSUPPORTED_FORMAT",
  "SNAPSHOT_WRONG_KIND",
  "CHECKPOINT_CORRUPT",
  "CHECKPOINT_UNSUPPORTED_FORMAT",
  "RECOVERY_LOG_ID_UNKNOWN",
  "RECOVERY_LOG_INCOMPLETE",
  "RECOVERY_LOG_MISMATCH",
  "RECOVERY_LOG_MISSING",
  "RECOVERY_LOG_STARTS_LATER",
  "RECOVERY_NEWER_CHECKPOINT_DAMAGED",
  "RECOVERY_NO_USABLE_CHECKPOINT",
  "RECOVERY_POSITION_BEYOND_LOG",
]);

/** The code of an error that refuses bytes; throws any other error. */
export function refusal(error: unknown): Outcome {
  if (error instanceof Error && "code" in error && REFUSALS.has(error.code)) return String(error.code);
  throw error;
}
