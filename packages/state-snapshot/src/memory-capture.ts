import { CapturedRecords } from "./captured-records.ts";
import type { FrozenRecords } from "./record-table.ts";
import type { SnapshotEntry, SnapshotKind } from "./snapshot-entry.ts";
import type { StateCapture } from "./state-store.ts";
import type { UnsavedChanges } from "./unsaved-changes.ts";

/** How a capture that is safe was named. */
export interface Saved {
  readonly checkpointId: number | undefined;
}

export interface CaptureParts {
  readonly kind: SnapshotKind;
  readonly size: number;
  readonly basedOn: number | undefined;
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
  readonly basedOn: number | undefined;
  readonly unsaved: UnsavedChanges;
  readonly #records: CapturedRecords;
  readonly #release: (saved?: Saved) => void;
  #isOpen = true;

  constructor({ kind, size, basedOn, records, unsaved, release }: CaptureParts) {
    this.kind = kind;
    this.size = size;
    this.basedOn = basedOn;
    this.unsaved = unsaved;
    this.#records = new CapturedRecords(records, kind === "full" ? undefined : unsaved.changed);
    this.#release = release;
  }

  entries(): Iterable<SnapshotEntry> {
    this.#records.held();
    return this.#records;
  }

  done(checkpointId?: number): void {
    this.#end({ checkpointId });
  }

  fail(): void {
    this.#end();
  }

  #end(saved?: Saved): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#records.release();
    this.#release(saved);
  }
}
