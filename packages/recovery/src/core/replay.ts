import type { WalBatch, WalEntry } from "@laminar/wal";
import { RecoveryError } from "./recovery-error.ts";
import type { StateChange } from "./recovered-state.ts";
import type { Until } from "./recovery-plan.ts";

export interface ReplayRules {
  /** `"committed"`: only what a commit of its own session covers. `"all"`: everything. */
  readonly replay: "committed" | "all";
  /** Entries to read at most; 0 for all. */
  readonly maxWalEntries: number;
  readonly until: Until | undefined;
  readonly maxTransactionBytes: number;
}

/** Where a replay begins: the checkpoint's cut. */
export interface ReplayStart {
  readonly walPosition: number;
  readonly sourceOffsets: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
}

/** Changes that count, with the position after them. */
export interface Applied {
  readonly changes: readonly StateChange[];
  readonly lsn: number;
}

/** What a change takes in memory beside its key and value, roughly. */
const BYTES_PER_CHANGE = 64;

/** Turns the log's batches, in order, into changes that count. Plain data in, plain data out; no I/O. */
export class Replay {
  readonly #rules: ReplayRules;
  readonly #offsets: Map<string, bigint>;
  #pending: StateChange[] = [];
  #pendingBytes = 0;
  #session: number | undefined;
  walPosition: number;
  watermark: bigint | undefined;
  entriesRead = 0;
  entriesApplied = 0;
  entriesDiscarded = 0;
  commitsApplied = 0;
  /** Set when the rules end the replay before the log does. */
  stopped = false;

  constructor(rules: ReplayRules, start: ReplayStart) {
    this.#rules = rules;
    this.#offsets = new Map(start.sourceOffsets);
    this.walPosition = start.walPosition;
    this.watermark = start.watermark;
  }

  get sourceOffsets(): ReadonlyMap<string, bigint> {
    return this.#offsets;
  }

  /** What a batch makes count. Ends early, with `stopped` set, where the rules say so. */
  *take(batch: WalBatch<WalEntry>): Generator<Applied, void, undefined> {
    if (batch.session !== this.#session) this.#discard();
    this.#session = batch.session;
    let lsn = batch.firstLsn;
    for (const entry of batch.entries) {
      if (this.#ends(lsn, entry)) return;
      this.entriesRead++;
      const applied = this.#entry(lsn, entry);
      if (applied) yield applied;
      lsn++;
    }
  }

  /** What is left without a commit counts for nothing; after an early end nobody knows whether its commit follows. */
  finish(): void {
    if (!this.stopped) this.#discard();
  }

  #discard(): void {
    this.entriesDiscarded += this.#pending.length;
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #ends(lsn: number, entry: WalEntry): boolean {
    const { maxWalEntries, until } = this.#rules;
    const full = maxWalEntries > 0 && this.entriesRead >= maxWalEntries;
    const past = typeof until === "number" && lsn > until;
    const late = typeof until === "object" && entry.type === "commit" && entry.watermark !== undefined && entry.watermark > until.watermark;
    this.stopped = full || past || late;
    return this.stopped;
  }

  #entry(lsn: number, entry: WalEntry): Applied | undefined {
    if (entry.type === "commit") return this.#commit(lsn, entry);
    if (entry.type === "checkpoint") return undefined;
    if (this.#rules.replay === "all") {
      this.walPosition = lsn;
      this.entriesApplied++;
      return { changes: [entry], lsn };
    }
    this.#pending.push(entry);
    this.#pendingBytes += BYTES_PER_CHANGE + entry.key.length + (entry.type === "put" ? entry.value.length : 0);
    if (this.#pendingBytes > this.#rules.maxTransactionBytes) {
      const message = `the changes before record ${lsn} that wait for their commit are above maxTransactionBytes, ${this.#rules.maxTransactionBytes}`;
      throw new RecoveryError("RECOVERY_TRANSACTION_TOO_LARGE", message, { lsn, expected: this.#rules.maxTransactionBytes, actual: this.#pendingBytes });
    }
    return undefined;
  }

  #commit(lsn: number, { offsets, watermark }: Extract<WalEntry, { type: "commit" }>): Applied {
    for (const [source, offset] of offsets) {
      const before = this.#offsets.get(source);
      if (before === undefined || offset > before) this.#offsets.set(source, offset);
    }
    if (watermark !== undefined && (this.watermark === undefined || watermark > this.watermark)) this.watermark = watermark;
    const changes = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.walPosition = lsn;
    this.commitsApplied++;
    this.entriesApplied += changes.length;
    return { changes, lsn };
  }
}
