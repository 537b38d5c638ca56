import type { StateStore } from "@laminar/state-snapshot";
import type { WalCodec } from "@laminar/wal";
import type { ChangeGroup } from "./durable-state.ts";
import type { KeyCodec } from "./key-codec.ts";

/** A change that waits for its commit; a value of `undefined` deletes. */
export interface StagedChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** How keys and values become bytes. */
export interface Codecs<K, V> {
  readonly keys: KeyCodec<K>;
  readonly values: WalCodec<V>;
}

/** Changes over a store that doesn't know them yet. */
export class StagedChanges<K, V> implements ChangeGroup<K, V> {
  readonly #store: () => StateStore;
  readonly #codecs: Codecs<K, V>;
  #changes = new Map<string, StagedChange>();

  constructor(store: () => StateStore, codecs: Codecs<K, V>) {
    this.#store = store;
    this.#codecs = codecs;
  }

  get(key: K): V | undefined {
    const bytes = this.#valueOf(this.#codecs.keys.encode(key));
    return bytes === undefined ? undefined : this.#codecs.values.decode(bytes);
  }

  has(key: K): boolean {
    return this.#valueOf(this.#codecs.keys.encode(key)) !== undefined;
  }

  put(key: K, value: V): void {
    const bytes = this.#codecs.keys.encode(key);
    const encoded = this.#codecs.values.encode(value);
    if (!(encoded instanceof Uint8Array)) throw new TypeError("encode() of the values' codec must give a Uint8Array");
    this.#stage(bytes, encoded.slice());
  }

  delete(key: K): boolean {
    const bytes = this.#codecs.keys.encode(key);
    if (this.#valueOf(bytes) === undefined) return false;
    this.#stage(bytes, undefined);
    return true;
  }

  get size(): number {
    let size = this.#store().size;
    for (const { key, value } of this.#changes.values()) size += Number(value !== undefined) - Number(this.#store().has(key));
    return size;
  }

  /** What is staged at the beginning comes first, and isn't looked for in the store any more: a commit meanwhile moves it there. */
  *entries(): Generator<readonly [K, V], void, undefined> {
    const { keys, values } = this.#codecs;
    const staged = new Map(this.#changes);
    for (const { key, value } of staged.values()) if (value !== undefined) yield [keys.decode(key), values.decode(value)];
    for (const [key, value] of this.#store().entries()) {
      if (staged.size > 0 && staged.has(keys.text(key))) continue;
      yield [keys.decode(key), values.decode(value)];
    }
  }

  /** The changes, in the order in which their keys were first changed. */
  look(): readonly StagedChange[] {
    return [...this.#changes.values()];
  }

  drop(): void {
    this.#changes = new Map();
  }

  #valueOf(key: Uint8Array): Uint8Array | undefined {
    const staged = this.#changes.get(this.#codecs.keys.text(key));
    return staged === undefined ? this.#store().get(key) : staged.value;
  }

  #stage(key: Uint8Array, value: Uint8Array | undefined): void {
    this.#changes.set(this.#codecs.keys.text(key), { key, value });
  }
}
