import { type CheckpointStore, fileCheckpointStore, type IncrementalCheckpointManager, isCheckpointError, openCheckpointManager } from "@laminar/checkpoint";
import type { Disk } from "@laminar/disk";
import { applyRecovered, recover } from "@laminar/recovery";
import { createStateStore, mergeSnapshots, type StateStore } from "@laminar/state-snapshot";
import { openWal, type WalEntry, type WalEntryInput, type WriteAheadLog } from "@laminar/wal";
import { type Cut, recoveredCut, textOfCut, watermarkOf } from "./cut.ts";
import { commitsSince, foundCut, type Told } from "./promises.ts";
import type { Change, Opening, Step } from "./steps.ts";

const DIRECTORY = "/data";
const SEGMENT_BYTES = 1024;
/** Some transactions fill a batch, which is written when they are appended; others wait for the flush. */
const BATCH_BYTES = 200;

type Log = WriteAheadLog<WalEntry, WalEntryInput>;

const encoder = new TextEncoder();

interface Places {
  readonly checkpointDir: string;
  readonly walDir: string;
}

/** Where a session is, if not in the usual place. */
export interface Place {
  readonly directory?: string | undefined;
  /** What keeps its checkpoints. */
  readonly place?: CheckpointStore | undefined;
}

/** As a durable state has them, too. */
const placesIn = (directory: string): Places => ({ checkpointDir: `${directory}/checkpoints`, walDir: `${directory}/log` });

export const LOG: string = placesIn(DIRECTORY).walDir;
export const CHECKPOINTS: string = placesIn(DIRECTORY).checkpointDir;

export const recoverFrom = async (disk: Disk, directory: string = DIRECTORY): Promise<Cut> => recoveredCut(await recover({ ...placesIn(directory), disk }));

/** What a program tells, and how much it told. */
export interface Journal {
  readonly events: readonly Told[];
  tell(event: Told): void;
}

/** Log, checkpoints and state together, from an open to a close, as a program puts them together by hand. */
export class Session {
  readonly #log: Log;
  readonly #checkpoints: IncrementalCheckpointManager;
  readonly #store: StateStore;
  readonly #journal: Journal;
  /** As it was committed, or will be. */
  readonly #state: Map<string, string>;
  #commit: number;
  #commitLsn: number;
  #number: number;
  readonly #unawaited: Promise<void>[] = [];

  private constructor(parts: { log: Log; checkpoints: IncrementalCheckpointManager; store: StateStore }, journal: Journal, cut: Cut, walPosition: number) {
    this.#log = parts.log;
    this.#checkpoints = parts.checkpoints;
    this.#store = parts.store;
    this.#journal = journal;
    this.#state = new Map(cut.state);
    this.#commit = cut.commit;
    this.#commitLsn = walPosition;
    this.#number = walPosition * 100;
  }

  static async open(disk: Disk, journal: Journal, { maxRetained, maxChainLength }: Omit<Opening, "do">, { directory = DIRECTORY, place }: Place = {}): Promise<Session> {
    const { walDir, checkpointDir } = placesIn(directory);
    const recovered = await recover({ walDir, checkpointDir, disk });
    const log = await openWal(walDir, { disk, segmentSize: SEGMENT_BYTES, maxBatchSize: BATCH_BYTES, syncInterval: Number.POSITIVE_INFINITY });
    try {
      const policy = { maxRetained, maxChainLength, maxDeltaRatio: 1000, minWalSizeForCheckpoint: 0 };
      const kept = place ?? fileCheckpointStore(checkpointDir, { disk });
      const checkpoints = await openCheckpointManager({ store: kept, disk, log, merge: mergeSnapshots, ...policy });
      // From here on what was found is on disk for good.
      const cut = recoveredCut(recovered);
      journal.tell(foundCut(cut));
      const store = createStateStore();
      applyRecovered(recovered, store);
      return new Session({ log, checkpoints, store }, journal, cut, recovered.walPosition);
    } catch (error) {
      await log.close().catch(() => undefined);
      throw error;
    }
  }

