import type { Lsn } from "./log.ts";
import { WalError } from "./wal-error.ts";

/** What of a log decides whether reading can begin, or go on, behind a record. */
export interface LogPosition {
  readonly file?: string | undefined;
  readonly startsAfter: Lsn;
  /** The last record that counts at or below the one in question. */
  readonly countedUpTo: Lsn;
}

/** Refuses to read on behind `last` where records would be missing. `isGiven`: this read has given it out before. */
export function requirePosition(last: Lsn, isGiven: boolean, { file, startsAfter, countedUpTo }: LogPosition): void {
  const log = file ?? "this log";
  if (last < startsAfter) {
    const message = `${log}: records above ${last} were dropped, and the log starts after ${startsAfter}. Start from a newer checkpoint, one at ${startsAfter} or later`;
    throw new WalError("WAL_TRUNCATED", message, { file, lsn: last, expected: last, actual: startsAfter });
  }
  if (countedUpTo === last) return;
  const details = { file, lsn: last, expected: countedUpTo, actual: last };
  if (isGiven) {
    const message = `${log}: this read has given out record ${last}, and a fence has taken what is above ${countedUpTo} out of use. Undo what came of it, or start from a checkpoint at ${countedUpTo} or before`;
    throw new WalError("WAL_FENCED", message, details);
  }
  const message = `${log}: a fence took record ${last} out of use, and every record from ${countedUpTo + 1} on with it. Start from a position that counts: ${countedUpTo} or before`;
  throw new WalError("WAL_POSITION_FENCED", message, details);
}
