import type { SnapshotEntry } from "@laminar/state-snapshot";
import { shown } from "@laminar/disk/arguments";
import { hasMethods } from "./argument-checks.ts";
import type { RecoveredState } from "./core/recovered-state.ts";
import type { RecoveryReport } from "./core/recovery-report.ts";

/** What a fresh start gives. */
export function emptyRecoveredState(): RecoveredState {
  return {
    epoch: 0,
    walPosition: 0,
    walEntriesReplayed: 0,
    sourceOffsets: new Map(),
    stateChanges: [],
    report: {
      skippedCheckpoints: [],
      ignoredNames: [],
      partial: false,
      freshStart: true,
      durations: { checkpoint: 0, replay: 0, total: 0 },
    },
  };
}

/** Whether a recovery found any state: a snapshot, or changes. */
export function hasState(state: RecoveredState): boolean {
  requireState(state);
  return state.stateSnapshot !== undefined || state.stateChanges.length > 0;
}

function requireState(state: RecoveredState): void {
  if (typeof state === "object" && state !== null && Array.isArray(state.stateChanges)) return;
  throw new TypeError(`state must be what recover() resolves to, not ${shown(state)}; await it`);
}

/** What `applyRecovered` needs of a store. Every `StateStore` is one. */
export interface RestorableStore {
  /** Replaces the whole content. */
  restore(entries: Iterable<SnapshotEntry>): void;
  /** Sets a value, whether or not there was one. */
  put(key: Uint8Array, value: Uint8Array): void;
  /** Removes a value, if there is one. */
  delete(key: Uint8Array): unknown;
}

/** Replaces what `store` holds by the recovered state. The changes after the checkpoint count as changed in the store. */
export function applyRecovered(state: RecoveredState, store: RestorableStore): void {
  requireState(state);
  if (!hasMethods(store, "restore", "put", "delete")) throw new TypeError(`store must have restore, put and delete, as createStateStore() gives, not ${shown(store)}`);
  store.restore(Array.from(state.stateSnapshot ?? [], ([key, value]) => ({ key, value })));
  for (const change of state.stateChanges) {
    if (change.type === "put") store.put(change.key, change.value);
    else store.delete(change.key);
  }
}

const sentence = (text: string): string => (text.endsWith(".") ? text : `${text}.`);
const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

/** A report as one paragraph for people. */
export function formatReport(report: RecoveryReport): string {
  if (typeof report !== "object" || report === null || !Array.isArray(report.skippedCheckpoints)) {
    throw new TypeError(`report must be the report of a recovery (recovered.report), not ${shown(report)}`);
  }
  const { checkpoint, log, skippedCheckpoints, ignoredNames, durations } = report;
  if (report.freshStart) return "Fresh start: there is neither a checkpoint nor a log.";
  const parts = [
    checkpoint
      ? `Checkpoint ${checkpoint.id} at record ${checkpoint.walPosition} (${plural(checkpoint.entries, "key")}, ${plural(checkpoint.bytes, "byte")}).`
      : "No checkpoint.",
    ...skippedCheckpoints.map(({ id, reason, detail }) => `Checkpoint ${id} was skipped, ${sentence(`${reason}: ${detail}`)}`),
  ];
  if (ignoredNames.length > 0) parts.push(`Passed by, since no checkpoint has such a name: ${ignoredNames.join(", ")}.`);
  if (log) {
    parts.push(
      `Of the log ${plural(log.entriesRead, "entry").replace(/entrys$/, "entries")} read, ${log.entriesApplied} applied in ${plural(log.commitsApplied, "commit")}, ${log.entriesDiscarded} discarded without a commit.`,
    );
    if (log.end.kind === "torn") parts.push(`The log ends in the remains of an unfinished write: ${log.end.file} at ${log.end.offset}, ${plural(log.end.bytes, "byte")}.`);
    if (log.end.kind === "damaged") parts.push(`DAMAGED: the log was read up to ${log.end.file} at ${log.end.offset} only, and what is behind it was given up: ${sentence(String(log.end.damage))}`);
    if (log.damageAtStart !== undefined) parts.push(`DAMAGED: the log's start is gone, and nothing of it was needed: ${sentence(log.damageAtStart)}`);
    if (log.fencedAfter !== undefined) parts.push(`Everything after record ${log.fencedAfter} was taken out of use.`);
  } else parts.push("No log.");
  if (report.partial) parts.push("PARTIAL: newer commits were left out, as asked for.");
  parts.push(`${Math.round(durations.total)} ms.`);
  return parts.join(" ");
}
