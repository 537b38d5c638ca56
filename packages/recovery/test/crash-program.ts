import type { DiskImage, SimulatedDisk } from "@laminar/disk/testing";
import { type IncrementalCheckpointManager, openCheckpointManager } from "@laminar/checkpoint";
import { encodeSnapshot } from "@laminar/state-snapshot";
import { openWal, type WalEntry, type WalEntryInput, type WriteAheadLog } from "@laminar/wal";
import { recover, type RecoveredState } from "../src/index.ts";

export const WAL = "/data/wal";
export const CHECKPOINTS = "/data/checkpoints";

const text = new TextEncoder();
const fromText = new TextDecoder();

/** The state of the program: what a recovery must give back, as text that is equal for equal states. */
export function textOf(state: ReadonlyMap<string, string>): string {
  return [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`).join(" ");
}

export function stateOf(recovered: RecoveredState): Map<string, string> {
  const state = new Map<string, string>();
  for (const [key, value] of recovered.stateSnapshot ?? []) state.set(fromText.decode(key), fromText.decode(value));
  for (const change of recovered.stateChanges) {
    if (change.type === "put") state.set(fromText.decode(change.key), fromText.decode(change.value));
    else state.delete(fromText.decode(change.key));
  }
  return state;
}

export const recoverFrom = (disk: SimulatedDisk): Promise<RecoveredState> => recover({ checkpointDir: CHECKPOINTS, walDir: WAL, disk });

/** A commit as the program knows it: its state, and the source offset that belongs to that state. */
export interface Commit {
  readonly offset: number;
  readonly state: string;
}

/** What the program has submitted and been promised. */
export class Promises {
  commits: Commit[] = [{ offset: 0, state: "" }];
  /** Index of the last commit that was acknowledged as durable. */
  acknowledged = 0;

  copy(): Promises {
    return Object.assign(new Promises(), { commits: [...this.commits], acknowledged: this.acknowledged });
  }

  /** `undefined` when `recovered` is exactly the state of one commit, not older than the last acknowledged one. */
  judge(recovered: RecoveredState): string | undefined {
    const offset = Number(recovered.sourceOffsets.get("events") ?? 0n);
    const state = textOf(stateOf(recovered));
    const index = this.commits.findIndex((commit) => commit.offset === offset);
    if (index < 0) return `offset ${offset} was never committed`;
    if (this.commits[index]?.state !== state) return `offset ${offset} with the state [${state}] instead of [${this.commits[index]?.state}]`;
    return index < this.acknowledged ? `offset ${offset} is older than ${this.commits[this.acknowledged]?.offset}, which was acknowledged` : undefined;
  }

  /** A program that started again was given `recovered`: from now on that is the truth. */
  observe(recovered: RecoveredState): void {
    const offset = Number(recovered.sourceOffsets.get("events") ?? 0n);
    this.commits = this.commits.slice(0, this.commits.findIndex((commit) => commit.offset === offset) + 1);
    this.acknowledged = this.commits.length - 1;
  }
}

/** A small program over all packages: transactions, uncommitted remains, checkpoints that truncate the log, a clean end. */
export class Program {
  readonly #random: () => number;
  readonly #promises: Promises;
  readonly #state: Map<string, string>;
  readonly #wal: WriteAheadLog<WalEntry, WalEntryInput>;
  readonly #checkpoints: IncrementalCheckpointManager;
  #lastCommit: number;
  doing = "open";

  private constructor(
    random: () => number,
    promises: Promises,
    state: Map<string, string>,
    wal: WriteAheadLog<WalEntry, WalEntryInput>,
    checkpoints: IncrementalCheckpointManager,
    lastCommit: number,
  ) {
    this.#random = random;
    this.#promises = promises;
    this.#state = state;
    this.#wal = wal;
    this.#checkpoints = checkpoints;
    this.#lastCommit = lastCommit;
  }

  static async start(disk: SimulatedDisk, random: () => number, promises: Promises): Promise<Program> {
    const recovered = await recoverFrom(disk);
    const broken = promises.judge(recovered);
    if (broken) throw new Error(broken);
    const wal = await openWal(WAL, { disk, segmentSize: 1024, syncInterval: Number.POSITIVE_INFINITY });
    try {
      const checkpoints = await openCheckpointManager({ directory: CHECKPOINTS, disk, log: wal, maxRetained: 2, minWalSizeForCheckpoint: 0 });
      promises.observe(recovered);
      return new Program(random, promises, stateOf(recovered), wal, checkpoints, recovered.walPosition);
    } catch (error) {
      await wal.close().catch(() => undefined);
      throw error;
    }
  }

  /** One step, by chance; `doing` says which while it runs. */
  async step(): Promise<void> {
    const choice = this.#random();
    this.doing = choice < 0.6 ? "commit" : choice < 0.75 ? "fence" : "checkpoint";
    if (this.doing === "commit") await this.#transaction();
    else if (this.doing === "fence") await this.#leaveUncommitted();
    else await this.#checkpoint();
  }

  async #transaction(): Promise<void> {
    const offset = (this.#promises.commits.at(-1)?.offset ?? 0) + 1;
    const changes: WalEntryInput[] = [];
    for (let i = 1 + Math.floor(this.#random() * 3); i > 0; i--) changes.push(this.#change(offset));
    this.#promises.commits.push({ offset, state: textOf(this.#state) });
    this.#lastCommit = this.#wal.appendAll([...changes, { type: "commit", offsets: new Map([["events", offset]]) }]);
    await this.#wal.sync();
    this.#promises.acknowledged = this.#promises.commits.length - 1;
  }

  #change(offset: number): WalEntryInput {
    const key = `k${Math.floor(this.#random() * 6)}`;
    if (this.#random() < 0.25) {
      this.#state.delete(key);
      return { type: "delete", key: text.encode(key) };
    }
    const value = `${offset}${"x".repeat(Math.floor(this.#random() * (this.#random() < 0.2 ? 700 : 20)))}`;
    this.#state.set(key, value);
    return { type: "put", key: text.encode(key), value: text.encode(value) };
  }

  /** Records that no commit of this process will ever cover: a fence takes them out of use before the next one is written. */
  async #leaveUncommitted(): Promise<void> {
    const before = this.#wal.lastLsn;
    this.#wal.append({ type: "put", key: text.encode("k0"), value: text.encode("never committed") });
    await this.#wal.sync();
    await this.#wal.truncateAfter(before);
  }

  async #checkpoint(): Promise<void> {
    const entries = [...this.#state].map(([key, value]) => [text.encode(key), text.encode(value)] as const);
    const offset = BigInt(this.#promises.commits.at(-1)?.offset ?? 0);
    await this.#checkpoints.create({
      walPosition: this.#lastCommit,
      sourceOffsets: new Map([["events", offset]]),
      keyCount: entries.length,
      state: () => encodeSnapshot(entries, { timestampNs: 0n }),
    });
  }

  async close(): Promise<void> {
    await this.#checkpoints.close();
    await this.#wal.close();
  }

  /** Ends after a failure: frees what is held, and expects nothing. */
  async abandon(): Promise<void> {
    await this.#checkpoints.close().catch(() => undefined);
    await this.#wal.close().catch(() => undefined);
  }
}

/** Whether an operation changes the disk: what crashes before the others leave is what the last one left. */
export const changesDisk = (kind: string): boolean => !["stat", "list", "read", "size", "open", "close"].includes(kind);

export interface Moment {
  readonly image: DiskImage;
  readonly promises: Promises;
  readonly trail: string;
}
