import type { CheckpointMetadata, CheckpointSurvey } from "@laminar/checkpoint";
import { isRecoveryError, RecoveryError } from "./recovery-error.ts";
import { candidacy, hearWitnesses, type LogFacts, requireNoGap, requireNoLogNeeded, type Skipped, type Until } from "./recovery-plan.ts";

/** What a plan is made of: what two listings show, and what is known to be damaged. */
export interface PlanInput {
  readonly survey: CheckpointSurvey;
  /** `undefined` when there is no log. */
  readonly log: LogFacts | undefined;
  readonly until?: Until | undefined;
  /** The log is gone for good: a checkpoint alone will do. */
  readonly acceptMissingLog?: boolean | undefined;
  /** Damage is accepted: what is behind it is given up. */
  readonly acceptDamage?: boolean | undefined;
  readonly mustExist?: boolean | undefined;
  /** Whether a survey's problem is damage. Any other problem is thrown: nobody knows what lies behind it. */
  readonly isDamage: (problem: unknown) => boolean;
  /** Checkpoints whose states were read and don't verify, with what was found. */
  readonly damaged?: ReadonlyMap<number, string> | undefined;
}

/** What a recovery would do. */
export interface RecoveryPlan {
  /** The checkpoint to begin with, as far as metadata tell: verify it, and plan again with it among the `damaged` if it doesn't. */
  readonly checkpoint: CheckpointMetadata | undefined;
  /** The log is replayed from the record after this one. */
  readonly replayAfter: number;
  /** Newer checkpoints that aren't used, and why. */
  readonly skipped: readonly Skipped[];
  /** What is missing, so that there is no state to recover. */
  readonly refusal: RecoveryError | undefined;
}

/** Decides which checkpoint a recovery begins with, from which record it replays the log, and what is missing. Pure. */
export function planRecovery(input: PlanInput): RecoveryPlan {
  const { survey, log, until, damaged = new Map<number, string>() } = input;
  const skipped: Skipped[] = [];
  let checkpoint: CheckpointMetadata | undefined;
  for (const surveyed of survey.checkpoints) {
    const found = candidacy(surveyed, log, until, input.isDamage);
    const detail = damaged.get(surveyed.id);
    if (found.kind !== "candidate") skipped.push(found);
    else if (detail !== undefined) skipped.push({ kind: "damaged", id: surveyed.id, metadata: found.metadata, detail });
    else {
      checkpoint = found.metadata;
      break;
    }
  }
  return { checkpoint, replayAfter: checkpoint?.walPosition ?? 0, skipped, refusal: refusalOf(() => requireAll(input, checkpoint, skipped)) };
}

function requireAll({ survey, log, acceptMissingLog = false, acceptDamage = false, mustExist = false }: PlanInput, checkpoint: CheckpointMetadata | undefined, skipped: readonly Skipped[]): void {
  if (log) {
    // A log that ends in damage may lack what the witnesses saw; that is what was accepted.
    const endsEarly = acceptDamage && log.end?.kind === "damaged";
    if (!endsEarly) hearWitnesses(survey, log);
    requireNoGap(checkpoint, skipped, endsEarly ? withoutEnd(log) : log);
    return;
  }
  requireNoLogNeeded(checkpoint, acceptDamage ? skipped.filter(({ kind }) => kind !== "damaged" || !checkpoint) : skipped, acceptMissingLog);
  if (!checkpoint && mustExist) throw new RecoveryError("RECOVERY_NOT_FOUND", "there is neither a checkpoint nor a log; check the paths, or leave mustExist out to start from nothing");
}

/** The log as if it reached as far as anybody asks. */
function withoutEnd(log: LogFacts): LogFacts {
  return { logId: log.logId, startsAfter: log.startsAfter, lastLsn: Number.POSITIVE_INFINITY, counts: (lsn) => log.counts(lsn) };
}

function refusalOf(check: () => void): RecoveryError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (isRecoveryError(error)) return error;
    throw error;
  }
}
