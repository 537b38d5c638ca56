import { type IncrementalCheckpointManager, openCheckpointManager } from "@laminar/checkpoint";
import type { SimulatedDisk } from "@laminar/disk/testing";
import { applyRecovered, recover } from "@laminar/recovery";
import { createStateStore, type StateStore } from "@laminar/state-snapshot";
import { openWal, type WalEntry, type WalEntryInput, type WriteAheadLog } from "@laminar/wal";
import { type Committed, committed } from "./expected.ts";
import { CHECKPOINTS, LOG } from "./places.ts";

/** New values by key; `undefined` deletes. */
export type Changes = Readonly<Record<string, string | undefined>>;

export interface Policy {
  readonly segmentSize: number;
  readonly maxRetained: number;
  readonly maxChainLength: number;
}

const text = new TextEncoder();

/** A program's life on a disk, with a log and checkpoints that it puts together itself. */
export class ByHand {
  readonly log: WriteAheadLog<WalEntry, WalEntryInput>;
  readonly #checkpoints: IncrementalCheckpointManager;
  readonly #store: StateStore = createStateStore();
  readonly #state = new Map<string, string>();
  readonly #commits: Committed[];

  private constructor(log: WriteAheadLog<WalEntry, WalEntryInput>, checkpoints: IncrementalCheckpointManager, commits: Committed[]) {
    this.log = log;
    this.#checkpoints = checkpoints;
    this.#commits = commits;
  }

  /** What is committed is added to `commits`, which holds what earlier lives on this disk committed. */
  static async begin(disk: SimulatedDisk, policy: Policy, commits: Committed[]): Promise<ByHand> {
    const recovered = await recover({ checkpointDir: CHECKPOINTS, walDir: LOG, disk });
    const log = await openWal(LOG, { disk, segmentSize: policy.segmentSize, syncInterval: Number.POSITIVE_INFINITY });
    const limits = { maxRetained: policy.maxRetained, maxChainLength: policy.maxChainLength, maxDeltaRatio: 1000, minWalSizeForCheckpoint: 0 };
    const checkpoints = await openCheckpointManager({ directory: CHECKPOINTS, disk, log, ...limits });
    const life = new ByHand(log, checkpoints, commits);
    applyRecovered(recovered, life.#store);
    for (const [key, value] of life.#store.entries()) life.#state.set(new TextDecoder().decode(key), new TextDecoder().decode(value));
    return life;
  }

  /** Buffered; counts once it is synced. */
  submit(changes: Changes): Committed {
    const offset = BigInt(this.#commits.length + 1);
    const entries = entriesOf(changes);
    const position = this.log.appendAll([...entries, { type: "commit", offsets: new Map([["events", offset]]), watermark: offset * 10n }]);
    for (const [key, value] of Object.entries(changes)) {
      if (value === undefined) this.#state.delete(key);
      else this.#state.set(key, value);
    }
    for (const entry of entries) {
      if (entry.type === "put") this.#store.put(entry.key, entry.value);
      else if (entry.type === "delete") this.#store.delete(entry.key);
    }
    return committed(position, [["events", offset]], offset * 10n, this.#state);
  }

  async commit(changes: Changes): Promise<void> {
    const commit = this.submit(changes);
    await this.log.sync();
    this.#commits.push(commit);
  }

  /** Durable, and covered by no commit. */
  async stray(changes: Changes): Promise<void> {
    this.log.appendAll(entriesOf(changes));
    await this.log.sync();
  }

  async checkpoint(): Promise<void> {
    const last = this.#commits.at(-1);
    if (last === undefined) throw new Error("a checkpoint is made of a commit");
    const sourceOffsets = new Map(Object.entries(last.offsets).map(([source, offset]) => [source, BigInt(offset)]));
    await this.#checkpoints.create({ walPosition: last.position, sourceOffsets, watermark: BigInt(last.watermark ?? 0), state: this.#store.snapshot() });
  }

  /** Takes out of use what follows the last commit. */
  async fence(): Promise<void> {
    await this.log.truncateAfter(this.#commits.at(-1)?.position ?? 0);
  }

  async close(): Promise<void> {
    await this.#checkpoints.close();
    await this.log.close();
  }
}

function entriesOf(changes: Changes): WalEntryInput[] {
  return Object.entries(changes).map(([key, value]): WalEntryInput =>
    value === undefined ? { type: "delete", key: text.encode(key) } : { type: "put", key: text.encode(key), value: text.encode(value) },
  );
}
