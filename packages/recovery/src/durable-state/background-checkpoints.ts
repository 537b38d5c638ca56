import type { CheckpointMetadata, IncrementalCheckpointManager } from "@laminar/checkpoint";
import type { Clock } from "@laminar/disk";
import type { StateStore } from "@laminar/state-snapshot";
import type { CommitLog } from "./commit-log.ts";

interface CheckpointParts {
  readonly manager: IncrementalCheckpointManager;
  readonly store: StateStore;
  readonly commits: CommitLog;
  readonly log: { readonly sizeBytes: number };
  readonly clock: Clock;
  /** Milliseconds to wait after one that failed. */
  readonly interval: number;
}

/** Makes checkpoints of a store at its last commit, one at a time: when asked, and when the manager says that one is due. */
export class BackgroundCheckpoints {
  readonly #parts: CheckpointParts;
  #last: Promise<unknown> = Promise.resolve();
  #isUnderWay = false;
  #notBefore = 0;
  /** What was durable when the last look was taken at whether one is due. */
  #lookedAt = -1;
  lastError: unknown;

  constructor(parts: CheckpointParts) {
    this.#parts = parts;
  }

  /** One of this moment or a later one. */
  make(): Promise<CheckpointMetadata> {
    const made = this.#last.then(() => this.#makeNow());
    this.#last = made.catch(() => undefined);
    return made;
  }

  /**
   * Starts one, unless one is under way or the last one failed just now. Never throws; see `lastError`. Those who shared a sync ask one
   * after the other: the first one looks for all.
   */
  makeIfDue(): void {
    const { manager, commits, log, clock } = this.#parts;
    if (this.#lookedAt === commits.durableLsn) return;
    this.#lookedAt = commits.durableLsn;
    if (this.#isUnderWay || clock.monotonic() < this.#notBefore || !manager.shouldCheckpoint({ walBytes: log.sizeBytes })) return;
    this.#isUnderWay = true;
    void this.make()
      .then(
        () => (this.lastError = undefined),
        (error: unknown) => {
          this.lastError = error;
          this.#notBefore = clock.monotonic() + this.#parts.interval;
        },
      )
      .finally(() => (this.#isUnderWay = false));
  }

  /** Once nothing is under way. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async #makeNow(): Promise<CheckpointMetadata> {
    const { manager, store, commits } = this.#parts;
    // The same turn: the store is at this point.
    const point = commits.point;
    const state = store.snapshot();
    try {
      await commits.sync();
    } catch (error) {
      state.fail();
      throw error;
    }
    return manager.create({ ...point, state });
  }
}
