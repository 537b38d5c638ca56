import type { CommitPoint } from "@laminar/checkpoint";
import type { StateStore } from "@laminar/state-snapshot";
import type { WalEntryInput } from "@laminar/wal";
import type { CommitInput } from "./durable-state.ts";
import type { StagedChange } from "./staged-changes.ts";

/** What commits need of a log. */
export interface CommitTarget {
  readonly logId: string;
  readonly durableLsn: number;
  appendAll(entries: Iterable<WalEntryInput>): number;
  sync(): Promise<number>;
}

/** Where a state stands when it is opened: what recovery found. */
export interface StartingPoint {
  readonly walPosition: number;
  readonly sourceOffsets: ReadonlyMap<string, bigint>;
  readonly watermark?: bigint | undefined;
}

/** Writes groups of changes to a log and keeps the store, the offsets and the watermark as of the last one. */
export class CommitLog {
  readonly #log: CommitTarget;
  readonly #store: StateStore;
  readonly #offsets: Map<string, bigint>;
  #walPosition: number;
  watermark: bigint | undefined;

  constructor(log: CommitTarget, store: StateStore, start: StartingPoint) {
    this.#log = log;
    this.#store = store;
    this.#walPosition = start.walPosition;
    this.#offsets = new Map(start.sourceOffsets);
    this.watermark = start.watermark;
  }

  get offsets(): ReadonlyMap<string, bigint> {
    return this.#offsets;
  }

  get durableLsn(): number {
    return this.#log.durableLsn;
  }

  /** The cut that the store is at. */
  get point(): CommitPoint {
    return { walPosition: this.#walPosition, walId: this.#log.logId, sourceOffsets: new Map(this.#offsets), watermark: this.watermark };
  }

  /**
   * Appends a group with its commit, in one batch; false when there is nothing to say. Nothing has changed when it throws, and
   * nothing is durable before a `sync`. What was appended has to be applied in the same turn.
   */
  append(changes: readonly StagedChange[], { offsets = NONE, watermark }: CommitInput): boolean {
    const moved = offsets.size === 0 ? NONE : this.#moved(offsets);
    const later = watermark !== undefined && isLater(BigInt(watermark), this.watermark) ? BigInt(watermark) : undefined;
    if (changes.length === 0 && moved.size === 0 && later === undefined) return false;
    this.#walPosition = this.#log.appendAll([...changes, { type: "commit", offsets: moved, watermark: later }]);
    for (const [source, offset] of moved) this.#offsets.set(source, offset);
    this.watermark = later ?? this.watermark;
    return true;
  }

  #moved(offsets: ReadonlyMap<string, bigint | number>): ReadonlyMap<string, bigint> {
    const moved = new Map<string, bigint>();
    for (const [source, offset] of offsets) if (isLater(BigInt(offset), this.#offsets.get(source))) moved.set(source, BigInt(offset));
    return moved;
  }

  apply(changes: readonly StagedChange[]): void {
    for (const change of changes) {
      if (change.type === "put") this.#store.put(change.key, change.value);
      else this.#store.delete(change.key);
    }
  }

  /** Settles when everything that was appended is durable. */
  sync(): Promise<number> {
    return this.#log.sync();
  }
}

const NONE: ReadonlyMap<string, bigint> = new Map();

/** As recovery judges it: what came before is never taken back. */
const isLater = (value: bigint, before: bigint | undefined): boolean => before === undefined || value > before;
