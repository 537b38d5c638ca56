import { shown } from "@laminar/disk/arguments";
import type { Assessor } from "./assess-checkpoints.ts";
import type { CapturedState } from "./captured-state.ts";
import { chainToContinue, type DeltaBase } from "./chain-policy.ts";
import type { CheckpointLog, CheckpointPolicy, MergeStates } from "./checkpoint-config.ts";
import { CheckpointError } from "./checkpoint-error.ts";
import { send } from "./checkpoint-events.ts";
import type { IncrementalCheckpointManager } from "./checkpoint-manager.ts";
import type { CheckpointMetadata } from "./checkpoint-metadata.ts";
import type { CheckpointReader, SurveyedCheckpoint } from "./checkpoint-reader.ts";
import { CheckpointCounters, type CheckpointStats } from "./checkpoint-stats.ts";
import { type CheckpointRequest, checkPublishOptions, checkRequest, count, type Cut, type PublishOptions } from "./checkpoint-request.ts";
import type { CheckpointStore, StoreLock } from "./checkpoint-store.ts";
import type { ChunkMemory } from "./chunk-memory.ts";
import { type CleanupReport, keptAfter, retentionOf } from "./clean-up.ts";
import { type Publication, publishCheckpoint } from "./publish-checkpoint.ts";
import { isAnyCertain } from "./retention.ts";

export interface ManagerParts {
  readonly store: CheckpointStore;
  readonly lock: StoreLock;
  readonly reader: CheckpointReader;
  readonly assessor: Assessor;
  readonly policy: CheckpointPolicy;
  readonly merge: MergeStates | undefined;
  readonly memory: ChunkMemory;
  readonly log: CheckpointLog | undefined;
  readonly clock: { now(): number; monotonic(): number };
}

/** The manager of any store. */
export class ManagedCheckpoints implements IncrementalCheckpointManager {
  readonly #parts: ManagerParts;
  /** Ids from it on are this manager's own. */
  readonly #firstOwnId: number;
  #nextId: number;
  #lastAt: number;
  #queue: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #base: DeltaBase | undefined;
  #epoch = 0;
  #latest: CheckpointMetadata | undefined;
  readonly #counters = new CheckpointCounters();
  lastCleanup: CleanupReport | undefined;

  constructor(parts: ManagerParts, highestId: number) {
    this.#parts = parts;
    this.#firstOwnId = this.#nextId = highestId + 1;
    this.#lastAt = parts.clock.monotonic();
  }

  get epoch(): number {
    return this.#epoch;
  }

  set epoch(value: number) {
    this.#epoch = count("epoch", value);
  }

  get latestCheckpointId(): number | undefined {
    return this.#latest?.id;
  }

  stats(): CheckpointStats {
    return this.#counters.statsWith(this.#latest, this.lastCleanup);
  }

