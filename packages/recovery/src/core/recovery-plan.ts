import type { CheckpointMetadata, CheckpointSurvey, SurveyedCheckpoint } from "@laminar/checkpoint";
import { RecoveryError } from "./recovery-error.ts";

/** What a plan needs to know of a log. Every `LogReader` is one. */
export interface LogFacts {
  readonly logId: string;
  readonly startsAfter: number;
  readonly lastLsn: number;
  /** Whether the record counts: false inside a fenced range. */
  counts(lsn: number): boolean;
  readonly end?: { readonly kind: "clean" | "torn" | "damaged" } | undefined;
}

/** Why a checkpoint isn't a candidate, if it isn't. */
export type Candidacy =
  | { readonly kind: "candidate"; readonly metadata: CheckpointMetadata }
  | Skipped;

/** A checkpoint that isn't used. What its metadata say is known unless they are what is damaged. */
export interface Skipped {
  readonly kind: "damaged" | "abandoned" | "after-until";
  readonly id: number;
  readonly metadata?: CheckpointMetadata | undefined;
  readonly detail: string;
}

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
  if (late) return { kind: "after-until", id, metadata, detail: `its position ${walPosition} is after the point asked for` };
  const own = log !== undefined && metadata.walId === log.logId;
  if (own && !log.counts(walPosition)) return { kind: "abandoned", id, metadata, detail: `its position ${walPosition} was taken out of use by a fence` };
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

/**
 * Throws when replaying `log` after `metadata` (or from nothing) would leave a gap. `skipped` are the checkpoints newer than
 * it: damage, or an earlier point in time, doesn't make a log theirs that isn't.
 */
export function requireNoGap(metadata: CheckpointMetadata | undefined, skipped: readonly Skipped[], log: LogFacts): void {
  for (const newer of skipped) if (newer.metadata) requireSameLog(newer.metadata, log);
  if (metadata) requireSameLog(metadata, log);
  const position = metadata?.walPosition ?? 0;
  const checkpointId = metadata?.id;
  const name = metadata ? `checkpoint ${metadata.id}` : "a recovery without a checkpoint";
  if (position > log.lastLsn) throw beyond(checkpointId ?? 0, position, log.lastLsn);
  if (position >= log.startsAfter) return;
  const message = `the log holds what comes after record ${log.startsAfter}, and ${name} needs what comes after ${position}. Restore older segments or a newer checkpoint`;
  throw new RecoveryError("RECOVERY_LOG_STARTS_LATER", message, { checkpointId, lsn: position, expected: position, actual: log.startsAfter });
}

function requireSameLog({ id, walId, walPosition }: CheckpointMetadata, { logId }: LogFacts): void {
  if (walId !== undefined && walId !== logId) {
    const message = `checkpoint ${id} belongs to log ${walId}, and this is log ${logId}. Give a log and checkpoints that belong together; if that checkpoint was put among others, move it away`;
    throw new RecoveryError("RECOVERY_LOG_MISMATCH", message, { checkpointId: id, expected: walId, actual: logId });
  }
  if (walId !== undefined || walPosition === 0) return;
  const message = `checkpoint ${id} is at position ${walPosition} and names no log: whether it belongs to log ${logId} can't be said. Make checkpoints with log or walId; move this one away if it isn't of this log`;
  throw new RecoveryError("RECOVERY_LOG_ID_UNKNOWN", message, { checkpointId: id, lsn: walPosition, actual: logId });
}

/** Throws unless a batch goes on where the one before ended, leaving out only what a fence took out of use. */
export function requireNext(after: number, firstLsn: number, log: LogFacts): void {
  const expected = after + 1;
  if (firstLsn === expected) return;
  if (firstLsn > expected && !log.counts(expected) && !log.counts(firstLsn - 1)) return;
  throw incomplete(expected, firstLsn);
}

/** Throws when a log that was read to its end didn't give its last record. */
export function requireWhole(after: number, log: LogFacts): void {
  if (after < log.lastLsn && log.counts(log.lastLsn)) throw incomplete(log.lastLsn, after);
}

function incomplete(expected: number, actual: number): RecoveryError {
  const message = `the log gave record ${actual} where ${expected} was expected: records are missing or stand twice. Restore the log; if the reader is your own, its fault may be there`;
  return new RecoveryError("RECOVERY_LOG_INCOMPLETE", message, { lsn: expected, expected, actual });
}

/** Throws when there is no log although there should be one, or when what is left without it can't be trusted. */
export function requireNoLogNeeded(chosen: CheckpointMetadata | undefined, skipped: readonly Skipped[], acceptMissingLog: boolean): void {
  const damaged = skipped.find(({ kind }) => kind === "damaged");
  const late = skipped.find(({ kind }) => kind === "after-until");
  if (late && (!chosen || !acceptMissingLog)) {
    const message = `checkpoint ${late.id} is after the point asked for, and there is no log to say what came before it. Restore the log or ask for a later point`;
    throw new RecoveryError("RECOVERY_LOG_MISSING", message, { checkpointId: late.id, lsn: late.metadata?.walPosition });
  }
  if (!chosen) {
    if (!damaged) return;
    throw new RecoveryError("RECOVERY_NO_USABLE_CHECKPOINT", `no checkpoint verifies and there is no log (${damaged.detail}). Restore one of them`, { checkpointId: damaged.id });
  }
  if (acceptMissingLog) return;
  if (chosen.walId !== undefined) {
    const message = `checkpoint ${chosen.id} belongs to log ${chosen.walId}, and there is none. If it is gone for good, acceptMissingLog takes the checkpoint alone`;
    throw new RecoveryError("RECOVERY_LOG_MISSING", message, { checkpointId: chosen.id, expected: chosen.walId });
  }
  if (!damaged) return;
  const message = `checkpoint ${damaged.id} is newer than ${chosen.id}, doesn't verify, and there is no log to make up for it (${damaged.detail}). Restore one of them, or take the older checkpoint with acceptMissingLog`;
  throw new RecoveryError("RECOVERY_NEWER_CHECKPOINT_DAMAGED", message, { checkpointId: damaged.id });
}
