import { IdSet } from "./id-set.ts";

/** What the last checkpoint doesn't know: entries that changed since, and which of them it never had. */
export class UnsavedChanges {
  readonly #changed = new IdSet();
  readonly #added = new IdSet();

  /** All that changed, added and deleted ones too. */
  get changed(): IdSet {
    return this.#changed;
  }

  /** Those of `changed` that the last checkpoint never had. */
  get added(): IdSet {
    return this.#added;
  }

  add(id: number): void {
    this.#changed.add(id);
    this.#added.add(id);
  }

  change(id: number): void {
    this.#changed.add(id);
  }

  /** Whether the last checkpoint, and an open capture, are without that entry: a delta doesn't have to say that it is gone. */
  isNew(id: number): boolean {
    return this.#added.has(id);
  }

  /** An entry that `isNew` is gone. */
  forget(id: number): void {
    this.#changed.delete(id);
    this.#added.delete(id);
  }

  /** Adds what another one knows. */
  absorb(other: UnsavedChanges): void {
    this.#changed.absorb(other.#changed);
    this.#added.absorb(other.#added);
  }
}
