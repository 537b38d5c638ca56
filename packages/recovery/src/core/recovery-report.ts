/** What a recovery looked at, did, and left out: plain numbers and strings, safe for `JSON.stringify`. */
export interface RecoveryReport {
  readonly checkpoint?: { readonly id: number; readonly walPosition: number; readonly bytes: number; readonly entries: number } | undefined;
  readonly skippedCheckpoints: readonly { readonly id: number; readonly reason: "damaged" | "abandoned" | "after-until"; readonly detail: string }[];
  /** Names that look like checkpoints and are none. */
  readonly ignoredNames: readonly string[];
  readonly log?:
    | {
        readonly logId: string;
        readonly startsAfter: number;
        readonly lastLsn: number;
        readonly entriesRead: number;
        readonly entriesApplied: number;
        /** Entries that no commit of their own session covers. */
        readonly entriesDiscarded: number;
        readonly commitsApplied: number;
        /** `"torn"`: remains of a write that never finished. `"damaged"`: records may be missing from here on. */
        readonly end: { readonly kind: "clean" | "torn" | "damaged"; readonly file?: string | undefined; readonly offset: number; readonly bytes: number; readonly damage?: string | undefined };
        /** Records that the log should hold are gone from its start, and this recovery needed none of them. */
        readonly damageAtStart?: string | undefined;
        /** With `repairWal`: what comes after this record was taken out of use. */
        readonly fencedAfter?: number | undefined;
      }
    | undefined;
  /** The state is older than what the log and the checkpoints hold, because that was asked for. */
  readonly partial: boolean;
  readonly freshStart: boolean;
  /** Milliseconds, monotonic clock. */
  readonly durations: { readonly checkpoint: number; readonly replay: number; readonly total: number };
}
