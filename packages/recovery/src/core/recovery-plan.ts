import type { CheckpointMetadata, CheckpointSurvey, SurveyedCheckpoint } from "@laminar/checkpoint";
import { RecoveryError } from "./recovery-error.ts";

/** What a plan needs to know of a log. Every `LogReader` is one. */
export interface LogFacts {
  readonly logId: string;
  readonly startsAfter: number;
  readonly lastLsn: number;
  counts(lsn: number): boolean;
}

/** Why a checkpoint isn't a candidate, if it isn't. */
export type Candidacy =
  | { readonly kind: "candidate"; readonly metadata: CheckpointMetadata }
  | { readonly kind: "damaged"; readonly id: number; readonly detail: string }
  | { readonly kind: "abandoned"; readonly id: number; readonly detail: string }
  | { readonly kind: "after-until"; readonly id: number; readonly detail: string };

/** A point in time: a log sequence number, or everything before the first commit whose watermark exceeds one. */
export type Until = number | { readonly watermark: bigint };

/**
 * Whether a checkpoint may be used with this log, as far as metadata tell; its bytes are verified afterwards. Pure.
 * `damaged` says which problems are damage; any other problem is thrown, because nobody knows what lies behind it.
 */
export function candidacy(
  checkpoint: SurveyedCheckpoint,
  log: LogFacts | undefined,
  until: Until | undefined,
  damaged: (error: unknown) => boolean,
): Candidacy {
  const { id, metadata, problem } = checkpoint;
  if (!metadata) {
    if (!damaged(problem)) throw problem;
    return { kind: "damaged", id, detail: problem.message };
  }
  const { walPosition, watermark } = metadata;
  const late = typeof until === "number" ? walPosition > until : until !== undefined && watermark !== undefined && watermark > until.watermark;
  if (late) return { kind: "after-until", id, detail: `its position ${walPosition} is after the point asked for` };
  const foreign = log !== undefined && metadata.walId !== undefined && metadata.walId !== log.logId;
  if (log && !foreign && !log.counts(walPosition)) return { kind: "abandoned", id, detail: `its position ${walPosition} was taken out of use by a fence` };
  return { kind: "candidate", metadata };
}

/**
 * Throws unless the log reaches every position that a checkpoint of it names, or has fenced it: each checkpoint whose metadata
 * verify is a witness of how far the log once was.
 */
export function hearWitnesses(survey: CheckpointSurvey, log: LogFacts): void {
  for (const { id, metadata } of survey.checkpoints) {
    if (!metadata || metadata.walId !== log.logId || !log.counts(metadata.walPosition)) continue;
    if (metadata.walPosition > log.lastLsn) throw beyond(id, metadata.walPosition, log.lastLsn);
  }
}

function beyond(checkpointId: number, expected: number, actual: number): RecoveryError {
  const message = `checkpoint ${checkpointId} was made at record ${expected}, and the log ends at ${actual}: records are missing. Restore the log's newest files`;
  return new RecoveryError("RECOVERY_POSITION_BEYOND_LOG", message, { checkpointId, lsn: expected, expected, actual });
}

/** Throws when replaying `log` after `metadata` (or from nothing) would leave a gap. */
export function requireNoGap(metadata: CheckpointMetadata | undefined, log: LogFacts): void {
  const position = metadata?.walPosition ?? 0;
  const checkpointId = metadata?.id;
  const name = metadata ? `checkpoint ${metadata.id}` : "a recovery without a checkpoint";
  if (metadata && metadata.walId !== undefined && metadata.walId !== log.logId) {
    const message = `${name} belongs to log ${metadata.walId}, and this is log ${log.logId}: the wrong log, or the wrong checkpoints`;
    throw new RecoveryError("RECOVERY_LOG_MISMATCH", message, { checkpointId, expected: metadata.walId, actual: log.logId });
  }
  if (metadata && metadata.walId === undefined && position > 0) {
    const message = `${name} is at position ${position} and names no log: whether it belongs to log ${log.logId} can't be said`;
    throw new RecoveryError("RECOVERY_LOG_ID_UNKNOWN", message, { checkpointId, lsn: position, actual: log.logId });
  }
  if (position > log.lastLsn) throw beyond(checkpointId ?? 0, position, log.lastLsn);
  if (position >= log.startsAfter) return;
  const message = `the log holds what comes after record ${log.startsAfter}, and ${name} needs what comes after ${position}. Restore older segments or a newer checkpoint`;
  throw new RecoveryError("RECOVERY_LOG_STARTS_LATER", message, { checkpointId, lsn: position, expected: position, actual: log.startsAfter });
}

/** Throws when there is no log although there should be one, or when what is left without it can't be trusted. */
export function requireNoLogNeeded(chosen: CheckpointMetadata | undefined, skipped: readonly Candidacy[], acceptMissingLog: boolean): void {
  const damaged = skipped.find(({ kind }) => kind === "damaged");
  if (!chosen) {
    if (!damaged) return;
    throw new RecoveryError("RECOVERY_NO_USABLE_CHECKPOINT", `no checkpoint verifies and there is no log${detailOf(damaged)}`, { checkpointId: idOf(damaged) });
  }
  if (acceptMissingLog) return;
  if (chosen.walId !== undefined) {
    const message = `checkpoint ${chosen.id} belongs to log ${chosen.walId}, and there is none. If it is gone for good, acceptMissingLog takes the checkpoint alone`;
    throw new RecoveryError("RECOVERY_LOG_MISSING", message, { checkpointId: chosen.id, expected: chosen.walId });
  }
  if (!damaged) return;
  const message = `checkpoint ${idOf(damaged)} is newer than ${chosen.id}, doesn't verify, and there is no log to make up for it${detailOf(damaged)}`;
  throw new RecoveryError("RECOVERY_NEWER_CHECKPOINT_DAMAGED", message, { checkpointId: idOf(damaged) });
}

const idOf = (skipped: Candidacy): number => (skipped.kind === "candidate" ? skipped.metadata.id : skipped.id);
const detailOf = (skipped: Candidacy): string => (skipped.kind === "candidate" ? "" : ` (${skipped.detail})`);