  async take(step: Exclude<Step, Opening>): Promise<void> {
    if (step.do === "commit") await this.#waitFor(this.#submit(step.changes));
    else if (step.do === "two syncs") await this.#inTwoSyncs(step.changes);
    else if (step.do === "group") await Promise.all(step.commits.map((changes) => this.#waitFor(this.#submit(changes))));
    else if (step.do === "unawaited") this.#leaveUnawaited(this.#waitFor(this.#submit(step.changes)));
    else if (step.do === "fence") await this.#fence(step.changes);
    else if (step.do === "stray") await this.leaveStray(step.changes);
    else await this.#upkeep(step);
  }

  #leaveUnawaited(work: Promise<void>): void {
    // It is told to who waits for it at last.
    work.catch(() => undefined);
    this.#unawaited.push(work);
  }

  async #upkeep(step: Exclude<Step, Opening | { readonly changes: unknown } | { readonly commits: unknown }> | Step): Promise<void> {
    await this.#settled();
    if (step.do === "full" || step.do === "delta") await this.#checkpoint();
    else if (step.do === "compact") await this.#checkpoints.compact();
    else if (step.do === "clean-up") await this.#checkpoints.cleanup(step.keep);
    else if (step.do === "delete newest") await this.#deleteNewest();
    else if (step.do === "truncate") await this.#log.truncateBefore((await this.#checkpoints.oldestWalPosition()) + 1);
  }

  #entriesOf(changes: readonly Change[]): WalEntryInput[] {
    return changes.map(({ key, length }): WalEntryInput => {
      if (length === undefined) return { type: "delete", key: encoder.encode(key) };
      return { type: "put", key: encoder.encode(key), value: encoder.encode(`${this.#number++}${"x".repeat(length)}`) };
    });
  }

  /** Into the state, as each entry says. */
  #apply(entries: readonly WalEntryInput[]): void {
    for (const entry of entries) {
      if (entry.type === "put") {
        this.#state.set(keyOf(entry.key), keyOf(entry.value));
        this.#store.put(entry.key, entry.value);
      } else if (entry.type === "delete") {
        this.#state.delete(keyOf(entry.key));
        this.#store.delete(entry.key);
      }
    }
  }

  /** Appends records and the commit that covers them, and `changes` count from then on: not before, since the log may refuse. */
  #append(records: readonly WalEntryInput[], changes: readonly WalEntryInput[]): number {
    const commit = this.#commit + 1;
    this.#commitLsn = this.#log.appendAll([...records, { type: "commit", offsets: new Map([["events", commit]]), watermark: watermarkOf(commit) }]);
    this.#commit = commit;
    this.#apply(changes);
    return this.#tellSubmitted();
  }

  /** Changes and their commit in one batch; returns its index among those that were told. */
  #submit(changes: readonly Change[]): number {
    const entries = this.#entriesOf(changes);
    return this.#append(entries, entries);
  }

  /** Returns the commit's index among those that were told. */
  #tellSubmitted(): number {
    const index = commitsSince(this.#journal.events);
    this.#journal.tell({ submitted: textOfCut({ state: this.#state, commit: this.#commit }) });
    return index;
  }

  async #waitFor(index: number): Promise<void> {
    await this.#log.sync();
    this.#journal.tell({ durable: index });
  }

  async #inTwoSyncs(changes: readonly Change[]): Promise<void> {
    const entries = this.#entriesOf(changes);
    this.#log.appendAll(entries);
    await this.#log.sync();
    await this.#waitFor(this.#append([], entries));
  }

  async #fence(changes: readonly Change[]): Promise<void> {
    await this.#settled();
    await this.leaveStray(changes);
    await this.#log.truncateAfter(this.#commitLsn);
  }

  /** Records on disk that no commit of this session may follow. */
  async leaveStray(changes: readonly Change[]): Promise<void> {
    this.#log.appendAll(this.#entriesOf(changes));
    await this.#log.sync();
  }

  async #checkpoint(): Promise<void> {
    if (this.#commitLsn === 0) return;
    const sourceOffsets = new Map([["events", BigInt(this.#commit)]]);
    const cut = { walPosition: this.#commitLsn, sourceOffsets, watermark: watermarkOf(this.#commit) };
    await this.#checkpoints.create({ ...cut, state: this.#store.snapshot() });
  }

  /** Unless it is the only one and the log alone doesn't hold everything. */
  async #deleteNewest(): Promise<void> {
    const { latestCheckpointId } = this.#checkpoints;
    const deleted = latestCheckpointId === undefined ? Promise.resolve() : this.#checkpoints.delete(latestCheckpointId);
    await deleted.catch((error: unknown) => {
      if (!isCheckpointError(error, "CHECKPOINT_IN_USE")) throw error;
    });
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#unawaited.splice(0));
  }

  /** Frees what is held, whatever fails; rejects with the first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    const steps = [() => this.#settled(), () => this.#checkpoints.close(), () => this.#log.close()];
    for (const step of steps) await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  /** Ends after a failure: frees what is held, whatever that says. */
  async abandon(): Promise<void> {
    await this.close().catch(() => undefined);
  }
}

const decoder = new TextDecoder();
const keyOf = (bytes: Uint8Array): string => decoder.decode(bytes);
