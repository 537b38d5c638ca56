/// <reference lib="esnext.disposable" preserve="true" />

import { nodeDisk } from "@laminar/disk";
import { CheckpointError, isCorruption } from "./checkpoint-error.ts";
import { type CheckpointConfig, checkpointPolicy, type CheckpointLog, type CheckpointPolicy } from "./checkpoint-config.ts";
import type { CheckpointMetadata } from "./checkpoint-metadata.ts";
import type { CheckpointReader, SurveyedCheckpoint } from "./checkpoint-reader.ts";
import { type CheckpointRequest, chunksOf, count, normalizeRequest } from "./checkpoint-request.ts";
import type { CheckpointStore, StoreLock } from "./checkpoint-store.ts";
import { fileCheckpointStore } from "./file-checkpoint-store.ts";
import { encodeMetadata } from "./metadata-format.ts";
import { checkpointReader } from "./read-checkpoints.ts";
import { planRetention, type RetentionPlan } from "./retention.ts";

/** Publishes and keeps checkpoints. One manager per place. Calls that change something take effect one after the other. */
export interface IncrementalCheckpointManager extends AsyncDisposable {
  /**
   * Publishes a checkpoint, whole or not at all; it is durable when this settles. Then older ones and the log behind them
   * go, as the policy says; a failure of that is kept in {@link lastCleanupError} and harms nothing. Rejects, with nothing
   * changed, when the position isn't durable in the log (`CHECKPOINT_NOT_DURABLE`) or was fenced off (`RangeError`).
   */
  create(request: CheckpointRequest): Promise<CheckpointMetadata>;
  /** The newest usable one: its chain verifies, and the log is its own and still counts its position. */
  latest(): Promise<CheckpointMetadata | undefined>;
  /** All whose metadata verify, newest first. */
  list(): Promise<readonly CheckpointMetadata[]>;
  /** `undefined` when there is no such checkpoint; rejects with `CHECKPOINT_CORRUPT` when its metadata don't verify. */
  metadata(id: number): Promise<CheckpointMetadata | undefined>;
  /** This checkpoint's own part; throws before its last chunk when size or checksum differ. */
  readState(id: number): AsyncIterable<Uint8Array>;
  /** Removes one; `CHECKPOINT_IN_USE` when a kept chain of another checkpoint needs it. Durable when it settles. */
  delete(id: number): Promise<void>;
  /** Keeps so many chains (the policy's number if not given); resolves to the ids removed, durably. */
  cleanup(keep?: number): Promise<readonly number[]>;
  /** Whether the interval has passed since the last checkpoint (or since opening), and the log, if its size is given, has the minimum. */
  shouldCheckpoint(log?: { readonly walBytes: number }): boolean;
  /** The log is needed above it: `truncateBefore(p + 1)` is safe. 0 without a usable checkpoint. */
  oldestWalPosition(): Promise<number>;
  /** Used when a request names none; taken from the newest checkpoint at opening. */
  epoch: number;
  readonly latestCheckpointId: number | undefined;
  /** Why the last clean-up, or the truncation after it, didn't finish; `undefined` when it did. */
  readonly lastCleanupError: unknown;
  /** Frees the place. Idempotent. */
  close(): Promise<void>;
}

interface Parts {
  readonly store: CheckpointStore;
  readonly lock: StoreLock;
  readonly reader: CheckpointReader;
  readonly policy: CheckpointPolicy;
  readonly log: CheckpointLog | undefined;
  readonly clock: { now(): number; monotonic(): number };
}

class Manager implements IncrementalCheckpointManager {
  readonly #parts: Parts;
  #nextId: number;
  #lastAt: number;
  #queue: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  /** Ids whose own state was verified or written by this manager; the disk is asked again when a state is read. */
  readonly #verified = new Set<number>();
  #epoch = 0;
  latestCheckpointId: number | undefined;
  lastCleanupError: unknown;

  get epoch(): number {
    return this.#epoch;
  }

  set epoch(value: number) {
    this.#epoch = count("epoch", value);
  }

  constructor(parts: Parts, highestId: number) {
    this.#parts = parts;
    this.#nextId = highestId + 1;
    this.#lastAt = parts.clock.monotonic();
  }

  /** Takes over what is there. A newer release's checkpoints are refused as a whole: retention would not understand them. */
  async begin(): Promise<void> {
    const { checkpoints } = await this.#parts.reader.survey();
    const newer = checkpoints.find(({ problem }) => problem && "code" in problem && problem.code === "CHECKPOINT_UNSUPPORTED_FORMAT");
    if (newer?.problem) throw newer.problem;
    this.epoch = checkpoints.find(({ metadata }) => metadata)?.metadata?.epoch ?? 0;
    this.latestCheckpointId = (await this.latest())?.id;
    await this.#parts.store.sweep().catch((error: unknown) => (this.lastCleanupError = error));
  }

