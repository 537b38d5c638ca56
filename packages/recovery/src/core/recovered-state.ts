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
  /** How far each source was read, as of the last commit applied: read on from there. */
  readonly sourceOffsets: ReadonlyMap<string, bigint>;
  /** How far time had come, as of the same commit; `undefined` when none said. */
  readonly watermark?: bigint | undefined;
  /** The checkpoint that was used, if one was. */
  readonly checkpointId?: number | undefined;
  /** Changes after the snapshot, in log order; empty when they weren't collected. */
  readonly stateChanges: readonly StateChange[];
  /** What was found, skipped and given up; `formatReport` puts it in words. */
  readonly report: RecoveryReport;
}
