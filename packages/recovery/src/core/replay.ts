import type { EntryVisitor } from "@laminar/wal";
import { ChangeBuffer, type CommittedChanges } from "./change-buffer.ts";
import { RecoveryError } from "./recovery-error.ts";
import type { Until } from "./recovery-plan.ts";

/** Where a replay stops, and how much may wait for a commit. */
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

/** What a change takes in memory beside its key and value, roughly. */
const BYTES_PER_CHANGE = 64;
const NO_LIMIT = Number.POSITIVE_INFINITY;

/** Is shown a log's entries in order, and knows which of their changes count. No I/O. */
export class Replay implements EntryVisitor {
  readonly #rules: ReplayRules;
  readonly #entriesMax: number;
  readonly #lsnMax: number;
  readonly #offsets: Map<string, bigint>;
  readonly #changes = new ChangeBuffer();
  #pendingBytes = 0;
  #session: number | undefined;
  /** The last record of the batch that is being shown. */
  #lastOfBatch = 0;
  walPosition: number;
  watermark: bigint | undefined;
  entriesRead = 0;
  entriesApplied = 0;
  entriesDiscarded = 0;
  commitsApplied = 0;
  /** Set when the rules end the replay before the log does: what comes then is passed over. */
  stopped = false;

  constructor(rules: ReplayRules, start: ReplayStart) {
    const { maxWalEntries, until } = rules;
    this.#rules = rules;
    this.#entriesMax = maxWalEntries > 0 ? maxWalEntries : NO_LIMIT;
    this.#lsnMax = typeof until === "number" ? until : NO_LIMIT;
    this.#offsets = new Map(start.sourceOffsets);
    this.walPosition = start.walPosition;
    this.watermark = start.watermark;
  }

  get sourceOffsets(): ReadonlyMap<string, bigint> {
    return this.#offsets;
  }

  /** The changes that count and weren't taken yet. Has to be called before the bytes that were shown change; the next entry changes the numbers. */
  take(): CommittedChanges {
    return this.#changes.take();
  }

  batch(firstLsn: number, count: number, session: number): void {
    if (session !== this.#session && !this.stopped) this.#discard();
    this.#session = session;
    this.#lastOfBatch = firstLsn + count - 1;
  }

  /** A put, as places in `bytes`; held back until its commit. */
  put(lsn: number, bytes: Uint8Array, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    if (this.#ends(lsn)) return;
    this.#changes.add(bytes, keyStart, keyEnd, valueStart, valueEnd, this.#lastOfBatch + 1 - lsn);
    this.#changed(lsn, keyEnd - keyStart + valueEnd - valueStart);
  }

  /** A delete, as places in `bytes`; held back until its commit. */
  delete(lsn: number, bytes: Uint8Array, keyStart: number, keyEnd: number): void {
    if (this.#ends(lsn)) return;
    this.#changes.add(bytes, keyStart, keyEnd, -1, -1, this.#lastOfBatch + 1 - lsn);
    this.#changed(lsn, keyEnd - keyStart);
  }

  /** Makes count what the same session put and deleted since its last commit. */
  commit(lsn: number, offsets: ReadonlyMap<string, bigint>, watermark: bigint | undefined): void {
    const { until } = this.#rules;
    if (typeof until === "object" && watermark !== undefined && watermark > until.watermark) this.stopped = true;
    if (this.#ends(lsn)) return;
    for (const [source, offset] of offsets) {
      const before = this.#offsets.get(source);
      if (before === undefined || offset > before) this.#offsets.set(source, offset);
    }
    if (watermark !== undefined && (this.watermark === undefined || watermark > this.watermark)) this.watermark = watermark;
    this.commitsApplied++;
    this.#count(lsn);
  }

  /** A mark that changes nothing. */
  checkpoint(lsn: number): void {
    this.#ends(lsn);
  }

  /** What is left without a commit counts for nothing; after an early end nobody knows whether its commit follows. */
  finish(): void {
    if (!this.stopped) this.#discard();
  }

  /** Whether the replay ended before this entry; otherwise it is read now. */
  #ends(lsn: number): boolean {
    if (this.stopped) return true;
    this.stopped = this.entriesRead >= this.#entriesMax || lsn > this.#lsnMax;
    if (!this.stopped) this.entriesRead++;
    return this.stopped;
  }

  #changed(lsn: number, bytes: number): void {
    this.#pendingBytes += BYTES_PER_CHANGE + bytes;
    if (this.#rules.replay === "all") this.#count(lsn);
    else if (this.#pendingBytes > this.#rules.maxTransactionBytes) throw tooLarge(lsn, this.#rules.maxTransactionBytes, this.#pendingBytes);
  }

  /** Everything that waits counts, up to and with the record `lsn`. */
  #count(lsn: number): void {
    const changes = this.#changes;
    this.entriesApplied += changes.count - changes.committed;
    changes.commit(lsn);
    this.#pendingBytes = 0;
    this.walPosition = lsn;
  }

  #discard(): void {
    this.entriesDiscarded += this.#changes.discard();
    this.#pendingBytes = 0;
  }
}

function tooLarge(lsn: number, expected: number, actual: number): RecoveryError {
  const message = `the changes before record ${lsn} that wait for their commit are above maxTransactionBytes, ${expected}: raise it, or commit more often`;
  return new RecoveryError("RECOVERY_TRANSACTION_TOO_LARGE", message, { lsn, expected, actual });
}