  /** Takes over what is there. A newer release's checkpoints are refused as a whole: retention would not understand them. */
  async begin(): Promise<void> {
    const { reader, store } = this.#parts;
    const { checkpoints } = await reader.survey();
    const newer = checkpoints.find(({ problem }) => problem && "code" in problem && problem.code === "CHECKPOINT_UNSUPPORTED_FORMAT");
    if (newer?.problem) throw newer.problem;
    this.epoch = checkpoints.find(({ metadata }) => metadata)?.metadata?.epoch ?? 0;
    this.#latest = await this.latest();
    // What is left lying is in nobody's way; the next round tries again.
    await store.sweep().catch((error: unknown) => this.#report({ removed: [], kept: [], oldestWalPosition: 0, error }));
  }

  async create(request: CheckpointRequest, options: PublishOptions = {}): Promise<CheckpointMetadata> {
    const { cut, state } = checkRequest(request);
    try {
      checkPublishOptions(options);
      return await this.#exclusively(() => this.#createNow(cut, state, options));
    } catch (error) {
      state.fail();
      throw error;
    }
  }

  async #createNow(cut: Cut, state: CapturedState, options: PublishOptions): Promise<CheckpointMetadata> {
    const { log, policy, assessor, clock, memory } = this.#parts;
    if (log) checkPosition(cut, log);
    const continued = chainToContinue(this.#base, state.basedOn, policy);
    const follows = continued && (await assessor.verifies(continued)) ? continued : undefined;
    const published = await this.#publish({
      cut: { ...cut, epoch: cut.epoch ?? this.epoch, walId: log?.logId ?? cut.walId },
      follows,
      chunks: state.bytes(follows ? "delta" : "full", memory.allocate),
      options,
    });
    state.done(published);
    this.epoch = published.epoch;
    this.#base = { stateOf: published, chain: published.chain };
    this.#lastAt = clock.monotonic();
    await this.#goOnAfter(published);
    return published;
  }

  async compact(options: PublishOptions = {}): Promise<CheckpointMetadata | undefined> {
    checkPublishOptions(options);
    const { merge, reader, assessor, memory } = this.#parts;
    if (!merge) throw new TypeError("compact() needs the manager's configuration to have merge: mergeSnapshots of @laminar/state-snapshot, for its states");
    return this.#exclusively(async () => {
      const newest = await assessor.newestUsable();
      if (!newest || newest.kind === "full") return newest;
      const chunks = merge(newest.chain.map((part) => reader.readPart(part)), memory.allocate);
      const published = await this.#publish({ cut: newest, follows: undefined, chunks, options });
      // It holds the same state, so what was counted from the old one is counted from it.
      if (this.#base?.chain.at(-1)?.id === newest.id) this.#base = { ...this.#base, chain: published.chain };
      await this.#goOnAfter(published);
      return published;
    });
  }

  async #publish(what: Pick<Publication, "cut" | "follows" | "chunks" | "options">): Promise<CheckpointMetadata> {
    const { store, clock, assessor, memory } = this.#parts;
    const began = clock.monotonic();
    await this.#requireLock();
    const id = this.#takeId();
    try {
      const timestamp = Math.max(0, Math.trunc(clock.now()));
      const metadata = await publishCheckpoint(store, { ...what, memory, id, timestamp, parentId: this.latestCheckpointId });
      await assessor.wrote(metadata);
      this.#latest = metadata;
      this.#counters.countPublished(metadata.sizeBytes, clock.monotonic() - began);
      return metadata;
    } catch (error) {
      this.#counters.failed++;
      send("laminar:checkpoint:failed", { location: store.location, id, error, duration: clock.monotonic() - began });
      throw error;
    }
  }

  #takeId(): number {
    if (!Number.isSafeInteger(this.#nextId)) throw new RangeError(`${this.#parts.store.location}: all checkpoint ids, up to 2^53 - 1, are given`);
    return this.#nextId++;
  }

  /** Never rejects: the checkpoint that was just made is safe, whatever becomes of the others. */
  async #goOnAfter(metadata: CheckpointMetadata): Promise<void> {
    const { store: { location }, policy } = this.#parts;
    send("laminar:checkpoint:published", { location, metadata, duration: this.#counters.lastPublishDuration });
    await this.#cleanUp(policy.maxRetained, metadata.id);
  }

  /** One round: what no kept chain needs goes, and after an own publish the log behind them. */
  async #cleanUp(keep: number, published?: number): Promise<CleanupReport> {
    const { assessor, store } = this.#parts;
    let report: CleanupReport = { removed: [], kept: [], oldestWalPosition: 0, error: undefined };
    try {
      const assessment = await assessor.assess();
      const plan = retentionOf(assessment, keep, this.#firstOwnId);
      // Without it among them, what is kept was judged wrongly, or the log went on without it: nothing may go.
      const isDue = published === undefined || plan.kept.some(({ id }) => id === published);
      const error = isDue ? await failureOf(() => this.#remove(plan.remove)) : undefined;
      const listed = error === undefined ? [] : (await store.list()).ids;
      const removed = isDue ? plan.remove.filter((id) => !listed.includes(id)) : [];
      report = { removed, kept: keptAfter(assessment, plan, removed), oldestWalPosition: plan.oldestWalPosition, error };
      // It depends on what is kept alone: a checkpoint that can't be removed must not make the log grow without end.
      if (isDue && published !== undefined) await this.#truncate(plan.oldestWalPosition);
    } catch (error) {
      report = { ...report, error: report.error ?? error };
    }
    this.#report(report);
    return report;
  }

  #report(report: CleanupReport): void {
    this.lastCleanup = report;
    this.#counters.countCleanup(report);
    send("laminar:checkpoint:cleanup", { location: this.#parts.store.location, report });
  }

  async #truncate(position: number): Promise<void> {
    const { log, policy } = this.#parts;
    if (log && policy.truncateWal && position > 0) await log.truncateBefore(position + 1);
  }

  async #remove(ids: readonly number[]): Promise<void> {
    const { store, assessor } = this.#parts;
    await this.#requireLock();
    // Newest first: whoever looks in between, or after a kill, finds no delta without what it stands on.
    await store.withdraw([...ids].sort((a, b) => b - a));
    assessor.forget(ids);
    await store.sweep();
  }

  latest(): Promise<CheckpointMetadata | undefined> {
    return this.#parts.assessor.newestUsable();
  }

  async list(): Promise<readonly CheckpointMetadata[]> {
    return (await this.#parts.reader.survey()).checkpoints.flatMap(({ metadata }) => (metadata ? [metadata] : []));
  }

  async #find(id: number): Promise<SurveyedCheckpoint | undefined> {
    return (await this.#parts.reader.survey()).checkpoints.find((checkpoint) => checkpoint.id === id);
  }

  async metadata(id: number): Promise<CheckpointMetadata | undefined> {
    const found = await this.#find(count("id", id));
    if (found?.problem) throw found.problem;
    return found?.metadata;
  }

  readState(id: number): AsyncIterable<Uint8Array> {
    count("id", id);
    return this.#readState(id);
  }

  async *#readState(id: number): AsyncGenerator<Uint8Array, void, undefined> {
    const own = (await this.metadata(id))?.chain.at(-1);
    if (!own) throw notFound(id);
    yield* this.#parts.reader.readPart(own);
  }

  async delete(id: number): Promise<void> {
    count("id", id);
    return this.#exclusively(async () => {
      if (!(await this.#find(id))) throw notFound(id);
      await this.#checkUnused(id);
      await this.#remove([id]);
      this.#counters.removed++;
      this.#latest = await this.latest();
    });
  }

  /** Refuses what would leave a kept chain, or the log, without what it stands on. */
  async #checkUnused(id: number): Promise<void> {
    const { log, assessor } = this.#parts;
    const { usable } = await assessor.assess();
    const user = usable.find((point) => point.id !== id && point.chain.some((part) => part.id === id));
    if (user) throw new CheckpointError("CHECKPOINT_IN_USE", `checkpoint ${id} is needed: the chain of checkpoint ${user.id} stands on it; delete that one first`, { id });
    const point = usable.find((one) => one.id === id);
    const others = usable.filter((one) => one.id !== id);
    if (!point || isAnyCertain(others, this.#firstOwnId)) return;
    const isSpare = log ? (log.startsAfter ?? point.walPosition) === 0 : others.length === 0;
    if (isSpare) return;
    const why = others.length === 0 ? "it is the only usable one, and the log alone doesn't hold everything" : "the others were found, and nobody can know whether they are durable";
    throw new CheckpointError("CHECKPOINT_IN_USE", `checkpoint ${id} is needed: ${why}; make another one first`, { id });
  }

  async cleanup(keep: number = this.#parts.policy.maxRetained): Promise<readonly number[]> {
    if (count("keep", keep) === 0) throw new RangeError("keep must be a whole number, at least 1, not 0");
    return this.#exclusively(async () => {
      const { removed, error } = await this.#cleanUp(keep);
      if (error !== undefined) throw error;
      return removed;
    });
  }

  shouldCheckpoint(log?: { readonly walBytes: number }): boolean {
    if (log !== undefined) checkLogSize(log);
    const { policy, clock } = this.#parts;
    const elapsed = clock.monotonic() - this.#lastAt >= policy.interval;
    return elapsed && (log === undefined || log.walBytes >= policy.minWalSizeForCheckpoint);
  }

  async oldestWalPosition(): Promise<number> {
    const { assessor, policy } = this.#parts;
    return retentionOf(await assessor.assess(), policy.maxRetained, this.#firstOwnId).oldestWalPosition;
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue.then(() => this.#parts.lock.release());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #requireLock(): Promise<void> {
    if (await this.#parts.lock.held()) return;
    throw new CheckpointError("CHECKPOINT_LOCKED", `${this.#parts.store.location}: this manager's lock was taken away by hand, so another one may work here; close this one, and open again once the other is gone`);
  }

  #exclusively<T>(action: () => Promise<T>): Promise<T> {
    if (this.#closing) return Promise.reject(new CheckpointError("CHECKPOINT_CLOSED", `${this.#parts.store.location}: this checkpoint manager was closed; open another one`));
    const run = this.#queue.then(action);
    this.#queue = run.catch(() => undefined);
    return run;
  }
}

function checkPosition({ walPosition, walId }: Cut, log: CheckpointLog): void {
  if (walId !== undefined && walId !== log.logId) throw new RangeError(`walId: the cut belongs to log ${walId}, and the manager was opened with log ${log.logId}`);
  if (walPosition > log.durableLsn) {
    const message = `position ${walPosition} is not durable in the log, which is durable up to ${log.durableLsn}: await its sync() first`;
    throw new CheckpointError("CHECKPOINT_NOT_DURABLE", message, { expected: walPosition, actual: log.durableLsn });
  }
  if (!log.counts(walPosition)) throw new RangeError(`position ${walPosition} was taken out of use by a fence; take a position that counts`);
}

function checkLogSize(log: { readonly walBytes: number }): void {
  if (typeof log !== "object" || log === null) throw new TypeError(`shouldCheckpoint takes { walBytes }, not ${shown(log)}`);
  count("walBytes", log.walBytes);
}

const notFound = (id: number): CheckpointError => new CheckpointError("CHECKPOINT_NOT_FOUND", `there is no checkpoint ${id}; list() says which there are`, { id });

async function failureOf(action: () => Promise<void>): Promise<unknown> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return error ?? new Error("removing checkpoints failed");
  }
}
