import type { Disk } from "@laminar/disk";
import type { SimulatedDisk } from "@laminar/disk/testing";
import { type DurableState, openDurableState } from "@laminar/recovery";
import { type Cut, textOfCut, watermarkOf } from "../whole-stack/cut.ts";
import { commitsSince, foundCut } from "../whole-stack/promises.ts";
import type { Journal } from "../whole-stack/session.ts";
import type { Change, Opening } from "../whole-stack/steps.ts";
import type { DurableStep } from "./steps.ts";

export const DIRECTORY = "/state";
const INTERVAL = 1000;
const SEGMENT_BYTES = 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const values = { encode: (value: string): Uint8Array => encoder.encode(value), decode: (bytes: Uint8Array): string => decoder.decode(bytes) };

/** Equal for equal cuts; throws when offset and watermark aren't those of one commit. */
export function cutOf(state: DurableState<string, string>): Cut {
  const commit = Number(state.offsets.get("events") ?? 0n);
  if (state.watermark !== watermarkOf(commit)) throw new Error(`the offset ${commit} came with the watermark ${state.watermark}`);
  return { state: new Map(state.entries()), commit };
}

export function openState(disk: Disk, { maxRetained, maxChainLength }: Omit<Opening, "do">): Promise<DurableState<string, string>> {
  const checkpoints = { interval: INTERVAL, minWalSizeForCheckpoint: 1, maxRetained, maxChainLength, maxDeltaRatio: 1000 };
  return openDurableState({ directory: DIRECTORY, keys: "string", values, checkpoints, log: { segmentSize: SEGMENT_BYTES }, disk });
}

/** One state from its open to its close, and a copy of what it should be, with which every read is compared. */
export class DurableSession {
  readonly #state: DurableState<string, string>;
  readonly #journal: Journal;
  readonly #advance: (milliseconds: number) => void;
  readonly #expected: Map<string, string>;
  #commit: number;
  #number: number;

  private constructor(state: DurableState<string, string>, journal: Journal, advance: (milliseconds: number) => void) {
    const cut = cutOf(state);
    journal.tell(foundCut(cut));
    this.#state = state;
    this.#journal = journal;
    this.#advance = advance;
    this.#expected = new Map(cut.state);
    this.#commit = cut.commit;
    this.#number = cut.commit * 100;
  }

  static async open(port: Disk, disk: SimulatedDisk, journal: Journal, opening: Omit<Opening, "do">): Promise<DurableSession> {
    return new DurableSession(await openState(port, opening), journal, (milliseconds) => disk.advance(milliseconds));
  }

  async take(step: Exclude<DurableStep, Opening>): Promise<void> {
    if (step.do === "commit") await this.#commitOf(step.changes);
    else if (step.do === "update") await this.#update(step.changes);
    else if (step.do === "commit together") await this.#together(step.commits, step.withCheckpoint);
    else if (step.do === "roll back") this.#rollBack(step.changes);
    else if (step.do === "checkpoint") await this.#state.checkpoint();
    else if (step.do === "commit in time") {
      this.#advance(INTERVAL);
      await this.#commitOf(step.changes);
    } else await this.#closeWhile(step.changes);
    if (step.do !== "commit while opened again") this.#requireReads(step);
  }

  #entriesOf(changes: readonly Change[]): ReadonlyMap<string, string | undefined> {
    return new Map(changes.map(({ key, length }) => [key, length === undefined ? undefined : `${this.#number++}${"x".repeat(length)}`]));
  }

  /** As a commit makes of them; returns its index among those that were told. */
  #submit(entries: ReadonlyMap<string, string | undefined>): number {
    for (const [key, value] of entries) {
      if (value === undefined) this.#expected.delete(key);
      else this.#expected.set(key, value);
    }
    this.#commit++;
    const index = commitsSince(this.#journal.events);
    this.#journal.tell({ submitted: textOfCut({ state: this.#expected, commit: this.#commit }) });
    return index;
  }

  get #input(): { readonly offsets: ReadonlyMap<string, number>; readonly watermark: bigint | undefined } {
    return { offsets: new Map([["events", this.#commit]]), watermark: watermarkOf(this.#commit) };
  }

  async #commitOf(changes: readonly Change[]): Promise<void> {
    const entries = this.#entriesOf(changes);
    stage(this.#state, entries);
    const index = this.#submit(entries);
    await this.#state.commit(this.#input);
    this.#tellDurable(index);
  }

  #tellDurable(index: number): void {
    this.#journal.tell({ durable: index });
  }

  /** What it says beside its changes is looked at when its function has ended. */
  async #update(changes: readonly Change[]): Promise<void> {
    const entries = this.#entriesOf(changes);
    const input = { offsets: new Map<string, number>(), watermark: undefined as bigint | undefined };
    const index = await this.#state.update((group) => {
      stage(group, entries);
      const submitted = this.#submit(entries);
      input.offsets = new Map([["events", this.#commit]]);
      input.watermark = watermarkOf(this.#commit);
      return submitted;
    }, input);
    this.#tellDurable(index);
  }

  async #together(commits: readonly (readonly Change[])[], withCheckpoint: boolean): Promise<void> {
    const [first = [], ...others] = commits;
    const begun = this.#commitOf(first);
    const checkpoint = withCheckpoint ? [this.#state.checkpoint()] : [];
    await all([begun, ...checkpoint, ...others.map((changes) => this.#commitOf(changes))]);
  }

  #rollBack(changes: readonly Change[]): void {
    stage(this.#state, this.#entriesOf(changes));
    this.#state.rollback();
  }

  /** Closes while a commit, and a checkpoint in the background, are under way. */
  async #closeWhile(changes: readonly Change[]): Promise<void> {
    this.#advance(INTERVAL);
    await all([this.#commitOf(changes), this.#state.close()]);
  }

  #requireReads(step: DurableStep): void {
    const { lastCheckpointError } = this.#state;
    if (lastCheckpointError !== undefined) throw lastCheckpointError;
    const [read, expected] = [textOfCut(cutOf(this.#state)), textOfCut({ state: this.#expected, commit: this.#commit })];
    if (read !== expected) throw new Error(`after ${JSON.stringify(step)} reads give [${read}] instead of [${expected}]`);
  }

  close(): Promise<void> {
    return this.#state.close();
  }
}

function stage(group: Pick<DurableState<string, string>, "put" | "delete">, entries: ReadonlyMap<string, string | undefined>): void {
  for (const [key, value] of entries) {
    if (value === undefined) group.delete(key);
    else group.put(key, value);
  }
}

/** Waits for all of them, also where one failed. */
async function all(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
