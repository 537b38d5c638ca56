import { type CheckpointMetadata, type CheckpointReader, type CheckpointSurvey, openCheckpointReader } from "@laminar/checkpoint";
import { type LogEnd, type LogReader, openWalReader, type WalEntry, type WalError } from "@laminar/wal";
import { planRecovery, type RecoveryPlan } from "../core/plan-recovery.ts";
import { isCorruption } from "../core/recovery-error.ts";
import type { Asked } from "./arguments.ts";

/** What a recovery would find and do, before it replays anything. */
export interface FoundPlan {
  /** Its checkpoint verifies, whole. */
  readonly plan: RecoveryPlan;
  /** Names that look like checkpoints and are none. */
  readonly ignoredNames: readonly string[];
  readonly log: FoundLog | undefined;
}

export interface FoundLog {
  readonly logId: string;
  readonly startsAfter: number;
  readonly lastLsn: number;
  readonly end: LogEnd;
  /** What is gone of its start. */
  readonly damageAtStart: WalError | undefined;
}

/** Says how many bytes of how many were verified. */
export type OnBytes = (progress: { readonly bytes: number; readonly ofBytes: number }) => void;

const LOOKS_MOST = 10;

/**
 * Looks, and looks again at what can't be recovered: beside a live writer files vanish between two looks, and only what two looks
 * in succession saw is the truth. Rejects with what can't be read.
 */
export async function findPlan(asked: Asked, onBytes: OnBytes): Promise<FoundPlan> {
  const checkpoints = asked.checkpointDir === undefined ? undefined : openCheckpointReader(asked.checkpointDir);
  let before: string | undefined;
  for (let round = 1; ; round++) {
    const look = new Look(asked, checkpoints, before, onBytes);
    const isLast = (): boolean => look.seen === before || round === LOOKS_MOST;
    try {
      const found = await look.take();
      if (!found.plan.refusal || isLast()) return found;
    } catch (error) {
      if (isLast()) throw error;
    }
    before = look.seen;
  }
}

class Look {
  readonly #asked: Asked;
  readonly #checkpoints: CheckpointReader | undefined;
  readonly #before: string | undefined;
  readonly #onBytes: OnBytes;
  /** What the listings showed, as text that is equal for equal listings. */
  seen = "";

  constructor(asked: Asked, checkpoints: CheckpointReader | undefined, before: string | undefined, onBytes: OnBytes) {
    this.#asked = asked;
    this.#checkpoints = checkpoints;
    this.#before = before;
    this.#onBytes = onBytes;
  }

  async take(): Promise<FoundPlan> {
    const survey = (await this.#checkpoints?.survey()) ?? { exists: false, checkpoints: [], ignored: [] };
    this.seen = survey.checkpoints.map(({ id }) => id).join();
    const log = await openLog(this.#asked);
    try {
      this.seen += log ? ` ${log.logId} ${log.startsAfter} ${log.lastLsn}` : "";
      const plan = await this.#choose(survey, log);
      return { plan, ignoredNames: survey.ignored, log: log && factsOf(log) };
    } finally {
      await log?.close();
    }
  }

  async #choose(survey: CheckpointSurvey, log: LogReader<WalEntry> | undefined): Promise<RecoveryPlan> {
    const { until, acceptMissingLog, onDamage, mustExist } = this.#asked;
    const damaged = new Map<number, string>();
    for (;;) {
      const plan = planRecovery({ survey, log, until, acceptMissingLog, acceptDamage: onDamage === "stop", mustExist, damaged, isDamage: (problem) => this.#isDamage(problem) });
      const problem = plan.checkpoint && (await this.#problemOf(plan.checkpoint));
      if (!plan.checkpoint || problem === undefined) return plan;
      damaged.set(plan.checkpoint.id, problem);
    }
  }

  async #problemOf(checkpoint: CheckpointMetadata): Promise<string | undefined> {
    try {
      await this.#checkpoints?.verify(checkpoint, { onProgress: this.#onBytes });
      return undefined;
    } catch (error) {
      if (!(error instanceof Error) || !this.#isDamage(error)) throw error;
      return error.message;
    }
  }

  /** A part that is gone may be a live manager's work at the first look; after a second one that saw the same it is damage. */
  #isDamage(problem: unknown): boolean {
    const isGone = problem instanceof Error && "code" in problem && problem.code === "CHECKPOINT_NOT_FOUND";
    return isCorruption(problem) || (isGone && this.seen === this.#before);
  }
}

function factsOf({ logId, startsAfter, lastLsn, end, damageAtStart }: LogReader<WalEntry>): FoundLog {
  return { logId, startsAfter, lastLsn, end, damageAtStart };
}

async function openLog({ walDir, onDamage }: Asked): Promise<LogReader<WalEntry> | undefined> {
  if (walDir === undefined) return undefined;
  try {
    return await openWalReader(walDir, { onDamage });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "WAL_NOT_FOUND") return undefined;
    throw error;
  }
}
