import type { SimulatedDisk } from "@laminar/disk/testing";
import { type CommitInput, type DurableState, type DurableStateOptions, openDurableState } from "../src/index.ts";
import { type Cut, cutOf, DIRECTORY, type DurableOracle, textOfCut } from "./durable-oracle.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const INTERVAL = 1000;

/** Not a defect: what the function of an update throws. */
class ChangedMind extends Error {}

/** Segments and chains so short that a few steps go through all that can happen to them; two chains are kept, or one. */
function optionsFor(disk: SimulatedDisk, kept: number): DurableStateOptions<string> & { readonly keys: "string" } {
  return {
    directory: DIRECTORY,
    keys: "string",
    values: { encode: (value) => encoder.encode(value), decode: (bytes) => decoder.decode(bytes) },
    checkpoints: { interval: INTERVAL, minWalSizeForCheckpoint: 1, maxRetained: kept, maxChainLength: 3 },
    log: { segmentSize: 1024 },
    disk,
  };
}

export const openState = (disk: SimulatedDisk, kept = 1): Promise<DurableState<string, string>> => openDurableState(optionsFor(disk, kept));

export const ACTIONS = ["commit", "update", "concurrent", "rollback", "checkpoint", "background checkpoint", "reopen"] as const;
export type Action = (typeof ACTIONS)[number];

const WEIGHTS: readonly (readonly [Action, number])[] = [
  ["commit", 0.3], ["update", 0.13], ["concurrent", 0.15], ["rollback", 0.07], ["checkpoint", 0.17], ["background checkpoint", 0.1], ["reopen", 0.08],
];

/** A program over one durable state that keeps a copy of all it did, and compares every read with it. */
export class DurableProgram {
  readonly #disk: SimulatedDisk;
  readonly #random: () => number;
  readonly #oracle: DurableOracle;
  readonly #kept: number;
  #state: DurableState<string, string> | undefined;
  #committed = new Map<string, string>();
  #staged = new Map<string, string | undefined>();
  #offsets = new Map<string, bigint>();
  #watermark: bigint | undefined;
  #number = 0;
  doing: Action | "open" | "close" = "open";

  constructor(disk: SimulatedDisk, random: () => number, oracle: DurableOracle) {
    this.#disk = disk;
    this.#random = random;
    this.#oracle = oracle;
    this.#kept = 1 + Math.floor(random() * 2);
  }

