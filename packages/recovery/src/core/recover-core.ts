import type { CheckpointMetadata, CheckpointReader, CheckpointSurvey } from "@laminar/checkpoint";
import type { SnapshotEntry, StateSnapshot } from "@laminar/state-snapshot";
import type { AbortSignalLike, EntryVisitor, LogReader, WalEntry } from "@laminar/wal";
import { checkSignal, loadCheckpoint, problemOf } from "./load-checkpoint.ts";
import { isCorruption } from "./recovery-error.ts";
import type { RecoveredState, StateChange } from "./recovered-state.ts";
import { planRecovery, type RecoveryPlan } from "./plan-recovery.ts";
import { requireNext, requireWhole, type Skipped } from "./recovery-plan.ts";
import type { RecoverySink } from "./recovery-sink.ts";
import type { CommittedChanges } from "./change-buffer.ts";
import { groupsOf } from "./change-groups.ts";
import { Replay, type ReplayRules } from "./replay.ts";
import { visitLog } from "./visit-batches.ts";

/** What a recovery is given: readers, and the functions that turn a checkpoint's bytes into entries. */
export interface RecoveryParts {
  readonly checkpoints: CheckpointReader | undefined;
  /** Opens the log anew for each attempt; `undefined` when there is none. */
  readonly openLog: () => Promise<LogReader<WalEntry> | undefined>;
  /** Base and deltas, oldest first, as the entries of the whole state. */
  readonly decode: (parts: readonly AsyncIterable<Uint8Array>[]) => AsyncIterable<readonly SnapshotEntry[]>;
  /** The same parts as one state in memory. */
  readonly snapshot: (parts: readonly AsyncIterable<Uint8Array>[]) => Promise<StateSnapshot>;
  /** Milliseconds since some start, never going back: for the durations of the report. */
  readonly monotonic: () => number;
  /** Takes everything after a position out of use in the log that was read, durably. Called last, and only by recoveries that repair. */
  readonly fence?: ((log: LogReader<WalEntry>, position: number) => Promise<void>) | undefined;
}

/** How far a recovery has come. */
export interface RecoveryProgress {
  /** What is under way: the load of a checkpoint, then the replay of the log after it. */
  readonly phase: "checkpoint" | "replay";
  /** Keys of the checkpoint, or entries of the log, so far. */
  readonly entries: number;
  /** Of how many, where that is known. */
  readonly total?: number | undefined;
}

/** What a recovery is asked for; each is a setting of `RecoveryConfig`. */
export interface RecoveryRules extends ReplayRules {
  readonly apply: RecoverySink | undefined;
  readonly collectStateChanges: boolean;
  readonly mustExist: boolean;
  readonly acceptMissingLog: boolean;
  /** `"stop"`: what is behind damage is given up. The log has to be opened with the same word. */
  readonly onDamage: "refuse" | "stop";
  /** Called again and again while a checkpoint is loaded and the log is replayed. */
  readonly onProgress: ((progress: RecoveryProgress) => void) | undefined;
  readonly signal: AbortSignalLike | undefined;
}

/** Beside a live writer these may mean that files changed between two looks. */
const MAY_BE_LIVE: ReadonlySet<unknown> = new Set([
  "CHECKPOINT_NOT_FOUND",
  "RECOVERY_LOG_INCOMPLETE",
  "RECOVERY_LOG_MISSING",
  "RECOVERY_LOG_STARTS_LATER",
  "RECOVERY_POSITION_BEYOND_LOG",
  "WAL_FENCED",
  "WAL_NOT_FOUND",
  "WAL_POSITION_FENCED",
  "WAL_TRUNCATED",
]);

/** Of these, what a log that only grows may mend by itself. Each of them ends: the log comes to the position, or shows the fence. */
const MAY_BE_GROWTH: ReadonlySet<unknown> = new Set(["RECOVERY_POSITION_BEYOND_LOG", "WAL_FENCED", "WAL_POSITION_FENCED"]);

/** What was taken from a checkpoint. */
interface Loaded {
  /** Where no sink took it. */
  readonly snapshot?: StateSnapshot | undefined;
  readonly entries: number;
}

/** What became of a plan: what was loaded, or what a reader has against its checkpoint. */
type Tried = { readonly loaded: Loaded; readonly problem?: undefined } | { readonly problem: { readonly error: unknown }; readonly loaded?: undefined };

interface Chosen extends RecoveryPlan {
  readonly loaded: Loaded;
}

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);

/** A damaged checkpoint's metadata still say which epoch had begun. */
function newestEpoch(chosen: CheckpointMetadata | undefined, skipped: readonly Skipped[]): number {
  const damaged = skipped.filter(({ kind }) => kind === "damaged");
  return Math.max(0, ...[chosen, ...damaged.map(({ metadata }) => metadata)].map((metadata) => metadata?.epoch ?? 0));
}

