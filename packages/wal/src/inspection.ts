import type { WalDamage } from "./confirm-damage.ts";
import type { Lsn } from "./log.ts";

/** What stands in a log's directory, as the names and headers tell it. Numbers, strings and arrays only; files by name. */
export interface WalInspection {
  readonly directory: string;
  /** Absent when not one segment header could be read; everything numeric is then 0. */
  readonly logId?: string | undefined;
  readonly formatVersion: number;
  /** The four standard entries, or bytes of a codec of one's own. */
  readonly entries?: "standard" | "codec" | undefined;
  /** Every record above it that counts is still held. */
  readonly startsAfter: Lsn;
  /** The oldest record held; `lastLsn + 1` when there is none. */
  readonly firstLsn: Lsn;
  /** The last record that counts, by the newest segment. */
  readonly lastLsn: Lsn;
  /** Up to here the headers and the newest segment prove what was durable. */
  readonly provenLsn: Lsn;
  readonly end?: InspectedEnd | undefined;
  /** Those that hold something that counts, and the newest; ascending. */
  readonly segments: readonly InspectedSegment[];
  /** Segment files of which nothing counts. */
  readonly notCounting: readonly NotCounting[];
  /** Records that no longer count, or numbers that were never given: a segment's header skips them. */
  readonly gaps: readonly InspectedGap[];
  /** Names that say which segments were published; the highest is the one that matters. */
  readonly heads: readonly string[];
  /** Files of a publish that never finished, and damaged ones that were set aside. Nobody reads them. */
  readonly leftovers: readonly string[];
  /** Everything else in the directory but the lock: not the log's. */
  readonly others: readonly string[];
  /** Identities that stand in `LOCK`: the writer's, if one is there. Whether it still runs isn't judged. */
  readonly lockOwners: readonly string[];
  /** Of `segments` together. */
  readonly batches: number;
  readonly records: number;
  /** Of all segment files, counting or not. */
  readonly bytes: number;
  /** What the names and headers show to be damaged or missing. Bodies are not read: `verifyWal` does. */
  readonly damages: readonly WalDamage[];
}

/** Why the log ends where it does. */
export interface InspectedEnd {
  /** `"torn"`: remains of a write that never finished, or one that is under way. */
  readonly kind: "clean" | "torn" | "damaged";
  readonly file?: string | undefined;
  /** Where the first byte after the last batch stands. */
  readonly offset: number;
  /** Bytes from there to the last one that isn't zero; for `"damaged"` to the end of the file. */
  readonly bytes: number;
}

/** What a segment's name and header say. */
export interface InspectedSegment {
  readonly file: string;
  /** Of the file. */
  readonly bytes: number;
  /** Up to the end of its last batch that stands in order. What is behind is mostly zeros that were written for later batches, and counts for nothing. */
  readonly usedBytes: number;
  /** The first and last record in it that count; absent when there is none yet. */
  readonly firstLsn?: Lsn | undefined;
  readonly lastLsn?: Lsn | undefined;
  /** Batches that hold them. */
  readonly batches: number;
  readonly records: number;
  /** The writers of these records, by the number of the first segment that each made. */
  readonly sessions: readonly number[];
  /** From the header: the last record of earlier segments that counts from here on. */
  readonly continuesAfter: Lsn;
  /** From the header: the first record that it may hold. */
  readonly baseLsn: Lsn;
  /** From the header: what is below may have been dropped. */
  readonly oldestLsn: Lsn;
}

/** A segment file of which nothing counts. */
export interface NotCounting {
  readonly file: string;
  readonly bytes: number;
  /**
   * `"dropped"`: all it holds is below what `truncateBefore` kept. `"superseded"`: later segments state again, or take out of
   * use, all it held. `"unreadable"`: its header doesn't verify or isn't this log's.
   */
  readonly why: "dropped" | "superseded" | "unreadable";
}

/** Records `firstLsn` to `lastLsn` don't count: a fence took them out of use, or they were given up behind damage. */
export interface InspectedGap {
  /** The segment whose header says so. */
  readonly file: string;
  readonly firstLsn: Lsn;
  readonly lastLsn: Lsn;
}