  create(request: CheckpointRequest): Promise<CheckpointMetadata> {
    return this.#exclusively(async () => {
      const cut = normalizeRequest(request);
      const { log, store, clock } = this.#parts;
      if (log && request.walId !== undefined && request.walId !== log.logId) {
        throw new RangeError(`the cut belongs to the log ${request.walId}, the manager to ${log.logId}`);
      }
      if (log && cut.walPosition > log.durableLsn) {
        const message = `position ${cut.walPosition} is not durable in the log, which is at ${log.durableLsn}: sync it first`;
        throw new CheckpointError("CHECKPOINT_NOT_DURABLE", message, { expected: cut.walPosition, actual: log.durableLsn });
      }
      if (log && !log.counts(cut.walPosition)) throw new RangeError(`position ${cut.walPosition} was taken out of use by a fence`);
      await this.#requireLock();
      const id = this.#nextId++;
      const { state } = request;
      const chunks = chunksOf(typeof state === "function" ? state("full") : state);
      let metadata: CheckpointMetadata | undefined;
      await store.publish(id, chunks, ({ size, checksum }) => {
        metadata = {
          id,
          epoch: cut.epoch ?? this.epoch,
          timestamp: Math.max(0, Math.trunc(clock.now())),
          walPosition: cut.walPosition,
          walId: log?.logId ?? request.walId,
          sourceOffsets: cut.sourceOffsets,
          watermark: cut.watermark,
          sizeBytes: size,
          keyCount: cut.keyCount,
          kind: "full",
          isIncremental: false,
          parentId: this.latestCheckpointId,
          chain: [{ id, size, checksum }],
        };
        return encodeMetadata(metadata);
      });
      const published = metadata as CheckpointMetadata;
      this.#verified.add(id);
      this.#lastAt = clock.monotonic();
      this.latestCheckpointId = id;
      this.epoch = published.epoch;
      await this.#cleanUpAfter(id);
      return published;
    });
  }

  async #cleanUpAfter(published: number): Promise<void> {
    this.lastCleanupError = undefined;
    try {
      const plan = await this.#plan(this.#parts.policy.maxRetained);
      if (!plan.kept.some(({ id }) => id === published)) return;
      await this.#remove(plan.remove).catch((error: unknown) => (this.lastCleanupError = error));
      // It depends on what is kept alone: a directory that can't be removed must not make the log grow without end.
      await this.#truncate(plan.oldestWalPosition);
    } catch (error) {
      this.lastCleanupError ??= error;
    }
  }

  async #truncate(position: number): Promise<void> {
    const { log, policy } = this.#parts;
    if (log && policy.truncateWal && position > 0) await log.truncateBefore(position + 1);
  }

  async #remove(ids: readonly number[]): Promise<void> {
    await this.#requireLock();
    await this.#parts.store.withdraw(ids);
    for (const id of ids) this.#verified.delete(id);
    await this.#parts.store.sweep();
  }

  #belongs(metadata: CheckpointMetadata): boolean {
    const { log } = this.#parts;
    if (!log) return true;
    const own = metadata.walId === log.logId || (metadata.walId === undefined && metadata.walPosition === 0);
    return own && metadata.walPosition <= log.durableLsn && log.counts(metadata.walPosition);
  }

  /** Whether a checkpoint's own state verifies. A failed read is no answer and is thrown. */
  async #verifies(metadata: CheckpointMetadata): Promise<boolean> {
    if (this.#verified.has(metadata.id)) return true;
    const own = metadata.chain.slice(-1);
    try {
      await this.#parts.reader.verify({ ...metadata, chain: own });
      this.#verified.add(metadata.id);
      return true;
    } catch (error) {
      if (isCorruption(error) || isMissing(error)) return false;
      throw error;
    }
  }

  async #plan(keep: number): Promise<RetentionPlan> {
    const { checkpoints } = await this.#parts.reader.survey();
    const whole = new Map<number, CheckpointMetadata>();
    const damaged: number[] = [];
    for (const { id, metadata, problem } of checkpoints) {
      if (problem && !isCorruption(problem)) throw problem;
      if (metadata && (await this.#verifies(metadata))) whole.set(id, metadata);
      else damaged.push(id);
    }
    const chainVerifies = ({ chain }: CheckpointMetadata): boolean =>
      chain.every((part) => whole.get(part.id)?.chain.at(-1)?.checksum === part.checksum);
    const usable = [...whole.values()].filter((metadata) => chainVerifies(metadata) && this.#belongs(metadata));
    const isUsable = new Set(usable.map(({ id }) => id));
    return planRetention({
      usable: usable.map(({ id, walPosition, chain }) => ({ id, walPosition, chain: chain.map((part) => part.id) })),
      unusable: [...whole.keys()].filter((id) => !isUsable.has(id)),
      damaged,
      keep,
    });
  }

  async latest(): Promise<CheckpointMetadata | undefined> {
    for (const { metadata, problem } of (await this.#parts.reader.survey()).checkpoints) {
      if (problem && !isCorruption(problem)) throw problem;
      if (!metadata || !this.#belongs(metadata)) continue;
      try {
        await this.#parts.reader.verify(metadata);
        return metadata;
      } catch (error) {
        if (!isCorruption(error) && !isMissing(error)) throw error;
      }
    }
    return undefined;
  }

  async list(): Promise<readonly CheckpointMetadata[]> {
    return (await this.#parts.reader.survey()).checkpoints.flatMap(({ metadata }) => (metadata ? [metadata] : []));
  }

  async #find(id: number): Promise<SurveyedCheckpoint | undefined> {
    return (await this.#parts.reader.survey()).checkpoints.find((checkpoint) => checkpoint.id === id);
  }

  async metadata(id: number): Promise<CheckpointMetadata | undefined> {
    const found = await this.#find(id);
    if (found?.problem) throw found.problem;
    return found?.metadata;
  }

  async *readState(id: number): AsyncGenerator<Uint8Array, void, undefined> {
    const own = (await this.metadata(id))?.chain.at(-1);
    if (!own) throw new CheckpointError("CHECKPOINT_NOT_FOUND", `there is no checkpoint ${id}`, { id });
    yield* this.#parts.reader.readPart(own);
  }

  delete(id: number): Promise<void> {
    return this.#exclusively(async () => {
      if (!(await this.#find(id))) throw new CheckpointError("CHECKPOINT_NOT_FOUND", `there is no checkpoint ${id}`, { id });
      const { kept } = await this.#plan(Number.MAX_SAFE_INTEGER);
      const user = kept.find((point) => point.id !== id && point.chain.includes(id));
      if (user) throw new CheckpointError("CHECKPOINT_IN_USE", `checkpoint ${user.id} needs checkpoint ${id}`, { id });
      await this.#remove([id]);
      this.latestCheckpointId = (await this.latest())?.id;
    });
  }

  cleanup(keep: number = this.#parts.policy.maxRetained): Promise<readonly number[]> {
    return this.#exclusively(async () => {
      if (!Number.isSafeInteger(keep) || keep < 1) throw new RangeError("keep must be a whole number, at least 1");
      const { remove } = await this.#plan(keep);
      await this.#remove(remove);
      return remove;
    });
  }

  shouldCheckpoint(log?: { readonly walBytes: number }): boolean {
    const { policy, clock } = this.#parts;
    const elapsed = clock.monotonic() - this.#lastAt >= policy.interval;
    return elapsed && (log === undefined || log.walBytes >= policy.minWalSizeForCheckpoint);
  }

  async oldestWalPosition(): Promise<number> {
    return (await this.#plan(this.#parts.policy.maxRetained)).oldestWalPosition;
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
    throw new CheckpointError("CHECKPOINT_LOCKED", `${this.#parts.store.location}: this manager's lock was taken away by hand`);
  }

  #exclusively<T>(action: () => Promise<T>): Promise<T> {
    if (this.#closing) return Promise.reject(new CheckpointError("CHECKPOINT_CLOSED", "the manager was closed"));
    const run = this.#queue.then(action);
    this.#queue = run.catch(() => undefined);
    return run;
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "CHECKPOINT_NOT_FOUND";

/** Opens the checkpoints of a directory or store for one manager, taking over what is there. Rejects with `CHECKPOINT_LOCKED` while another has it. */
export async function openCheckpointManager(config: CheckpointConfig): Promise<IncrementalCheckpointManager> {
  const policy = checkpointPolicy(config);
  const disk = config.disk ?? nodeDisk;
  const store = config.store ?? fileCheckpointStore(config.directory ?? "", { disk });
  const lock = await store.lock();
  try {
    const { highestId } = await store.list();
    const manager = new Manager({ store, lock, reader: checkpointReader(store), policy, log: config.log, clock: disk.clock }, highestId);
    await manager.begin();
    return manager;
  } catch (error) {
    await lock.release().catch(() => undefined);
    throw error;
  }
}
