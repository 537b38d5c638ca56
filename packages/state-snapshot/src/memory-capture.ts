import { CapturedCursor } from "./captured-cursor.ts";
import type { HeldMoment } from "./captured-cursor.ts";
import { checkAllocate, checkKind } from "./check-arguments.ts";
import { nowNs } from "./encode-snapshot.ts";
import { ahead, paced } from "./pace.ts";
import { keyAt, valueAt } from "./record.ts";
import { RecordTable } from "./record-table.ts";
import type { FrozenRecords } from "./record-table.ts";
import { SnapshotError } from "./snapshot-error.ts";
import type { SnapshotEntry, SnapshotKind } from "./snapshot-entry.ts";
import type { AllocateMemory, StateCapture } from "./state-store.ts";
import type { UnsavedChanges } from "./unsaved-changes.ts";
import { encodeRecords } from "./write-records.ts";
import type { RecordCursor } from "./write-records.ts";

/** How a capture that is safe was named. */
export interface Saved {
  readonly as: unknown;
}

export interface CaptureParts {
  readonly kind: SnapshotKind;
  readonly keyCount: number;
  readonly basedOn: unknown;
  readonly records: FrozenRecords;
  /** What was unsaved when it was taken. */
  readonly unsaved: UnsavedChanges;
  /** Without an argument the capture failed. */
  readonly release: (saved?: Saved) => void;
}

/** A capture of the store in memory. */
export class MemoryCapture implements StateCapture {
  readonly kind: SnapshotKind;
  readonly size: number;
  readonly keyCount: number;
  readonly basedOn: unknown;
  readonly unsaved: UnsavedChanges;
  readonly #timestampNs = nowNs();
  readonly #release: (saved?: Saved) => void;
  readonly #moment: CapturedMoment;

  constructor({ kind, keyCount, basedOn, records, unsaved, release }: CaptureParts) {
    this.kind = kind;
    this.size = kind === "full" ? keyCount : unsaved.changed.size;
    this.keyCount = keyCount;
    this.basedOn = basedOn;
    this.unsaved = unsaved;
    this.#moment = new CapturedMoment(records);
    this.#release = release;
  }

  entries(): Iterable<SnapshotEntry> {
    this.#moment.check();
    return { [Symbol.iterator]: () => entriesOf(this.#cursor(this.kind)) };
  }

  bytes(kind: SnapshotKind, allocate?: AllocateMemory): AsyncIterable<Uint8Array> {
    checkKind(kind);
    checkAllocate(allocate);
    this.#moment.check();
    const chunks = (): AsyncGenerator<Uint8Array, void> => paced(encodeRecords(this.#cursor(kind), kind, this.#timestampNs, allocate));
    return { [Symbol.asyncIterator]: () => ahead(chunks(), () => this.#moment.check()) };
  }

  done(checkpoint?: unknown): void {
    this.#end({ as: checkpoint });
  }

  fail(): void {
    this.#end();
  }

  #cursor(kind: SnapshotKind): CapturedCursor {
    return new CapturedCursor(this.#moment, kind === "full" ? undefined : this.unsaved.changed);
  }

  #end(saved?: Saved): void {
    if (this.#moment.end()) this.#release(saved);
  }
}

/** The records of a capture, until it ends. */
class CapturedMoment implements HeldMoment {
  /** See `BlockWriter.kept`. */
  static readonly kept: CapturedMoment = new CapturedMoment(new RecordTable().freeze());

  #records: FrozenRecords | undefined;

  constructor(records: FrozenRecords) {
    this.#records = records;
  }

  get records(): FrozenRecords {
    if (this.#records !== undefined) return this.#records;
    throw new SnapshotError("SNAPSHOT_RELEASED", "The capture was done or failed before; take a new one.");
  }

  check(): void {
    void this.records;
  }

  /** Lets go of them; false when that was done before. */
  end(): boolean {
    const wasHeld = this.#records !== undefined;
    this.#records = undefined;
    return wasHeld;
  }
}

function* entriesOf(cursor: RecordCursor): Generator<SnapshotEntry, void> {
  for (let step = cursor.advance(); step !== "end"; step = cursor.advance()) {
    if (step === "record") yield { key: keyAt(cursor.bytes, cursor.start), value: valueAt(cursor.bytes, cursor.start) };
  }
}