/** Recovers over interfaces alone. Changes nothing, takes no lock. */
export async function recoverCore(parts: RecoveryParts, rules: RecoveryRules): Promise<RecoveredState> {
  let before: Attempt | undefined;
  for (;;) {
    const attempt = new Attempt(parts, rules, before?.seen);
    try {
      return await attempt.run();
    } catch (error) {
      // Two attempts that saw the same and failed have seen the truth.
      const code = codeOf(error);
      const sawTheSame = attempt.seen === before?.seen && (attempt.lastLsn === before.lastLsn || !MAY_BE_GROWTH.has(code));
      if (!MAY_BE_LIVE.has(code) || sawTheSame) throw error;
      before = attempt;
    }
  }
}

/** Ends a visit of which nothing more is wanted. */
const ENOUGH = new Error("the replay ended before the log");

/** Shows entries to `replay`, until that has had enough. */
function shownTo(replay: Replay): Pick<EntryVisitor, "put" | "delete" | "commit" | "checkpoint"> {
  const goOn = (_shown: void): void => {
    if (replay.stopped) throw ENOUGH;
  };
  return {
    put: (lsn, bytes, keyStart, keyEnd, valueStart, valueEnd) => goOn(replay.put(lsn, bytes, keyStart, keyEnd, valueStart, valueEnd)),
    delete: (lsn, bytes, keyStart, keyEnd) => goOn(replay.delete(lsn, bytes, keyStart, keyEnd)),
    commit: (lsn, offsets, watermark) => goOn(replay.commit(lsn, offsets, watermark)),
    checkpoint: (lsn) => goOn(replay.checkpoint(lsn)),
  };
}

class Attempt {
  readonly #parts: RecoveryParts;
  readonly #rules: RecoveryRules;
  readonly #startedAt: number;
  readonly #before: string | undefined;
  /** What the listings showed, as text that is equal for equal listings. */
  seen = "";
  /** Where the log ended. Beside a busy writer that is another place each time, whatever is wrong. */
  lastLsn: number | undefined;

  constructor(parts: RecoveryParts, rules: RecoveryRules, before: string | undefined) {
    this.#parts = parts;
    this.#rules = rules;
    this.#before = before;
    this.#startedAt = parts.monotonic();
  }

