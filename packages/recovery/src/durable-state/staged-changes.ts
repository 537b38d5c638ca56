import type { StateStore } from "@laminar/state-snapshot";
import type { WalCodec } from "@laminar/wal";
import { shown } from "@laminar/disk/arguments";
import type { ChangeGroup } from "./durable-state.ts";
import type { KeyCodec } from "./key-codec.ts";
import { StagedBytes } from "./staged-bytes.ts";

/** A change that waits for its commit, as the log takes it. */
export type StagedChange = { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array } | { readonly type: "delete"; readonly key: Uint8Array };

/** How keys and values become bytes. */
export interface Codecs<K, V> {
  readonly keys: KeyCodec<K>;
  readonly values: WalCodec<V>;
}

/** So many keys are compared one by one: most groups are of one change, and a map for it took as long as to write it to the log. */
const COMPARED_MAX = 4;

/** Changes over a store that doesn't know them yet. */
export class StagedChanges<K, V> implements ChangeGroup<K, V> {
  readonly #store: () => StateStore;
  readonly #codecs: Codecs<K, V>;
  readonly #bytes = new StagedBytes();
  /** In the order in which their keys were first changed. */
  #changes: StagedChange[] = [];
  /** Where the change of a key stands, by its text, once there are too many to compare. */
  #places: Map<string, number> | undefined;

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
    if (!(encoded instanceof Uint8Array)) throw new TypeError(`encode() of the values' codec must give a Uint8Array, not ${shown(encoded)}`);
    this.#stage({ type: "put", key: this.#bytes.copy(bytes), value: this.#bytes.copy(encoded) });
  }

  delete(key: K): boolean {
    const bytes = this.#codecs.keys.encode(key);
    if (this.#valueOf(bytes) === undefined) return false;
    this.#stage({ type: "delete", key: this.#bytes.copy(bytes) });
    return true;
  }

  get size(): number {
    let size = this.#store().size;
    for (const { type, key } of this.#changes) size += Number(type === "put") - Number(this.#store().has(key));
    return size;
  }

  /** What is staged at the beginning comes first, and isn't looked for in the store any more: a commit meanwhile moves it there. */
  *entries(): Generator<readonly [K, V], void, undefined> {
    const { keys, values } = this.#codecs;
    const changes = [...this.#changes];
    const staged = new Set(changes.map(({ key }) => keys.text(key)));
    for (const change of changes) if (change.type === "put") yield [keys.decode(change.key), values.decode(change.value)];
    for (const [key, value] of this.#store().entries()) {
      if (staged.size > 0 && staged.has(keys.text(key))) continue;
      yield [keys.decode(key), values.decode(value)];
    }
  }

  /** The changes. What was given stays as it is once they were dropped. */
  look(): readonly StagedChange[] {
    return this.#changes;
  }

  drop(): void {
    this.#changes = [];
    this.#places = undefined;
  }

  #valueOf(key: Uint8Array): Uint8Array | undefined {
    const change = this.#changes[this.#placeOf(key)];
    if (change === undefined) return this.#store().get(key);
    return change.type === "put" ? change.value : undefined;
  }

  #stage(change: StagedChange): void {
    const place = this.#placeOf(change.key);
    if (place < 0) this.#places?.set(this.#codecs.keys.text(change.key), this.#changes.length);
    this.#changes[place < 0 ? this.#changes.length : place] = change;
  }

  #placeOf(key: Uint8Array): number {
    const changes = this.#changes;
    if (changes.length <= COMPARED_MAX) return changes.findIndex((change) => areEqual(change.key, key));
    this.#places ??= new Map(changes.map((change, place) => [this.#codecs.keys.text(change.key), place]));
    return this.#places.get(this.#codecs.keys.text(key)) ?? -1;
  }
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
