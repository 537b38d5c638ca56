import { type DurableState, openDurableState } from "@laminar/recovery";
import { type Cut, textOfCut, watermarkOf } from "../whole-stack/cut.ts";
import { commitsSince, foundCut } from "../whole-stack/promises.ts";
import type { Journal } from "../whole-stack/session.ts";
import { type Change, stepsOf } from "../whole-stack/steps.ts";
import { onceFree } from "./once-free.ts";

const STEPS = 40;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** As the stack by hand has them, so that one recovery reads both. */
const values = { encode: (value: string): Uint8Array => encoder.encode(value), decode: (bytes: Uint8Array): string => decoder.decode(bytes) };

/** Checkpoints are due all the time, deltas among them, and segments are small. */
export const openSmall = (directory: string): Promise<DurableState<string, string>> =>
  openDurableState<string>({
    directory,
    values,
    checkpoints: { interval: 5, minWalSizeForCheckpoint: 2048, maxRetained: 1, maxChainLength: 3, maxDeltaRatio: 1000 },
    log: { segmentSize: 1024 },
  });

/** Throws when offset and watermark aren't those of one commit. */
function cutOf(state: DurableState<string, string>): Cut {
  const commit = Number(state.offsets.get("events") ?? 0n);
  if (state.watermark !== watermarkOf(commit)) throw new Error(`the offset ${commit} came with the watermark ${state.watermark}`);
  return { state: new Map(state.entries()), commit };
}

/** A durable state, opened again now and then, until the process is killed. */
export async function liveInDurableState(directory: string, random: () => number, journal: Journal): Promise<never> {
  for (;;) {
    const state = await onceFree(() => openSmall(directory));
    const life = new DurableLife(state, journal);
    for (const step of stepsOf(random, STEPS)) {
      if (step.do === "commit" || step.do === "two syncs") await life.commit(step.changes);
      else if (step.do === "group") await Promise.all(step.commits.map((changes) => life.commit(changes)));
      else if (step.do === "unawaited") void life.commit(step.changes);
      else if (step.do === "fence" || step.do === "stray") life.rollBack(step.changes);
      else if (step.do === "full" || step.do === "delta") await life.update([{ key: "updated", length: 1 }]);
      else await state.checkpoint();
    }
    await state.close();
    if (state.lastCheckpointError !== undefined) throw state.lastCheckpointError;
  }
}

class DurableLife {
  readonly #state: DurableState<string, string>;
  readonly #journal: Journal;
  readonly #expected: Map<string, string>;
  #commit: number;
  #number: number;

  constructor(state: DurableState<string, string>, journal: Journal) {
    const cut = cutOf(state);
    journal.tell(foundCut(cut));
    this.#state = state;
    this.#journal = journal;
    this.#expected = new Map(cut.state);
    this.#commit = cut.commit;
    this.#number = cut.commit * 100;
  }

  async commit(changes: readonly Change[]): Promise<void> {
    this.#change(this.#state, changes);
    const index = this.#tellSubmitted();
    await this.#state.commit(this.#cut);
    this.#journal.tell({ durable: index });
  }

  /** What it says beside its changes is looked at once its function has ended. */
  async update(changes: readonly Change[]): Promise<void> {
    let index = 0;
    const input: { offsets?: ReadonlyMap<string, number>; watermark?: bigint | undefined } = {};
    await this.#state.update((group) => {
      this.#change(group, changes);
      index = this.#tellSubmitted();
      Object.assign(input, this.#cut);
    }, input);
    this.#journal.tell({ durable: index });
  }

  rollBack(changes: readonly Change[]): void {
    for (const { key } of changes) this.#state.put(key, "never committed");
    this.#state.rollback();
  }

  get #cut(): { readonly offsets: ReadonlyMap<string, number>; readonly watermark: bigint | undefined } {
    return { offsets: new Map([["events", this.#commit]]), watermark: watermarkOf(this.#commit) };
  }

  #change(group: Pick<DurableState<string, string>, "put" | "delete">, changes: readonly Change[]): void {
    for (const { key, length } of changes) {
      const value = length === undefined ? undefined : `${this.#number++}${"x".repeat(length)}`;
      if (value === undefined) {
        group.delete(key);
        this.#expected.delete(key);
      } else {
        group.put(key, value);
        this.#expected.set(key, value);
      }
    }
  }

  /** Before anything of it can be on disk; returns its index among those that were told. */
  #tellSubmitted(): number {
    const index = commitsSince(this.#journal.events);
    this.#commit++;
    this.#journal.tell({ submitted: textOfCut({ state: this.#expected, commit: this.#commit }) });
    return index;
  }
}