  async run(): Promise<RecoveredState> {
    const survey = (await this.#parts.checkpoints?.survey()) ?? { exists: false, checkpoints: [], ignored: [] };
    this.seen = survey.checkpoints.map(({ id }) => id).join();
    const log = await this.#parts.openLog();
    try {
      this.seen += log ? ` ${log.logId} ${log.startsAfter}` : "";
      this.lastLsn = log?.lastLsn;
      return await this.#recover(survey, log);
    } finally {
      await log?.close();
    }
  }

  async #recover(survey: CheckpointSurvey, log: LogReader<WalEntry> | undefined): Promise<RecoveredState> {
    const { checkpoint: chosen, skipped, loaded } = await this.#choose(survey, log);
    const loadedAt = this.#parts.monotonic();
    const start = { walPosition: chosen?.walPosition ?? 0, sourceOffsets: chosen?.sourceOffsets ?? new Map<string, bigint>(), watermark: chosen?.watermark };
    const replay = new Replay(this.#rules, start);
    const stateChanges = log ? await this.#replay(log, replay) : [];
    if (log) await this.#parts.fence?.(log, replay.walPosition);
    const endedAt = this.#parts.monotonic();
    const partial = replay.stopped || skipped.some(({ kind }) => kind === "after-until");
    return {
      epoch: newestEpoch(chosen, skipped),
      stateSnapshot: loaded.snapshot,
      walPosition: replay.walPosition,
      walEntriesReplayed: replay.entriesRead,
      sourceOffsets: replay.sourceOffsets,
      watermark: replay.watermark,
      checkpointId: chosen?.id,
      stateChanges,
      report: {
        checkpoint: chosen && { id: chosen.id, walPosition: chosen.walPosition, bytes: chosen.chain.reduce((sum, { size }) => sum + size, 0), entries: loaded.entries },
        skippedCheckpoints: skipped.map(({ id, kind, detail }) => ({ id, reason: kind, detail })),
        ignoredNames: survey.ignored,
        log: log && {
          logId: log.logId,
          startsAfter: log.startsAfter,
          lastLsn: log.lastLsn,
          entriesRead: replay.entriesRead,
          entriesApplied: replay.entriesApplied,
          entriesDiscarded: replay.entriesDiscarded,
          commitsApplied: replay.commitsApplied,
          end: { kind: log.end.kind, file: log.end.file, offset: log.end.offset, bytes: log.end.bytes, damage: log.end.damage?.message },
          damageAtStart: log.damageAtStart?.message,
          fencedAfter: this.#parts.fence && replay.walPosition,
        },
        partial,
        freshStart: !chosen && !log,
        durations: { checkpoint: loadedAt - this.#startedAt, replay: endedAt - loadedAt, total: endedAt - this.#startedAt },
      },
    };
  }

  /** The plan whose checkpoint verifies, with what was loaded of it. One that doesn't verify leaves nothing behind. */
  async #choose(survey: CheckpointSurvey, log: LogReader<WalEntry> | undefined): Promise<Chosen> {
    const { until, acceptMissingLog, onDamage, mustExist } = this.#rules;
    const damaged = new Map<number, string>();
    for (;;) {
      const plan = planRecovery({ survey, log, until, acceptMissingLog, acceptDamage: onDamage === "stop", mustExist, damaged, isDamage: (problem) => this.#isDamage(problem) });
      const { problem, loaded } = await this.#load(plan);
      if (loaded) return { ...plan, loaded };
      if (!plan.checkpoint || !(await this.#isDamageNow(plan.checkpoint.id, problem.error))) throw problem.error;
      damaged.set(plan.checkpoint.id, problem.error instanceof Error ? problem.error.message : String(problem.error));
    }
  }

  /** A part that is gone may be a live manager's work at the first look; after a second one that saw the same it is damage. */
  #isDamage(error: unknown): boolean {
    return isCorruption(error) || (codeOf(error) === "CHECKPOINT_NOT_FOUND" && this.seen === this.#before);
  }

  /** A part that is gone while its checkpoint was read is damage if that is listed even now: a live manager withdraws it first. */
  async #isDamageNow(id: number, error: unknown): Promise<boolean> {
    if (codeOf(error) !== "CHECKPOINT_NOT_FOUND" || !this.#isDamage(error)) return this.#isDamage(error);
    const isListed = (await this.#parts.checkpoints?.survey())?.checkpoints.some((listed) => listed.id === id) === true;
    // What this attempt saw is the past: the next one is no second look at the same.
    if (!isListed) this.seen += ` without ${id}`;
    return isListed;
  }

  /** Throws the plan's refusal, unless the checkpoint is damaged: without it the plan would be another one. */
  async #load({ checkpoint, refusal }: RecoveryPlan): Promise<Tried> {
    const { checkpoints, decode, snapshot } = this.#parts;
    const { apply, onProgress, signal } = this.#rules;
    if (refusal) {
      const problem = checkpoints && checkpoint && (await problemOf(checkpoints, checkpoint, signal));
      if (problem) return { problem };
      throw refusal;
    }
    let entries = 0;
    if (!checkpoints || !checkpoint) {
      await apply?.restore(nothing());
      return { loaded: { entries } };
    }
    const onEntries = (read: number): void => {
      entries += read;
      onProgress?.({ phase: "checkpoint", entries, total: checkpoint.keyCount });
      checkSignal(signal);
    };
    const result = await loadCheckpoint({ checkpoints, decode, snapshot, sink: apply, onEntries, signal }, checkpoint);
    return result.problem ? { problem: result.problem } : { loaded: { snapshot: result.snapshot, entries } };
  }

  async #replay(log: LogReader<WalEntry>, replay: Replay): Promise<readonly StateChange[]> {
    const { onProgress, signal } = this.#rules;
    const collected: StateChange[] = [];
    const from = replay.walPosition;
    let last = from;
    // With damage accepted, a log may end before its checkpoint: there is nothing to replay then.
    if (from > log.lastLsn) return collected;
    const visitor: EntryVisitor = {
      ...shownTo(replay),
      memory: this.#rules.apply?.memory,
      batch: (firstLsn, count, session) => {
        requireNext(last, firstLsn, log);
        last = firstLsn + count - 1;
        replay.batch(firstLsn, count, session);
      },
      batchEnd: () => {
        onProgress?.({ phase: "replay", entries: replay.entriesRead, total: log.lastLsn - from });
        return this.#take(replay, collected);
      },
    };
    try {
      await visitLog(log, visitor, { after: from, unproven: true, signal });
      if (log.end.kind !== "damaged") requireWhole(last, log);
    } catch (error) {
      if (error !== ENOUGH) throw error;
      await visitor.batchEnd?.();
    }
    replay.finish();
    return collected;
  }

  /** Gives what counts to whoever wants it. Waits only for those who say so: a log may have a batch for each entry. */
  #take(replay: Replay, collected: StateChange[]): void | Promise<void> {
    const { apply, collectStateChanges } = this.#rules;
    const taken = replay.take();
    const lastLsn = taken.lsns.at(-1);
    if (lastLsn === undefined) return undefined;
    if (collectStateChanges || (apply && !apply.applyRanges)) return this.#takeGroups(taken, lastLsn, collected);
    return apply?.applyRanges?.(taken.changes, lastLsn);
  }

  async #takeGroups(taken: CommittedChanges, lastLsn: number, collected: StateChange[]): Promise<void> {
    const { apply, collectStateChanges } = this.#rules;
    if (apply?.applyRanges) await apply.applyRanges(taken.changes, lastLsn);
    for (const { changes, lsn } of groupsOf(taken)) {
      if (collectStateChanges) for (const change of changes) collected.push(change);
      if (!apply?.applyRanges) await apply?.apply(changes, lsn);
    }
  }
}

async function* nothing(): AsyncGenerator<readonly SnapshotEntry[], void, undefined> {}
