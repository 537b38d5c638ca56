import type { StateSnapshot } from "@laminar/state-snapshot";
import type { WalEntry } from "@laminar/wal";
import type { RecoveryReport } from "./recovery-report.ts";

/** A change of one key, as the log recorded it. */
export type StateChange = Extract<WalEntry, { readonly type: "put" | "delete" }>;

/** What a recovery found: the state as of the last commit that counts. */
export interface RecoveredState {
  /** The newest epoch that a checkpoint of this state names, also one that is damaged beside its metadata; 0 without one. */
  readonly epoch: number;
  /** The checkpoint's state, its chain merged; absent when a sink took it or no checkpoint was used. */
  readonly stateSnapshot?: StateSnapshot | undefined;
  /** LSN of the last commit applied (with `replay: "all"`, of the last record applied). */
  readonly walPosition: number;
  /** Log entries read, applied or not. */
  readonly walEntriesReplayed: number;
  readonly sourceOffsets: ReadonlyMap<string, bigint>;
  readonly watermark?: bigint | undefined;
  readonly checkpointId?: number | undefined;
  /** Changes after the snapshot, in log order; empty when they weren't collected. */
  readonly stateChanges: readonly StateChange[];
  readonly report: RecoveryReport;
}
