import type { CheckpointMetadata, CommitPoint } from "@laminar/checkpoint";
import type { StateStore } from "@laminar/state-snapshot";
import { shown } from "@laminar/disk/arguments";
import { RecoveryError } from "../core/recovery-error.ts";
import type { RecoveryReport } from "../core/recovery-report.ts";
import type { BackgroundCheckpoints } from "./background-checkpoints.ts";
import { checkInput } from "./check-options.ts";
import type { CommitLog } from "./commit-log.ts";
import type { ChangeGroup, CommitInput, DurableState, DurableStateStats } from "./durable-state.ts";
import { type Codecs, type StagedChange, StagedChanges } from "./staged-changes.ts";

export interface StateParts<K, V> {
  readonly directory: string;
  readonly store: StateStore;
  readonly commits: CommitLog;
  readonly checkpoints: BackgroundCheckpoints;
  readonly codecs: Codecs<K, V>;
  readonly recovered: RecoveryReport;
  readonly stats: () => DurableStateStats;
  /** Frees what the opening took, in the order in which it has to go. */
  readonly release: readonly (() => Promise<unknown>)[];
}

/** The state over a store, a log and checkpoints that are its own. */
export class ManagedState<K, V> implements DurableState<K, V> {
  readonly #parts: StateParts<K, V>;
  readonly #staged: StagedChanges<K, V>;
  #updates: Promise<unknown> = Promise.resolve();
  #failure: unknown;
  #closing: Promise<void> | undefined;

  constructor(parts: StateParts<K, V>) {
    this.#parts = parts;
    this.#staged = this.#group();
  }

  get recovered(): RecoveryReport {
    return this.#parts.recovered;
  }

  get lastCheckpointError(): unknown {
    return this.#parts.checkpoints.lastError;
  }

  stats(): DurableStateStats {
    return this.#parts.stats();
  }

  get offsets(): ReadonlyMap<string, bigint> {
    return this.#parts.commits.offsets;
  }

  get watermark(): bigint | undefined {
    return this.#parts.commits.watermark;
  }

  get size(): number {
    return this.#open().size;
  }

  get(key: K): V | undefined {
    return this.#open().get(key);
  }

  has(key: K): boolean {
    return this.#open().has(key);
  }

  put(key: K, value: V): void {
    this.#open().put(key, value);
  }

  delete(key: K): boolean {
    return this.#open().delete(key);
  }

  entries(): Iterable<readonly [K, V]> {
    return this.#open().entries();
  }

  rollback(): void {
    this.#open().drop();
  }

  async commit(input: CommitInput = {}): Promise<CommitPoint> {
    const staged = this.#open();
    const point = this.#append(staged, input);
    await this.#durable();
    return point;
  }

  async update<T>(change: (group: ChangeGroup<K, V>) => T | Promise<T>, input: CommitInput = {}): Promise<T> {
    this.#open();
    if (typeof change !== "function") throw new TypeError(`update() takes a function, not ${shown(change)}`);
    const result = this.#updates.then(async () => {
      this.#open();
      const group = this.#group();
      const given = await change(group);
      this.#open();
      this.#append(group, input);
      return given;
    });
    this.#updates = result.catch(() => undefined);
    const given = await result;
    await this.#durable();
    return given;
  }

  async checkpoint(): Promise<CheckpointMetadata> {
    this.#open();
    return this.#parts.checkpoints.make();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #group(): StagedChanges<K, V> {
    return new StagedChanges(() => this.#parts.store, this.#parts.codecs);
  }

  /** The staged changes, unless the state is closed or has failed. */
  #open(): StagedChanges<K, V> {
    const { directory } = this.#parts;
    if (this.#closing) throw new RecoveryError("RECOVERY_STATE_CLOSED", `${directory}: the state was closed; open it again`);
    if (this.#failure === undefined) return this.#staged;
    const why = this.#failure instanceof Error ? this.#failure.message : shown(this.#failure);
    const message = `${directory}: an earlier write failed, so nobody knows which of the last commits are durable. Close the state and open it again: what is durable is there. ${why}`;
    throw new RecoveryError("RECOVERY_STATE_FAILED", message, { cause: this.#failure });
  }

  #append(group: StagedChanges<K, V>, input: CommitInput): CommitPoint {
    const { commits } = this.#parts;
    const changes = group.look();
    if (!this.#appended(changes, checkInput(input))) return commits.point;
    group.drop();
    try {
      commits.apply(changes);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    return commits.point;
  }

  /** A group that the log refuses leaves everything as it was, unless the log has failed meanwhile, by its timer or beside a checkpoint. */
  #appended(changes: readonly StagedChange[], input: CommitInput): boolean {
    try {
      return this.#parts.commits.append(changes, input);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "WAL_POISONED") this.#fail(error);
      throw error;
    }
  }

  #durable(): Promise<void> {
    return this.#parts.commits.sync().then(this.#onDurable, this.#onFailure);
  }

  readonly #onDurable = (): void => {
    if (!this.#closing) this.#parts.checkpoints.makeIfDue();
  };

  readonly #onFailure = (error: unknown): never => {
    this.#fail(error);
    throw error;
  };

  #fail(error: unknown): void {
    this.#failure ??= error ?? new Error("a write failed");
  }

  /** Doesn't wait for updates: their functions may take for ever, or wait for this. What isn't appended yet is refused from now on. */
  async #close(): Promise<void> {
    await this.#parts.checkpoints.settled();
    const failures: unknown[] = [];
    for (const release of this.#parts.release) await release().catch((error: unknown) => failures.push(error));
    // Once the state has failed that was said to whoever it concerned; closing it is the way out.
    if (failures.length > 0 && this.#failure === undefined) throw failures[0];
  }
}
