import { CapturedCursor } from "./captured-cursor.ts";
import { checkAllocate, checkKind } from "./check-arguments.ts";
import { nowNs } from "./encode-snapshot.ts";
import { ahead, paced } from "./pace.ts";
import { keyAt, valueAt } from "./record.ts";
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
  #records: FrozenRecords | undefined;

  constructor({ kind, keyCount, basedOn, records, unsaved, release }: CaptureParts) {
    this.kind = kind;
    this.size = kind === "full" ? keyCount : unsaved.changed.size;
    this.keyCount = keyCount;
    this.basedOn = basedOn;
    this.unsaved = unsaved;
    this.#records = records;
    this.#release = release;
  }

  entries(): Iterable<SnapshotEntry> {
    this.#held();
    return { [Symbol.iterator]: () => entriesOf(this.#cursor(this.kind)) };
  }

  bytes(kind: SnapshotKind, allocate?: AllocateMemory): AsyncIterable<Uint8Array> {
    checkKind(kind);
    checkAllocate(allocate);
    this.#held();
    const chunks = (): AsyncGenerator<Uint8Array, void> => paced(encodeRecords(this.#cursor(kind), kind, this.#timestampNs, allocate));
    return { [Symbol.asyncIterator]: () => ahead(chunks(), () => this.#held()) };
  }

  done(checkpoint?: unknown): void {
    this.#end({ as: checkpoint });
  }

  fail(): void {
    this.#end();
  }

  #cursor(kind: SnapshotKind): CapturedCursor {
    return new CapturedCursor(() => this.#held(), kind === "full" ? undefined : this.unsaved.changed);
  }

  #held(): FrozenRecords {
    if (this.#records !== undefined) return this.#records;
    throw new SnapshotError("SNAPSHOT_RELEASED", "The capture was done or failed before; take a new one.");
  }

  #end(saved?: Saved): void {
    if (this.#records === undefined) return;
    this.#records = undefined;
    this.#release(saved);
  }
}

function* entriesOf(cursor: RecordCursor): Generator<SnapshotEntry, void> {
  for (let step = cursor.advance(); step !== "end"; step = cursor.advance()) {
    if (step === "record") yield { key: keyAt(cursor.bytes, cursor.start), value: valueAt(cursor.bytes, cursor.start) };
  }
}