  async open(): Promise<void> {
    this.doing = "open";
    const state = await openState(this.#disk, this.#kept);
    this.#state = state;
    const cut = cutOf(state);
    const broken = this.#oracle.judge(cut);
    if (broken !== undefined) throw new Error(broken);
    this.#oracle.observe(cut);
    this.#committed = new Map(state.entries());
    this.#staged = new Map();
    this.#offsets = new Map(state.offsets);
    this.#watermark = state.watermark;
  }

  async step(): Promise<void> {
    let choice = this.#random();
    this.doing = WEIGHTS.find(([, weight]) => (choice -= weight) < 0)?.[0] ?? "commit";
    await this.perform(this.doing);
    this.#requireReads();
  }

  async perform(action: Action): Promise<void> {
    if (action === "commit") await this.#commitStaged();
    else if (action === "update") await this.#update();
    else if (action === "concurrent") await this.#concurrently();
    else if (action === "rollback") this.#rollback();
    else if (action === "checkpoint") await this.#checkpoint();
    else if (action === "background checkpoint") await this.#waitForInterval();
    else await this.#reopen();
  }

  /** Ends with changes that were never committed. */
  async close(): Promise<void> {
    this.doing = "close";
    if (this.#state && this.#random() < 0.5) this.#stage();
    await this.#state?.close();
    this.#state = undefined;
  }

  /** Ends after a failure: frees what is held, whatever it says. */
  async abandon(): Promise<unknown> {
    try {
      await this.#state?.close();
      return undefined;
    } catch (error) {
      return error;
    } finally {
      this.#state = undefined;
    }
  }

  get lastCheckpointError(): unknown {
    return this.#state?.lastCheckpointError;
  }

  get #opened(): DurableState<string, string> {
    if (!this.#state) throw new Error("the state isn't open");
    return this.#state;
  }

  #change(): readonly [string, string | undefined] {
    const key = `k${Math.floor(this.#random() * 7)}`;
    if (this.#random() < 0.25) return [key, undefined];
    this.#number++;
    return [key, `${this.#oracle.commits.length}.${this.#number}${"x".repeat(Math.floor(this.#random() * (this.#random() < 0.2 ? 700 : 20)))}`];
  }

  #stage(): void {
    for (let i = 1 + Math.floor(this.#random() * 3); i > 0; i--) {
      const [key, value] = this.#change();
      this.#staged.set(key, value);
      if (value === undefined) this.#opened.delete(key);
      else this.#opened.put(key, value);
    }
  }

  /** Offsets and a watermark that mostly go forward. */
  #input(): CommitInput {
    const offsets = new Map<string, number>();
    for (const source of ["a", "b"]) if (this.#random() < 0.5) offsets.set(source, this.#oracle.commits.length + Math.floor(this.#random() * 5) - 2);
    return { offsets, watermark: this.#random() < 0.5 ? this.#oracle.commits.length * 10 - Math.floor(this.#random() * 20) : undefined };
  }

  /** What a commit makes of what is committed; returns its index among those submitted. */
  #submit(changes: ReadonlyMap<string, string | undefined>, { offsets = new Map(), watermark }: CommitInput): number {
    for (const [key, value] of changes) {
      if (value === undefined) this.#committed.delete(key);
      else this.#committed.set(key, value);
    }
    for (const [source, offset] of offsets) {
      const before = this.#offsets.get(source);
      if (before === undefined || BigInt(offset) > before) this.#offsets.set(source, BigInt(offset));
    }
    if (watermark !== undefined && (this.#watermark === undefined || BigInt(watermark) > this.#watermark)) this.#watermark = BigInt(watermark);
    return this.#oracle.submit(textOfCut(this.#cut()));
  }

  #cut(): Cut {
    return { state: this.#committed, offsets: this.#offsets, watermark: this.#watermark };
  }

  async #commitStaged(): Promise<void> {
    if (this.#random() < 0.9) this.#stage();
    const input = this.#input();
    const committed = this.#opened.commit(input);
    const index = this.#submit(this.#staged, input);
    this.#staged = new Map();
    await committed;
    this.#oracle.acknowledge(index);
  }

  async #update(): Promise<void> {
    const input = this.#input();
    const waits = this.#random() < 0.5;
    const changes = new Map([this.#change(), this.#change()]);
    const throws = this.#random() < 0.2;
    let index = 0;
    const updated = this.#opened.update(async (group) => {
      for (const [key, value] of changes) {
        if (value === undefined) group.delete(key);
        else group.put(key, value);
      }
      if (throws) throw new ChangedMind();
      if (waits) await Promise.resolve();
      // From here to its commit nothing else runs.
      index = this.#submit(changes, input);
    }, input);
    await updated.then(
      () => this.#oracle.acknowledge(index),
      (error: unknown) => {
        if (!(error instanceof ChangedMind)) throw error;
      },
    );
  }

  /** Commits, updates and a checkpoint in one turn: commits take effect at once, updates one after the other. */
  async #concurrently(): Promise<void> {
    const work: Promise<void>[] = [];
    for (let i = 2 + Math.floor(this.#random() * 3); i > 0; i--) {
      const choice = this.#random();
      if (choice < 0.6) work.push(this.#commitStaged());
      else if (choice < 0.85) work.push(this.#update());
      else work.push(this.#checkpoint());
    }
    const failed = (await Promise.allSettled(work)).find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
  }

  #rollback(): void {
    this.#stage();
    this.#opened.rollback();
    this.#staged = new Map();
  }

  async #checkpoint(): Promise<void> {
    await this.#opened.checkpoint();
  }

  async #waitForInterval(): Promise<void> {
    this.#disk.advance(INTERVAL);
    await this.#commitStaged();
  }

  /** Sometimes while a commit and a background checkpoint are under way. */
  async #reopen(): Promise<void> {
    if (this.#random() < 0.5) this.#disk.advance(INTERVAL);
    const underWay = this.#random() < 0.5 ? [this.#commitStaged()] : [];
    const closed = this.#opened.close();
    const failed = (await Promise.allSettled([...underWay, closed])).find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
    this.#state = undefined;
    await this.open();
  }

  /** What is staged is seen by this program alone, and every read agrees. */
  #requireReads(): void {
    const expected = new Map(this.#committed);
    for (const [key, value] of this.#staged) {
      if (value === undefined) expected.delete(key);
      else expected.set(key, value);
    }
    const state = this.#opened;
    const wanted = textOfCut({ ...this.#cut(), state: expected });
    if (cutOf(state) !== wanted) throw new Error(`after ${this.doing} reads give ${cutOf(state)} instead of ${wanted}`);
    if (state.size !== expected.size) throw new Error(`after ${this.doing} the size is ${state.size} instead of ${expected.size}`);
    for (let key = 0; key < 7; key++) {
      if (state.get(`k${key}`) !== expected.get(`k${key}`)) throw new Error(`after ${this.doing} k${key} is ${state.get(`k${key}`)}`);
    }
  }
}
