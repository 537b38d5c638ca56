import { checkBytes, keyText } from "./key-text.ts";
import { SnapshotError } from "./snapshot-error.ts";
import type { SnapshotEntry, SnapshotKind } from "./snapshot-entry.ts";
import type { StateCapture, StateStore } from "./state-store.ts";

type Entries = Map<string, SnapshotEntry>;

/** How a capture that is safe was named. */
interface Saved {
  readonly checkpointId: number | undefined;
}

/** Without an argument the capture failed. */
type Release = (saved?: Saved) => void;

/** A `StateStore` in memory, empty. */
export function createStateStore(): StateStore {
  return new MemoryStateStore();
}

class MemoryStateStore implements StateStore {
  /** Without deleted keys. While a full capture is open it is frozen, and `#changed` lies over it. */
  #base: Entries = new Map();
  /** What isn't saved and not in an open capture; the last change of each key. */
  #changed: Entries = new Map();
  #open: Capture | undefined;
  #size = 0;
  #savedAs: number | undefined;

  get size(): number {
    return this.#size;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    checkBytes(key, "A key");
    return this.#find(keyText(key))?.value;
  }

  has(key: Uint8Array): boolean {
    return this.get(key) !== undefined;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    checkBytes(key, "A key");
    checkBytes(value, "A value");
    const text = keyText(key);
    const before = this.#find(text);
    const entry = { key: before?.key ?? copyOf(key), value: copyOf(value) };
    if (before?.value === undefined) this.#size += 1;
    this.#changed.set(text, entry);
    if (!this.#isLayered()) this.#base.set(text, entry);
  }

  delete(key: Uint8Array): boolean {
    checkBytes(key, "A key");
    const text = keyText(key);
    const before = this.#find(text);
    if (before?.value === undefined) return false;
    this.#size -= 1;
    this.#changed.set(text, { key: before.key, value: undefined });
    if (!this.#isLayered()) this.#base.delete(text);
    return true;
  }

  *entries(): Iterable<readonly [Uint8Array, Uint8Array]> {
    for (const text of this.#base.keys()) yield* this.#pair(text);
    // Listed before the first is given out: a capture that ends meanwhile moves them into the base.
    const added = this.#isLayered() ? [...this.#changed.keys()].filter((text) => !this.#base.has(text)) : [];
    for (const text of added) yield* this.#pair(text);
  }

  snapshot(): StateCapture {
    return this.#capture("full", this.#base, undefined);
  }

  delta(): StateCapture {
    return this.#capture("delta", this.#changed, this.#savedAs);
  }

  restore(entries: Iterable<SnapshotEntry>): void {
    this.#checkIdle();
    const base: Entries = new Map();
    for (const { key, value } of entries) {
      checkBytes(key, "A key");
      if (value === undefined) base.delete(keyText(key));
      else base.set(keyText(key), checkedPair(key, value));
    }
    this.#checkIdle();
    this.#base = base;
    this.#changed = new Map();
    this.#size = base.size;
    this.#savedAs = undefined;
  }

  #find(text: string): SnapshotEntry | undefined {
    const newer = this.#isLayered() ? this.#changed.get(text) : undefined;
    return newer ?? this.#base.get(text);
  }

  *#pair(text: string): Iterable<readonly [Uint8Array, Uint8Array]> {
    const entry = this.#find(text);
    if (entry?.value !== undefined) yield [entry.key, entry.value];
  }

  #isLayered(): boolean {
    return this.#open?.kind === "full";
  }

  #checkIdle(): void {
    if (this.#open === undefined) return;
    throw new SnapshotError("SNAPSHOT_BUSY", `A ${this.#open.kind} capture is open. Call its done() or fail() first.`);
  }

  #capture(kind: SnapshotKind, captured: Entries, basedOn: number | undefined): StateCapture {
    this.#checkIdle();
    const unsaved = this.#changed;
    this.#changed = new Map();
    this.#open = new Capture(kind, captured, basedOn, (saved) => this.#release(saved, unsaved));
    return this.#open;
  }

  #release(saved: Saved | undefined, unsaved: Entries): void {
    if (this.#isLayered()) layOver(this.#base, this.#changed);
    this.#open = undefined;
    if (saved !== undefined) {
      this.#savedAs = saved.checkpointId;
      return;
    }
    for (const [text, entry] of this.#changed) unsaved.set(text, entry);
    this.#changed = unsaved;
  }
}

class Capture implements StateCapture {
  readonly kind: SnapshotKind;
  readonly basedOn: number | undefined;
  readonly size: number;
  #entries: Entries | undefined;
  readonly #release: Release;

  constructor(kind: SnapshotKind, entries: Entries, basedOn: number | undefined, release: Release) {
    this.kind = kind;
    this.basedOn = basedOn;
    this.size = entries.size;
    this.#entries = entries;
    this.#release = release;
  }

  *entries(): Iterable<SnapshotEntry> {
    for (const entry of this.#held().values()) {
      this.#held();
      yield entry;
    }
    this.#held();
  }

  done(checkpointId?: number): void {
    this.#end({ checkpointId });
  }

  fail(): void {
    this.#end();
  }

  #held(): Entries {
    if (this.#entries !== undefined) return this.#entries;
    throw new SnapshotError("SNAPSHOT_RELEASED", `The ${this.kind} capture was done or failed before; take a new one.`);
  }

  #end(saved?: Saved): void {
    if (this.#entries === undefined) return;
    this.#entries = undefined;
    this.#release(saved);
  }
}

function layOver(base: Entries, changes: Entries): void {
  for (const [text, entry] of changes) {
    if (entry.value === undefined) base.delete(text);
    else base.set(text, entry);
  }
}

function checkedPair(key: Uint8Array, value: unknown): SnapshotEntry {
  checkBytes(value, "A value");
  return { key, value };
}

const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);
