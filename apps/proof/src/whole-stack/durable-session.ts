import type { Disk } from "@laminar/disk";
import { type ChangeGroup, type CommitInput, type DurableState, openDurableState } from "@laminar/recovery";
import { type Cut, textOfCut, watermarkOf } from "./cut.ts";
import { commitsSince, foundCut } from "./promises.ts";
import type { Journal } from "./session.ts";
import type { Change, Opening, Step } from "./steps.ts";

const DIRECTORY = "/data";
const SEGMENT_BYTES = 1024;
export const CHECKPOINT_INTERVAL = 1000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const texts = { encode: (value: string): Uint8Array => encoder.encode(value), decode: (bytes: Uint8Array): string => decoder.decode(bytes) };

type State = DurableState<string, string>;
type Values = ReadonlyMap<string, string | undefined>;

/** The steps as the durable state has them: what it does by itself (fences, compaction, truncation) has no step of its own. */
export class DurableSession {
  readonly #state: State;
  readonly #journal: Journal;
  readonly #committed: Map<string, string>;
  #commit: number;
  #number: number;
  readonly #unawaited: Promise<void>[] = [];

  private constructor(state: State, journal: Journal, cut: Cut) {
    this.#state = state;
    this.#journal = journal;
    this.#committed = new Map(cut.state);
    this.#commit = cut.commit;
    this.#number = cut.commit * 100;
  }

  static async open(disk: Disk, journal: Journal, { maxRetained, maxChainLength }: Omit<Opening, "do">): Promise<DurableSession> {
    const checkpoints = { interval: CHECKPOINT_INTERVAL, minWalSizeForCheckpoint: 1, maxRetained, maxChainLength, maxDeltaRatio: 1000 };
    const state = await openDurableState({ directory: DIRECTORY, keys: "string", values: texts, checkpoints, log: { segmentSize: SEGMENT_BYTES }, disk });
    const cut: Cut = { state: new Map(state.entries()), commit: Number(state.offsets.get("events") ?? 0n) };
    journal.tell(foundCut(cut));
    return new DurableSession(state, journal, cut);
  }

  async take(step: Exclude<Step, Opening>): Promise<void> {
    if (step.do === "commit") await this.#commitStaged(step.changes);
    else if (step.do === "two syncs") await this.#update(step.changes);
    else if (step.do === "group") await Promise.all(step.commits.map((changes) => this.#commitStaged(changes)));
    else if (step.do === "unawaited") this.#leaveWaiting(this.#commitStaged(step.changes));
    else if (step.do === "fence") {
      this.#stageIn(this.#state, step.changes);
      this.#state.rollback();
    } else if (step.do === "stray") this.#stageIn(this.#state, step.changes);
    else {
      await this.#settled();
      await this.#state.checkpoint();
    }
  }

  /** Puts the changes into `group`; returns them with their values. */
  #stageIn(group: ChangeGroup<string, string>, changes: readonly Change[]): Values {
    const values = new Map(changes.map(({ key, length }) => [key, length === undefined ? undefined : `${this.#number++}${"x".repeat(length)}`]));
    for (const [key, value] of values) {
      if (value === undefined) group.delete(key);
      else group.put(key, value);
    }
    return values;
  }

  async #commitStaged(changes: readonly Change[]): Promise<void> {
    const staged = this.#stageIn(this.#state, changes);
    const committed = this.#state.commit(this.#nextInput());
    const index = this.#submitted(staged);
    await committed;
    this.#journal.tell({ durable: index });
  }

  async #update(changes: readonly Change[]): Promise<void> {
    let index = 0;
    await this.#state.update((group) => {
      index = this.#submitted(this.#stageIn(group, changes));
    }, this.#nextInput());
    this.#journal.tell({ durable: index });
  }

  #nextInput(): CommitInput {
    const commit = this.#commit + 1;
    return { offsets: new Map([["events", commit]]), watermark: watermarkOf(commit) };
  }

  #submitted(staged: Values): number {
    for (const [key, value] of staged) {
      if (value === undefined) this.#committed.delete(key);
      else this.#committed.set(key, value);
    }
    this.#commit++;
    const index = commitsSince(this.#journal.events);
    this.#journal.tell({ submitted: textOfCut({ state: this.#committed, commit: this.#commit }) });
    return index;
  }

  #leaveWaiting(commit: Promise<void>): void {
    commit.catch(() => undefined);
    this.#unawaited.push(commit);
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#unawaited.splice(0));
  }

  /** Frees what is held, whatever fails; rejects with the first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of [() => this.#settled(), () => this.#state.close()]) await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}
