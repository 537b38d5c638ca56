import { createStateStore, type StateStore } from "@laminar/state-snapshot";
import { keysOf, value } from "./entries.ts";
import type { HotPath } from "./hot-path.ts";

const operations = 10_000;
const other = new Uint8Array(100).fill(8);

export const putNew: HotPath = {
  name: "put-new",
  per: "key that a state store doesn't have yet",
  operations,
  async prepare(_disk, count) {
    const keys = keysOf(count);
    const store = createStateStore();
    return () => putAll(store, keys, value);
  },
};

export const putOver: HotPath = {
  name: "put-over",
  per: "key that a state store has, with another value",
  operations,
  async prepare(_disk, count) {
    const keys = keysOf(count);
    const store = storeOf(keys);
    return () => putAll(store, keys, other);
  },
};

export const get: HotPath = {
  name: "get",
  per: "value that a state store gives",
  operations,
  async prepare(_disk, count) {
    const keys = keysOf(count);
    const store = storeOf(keys);
    return () => getAll(store, keys);
  },
};

export const remove: HotPath = {
  name: "delete",
  per: "key that a state store deletes",
  operations,
  async prepare(_disk, count) {
    const keys = keysOf(count);
    const store = storeOf(keys);
    return () => deleteAll(store, keys);
  },
};

export const encode: HotPath = {
  name: "encode",
  per: "entry of a full snapshot",
  operations,
  async prepare(_disk, count) {
    const capture = storeOf(keysOf(count)).snapshot();
    return () => drain(capture.bytes("full"));
  },
};

export const restoreFrom: HotPath = {
  name: "restore",
  per: "entry of a snapshot that a state store takes",
  operations,
  async prepare(_disk, count) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of storeOf(keysOf(count)).snapshot().bytes("full")) chunks.push(chunk);
    return () => createStateStore().restoreFrom([chunks]);
  },
};

export function storeOf(keys: readonly Uint8Array[]): StateStore {
  const store = createStateStore();
  putAll(store, keys, value);
  return store;
}

export function putAll(store: StateStore, keys: readonly Uint8Array[], bytes: Uint8Array): void {
  for (const key of keys) store.put(key, bytes);
}

/*
 * The work stands in functions of their own: what a new closure runs would be compiled anew for each.
 */

function getAll(store: StateStore, keys: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const key of keys) bytes += store.get(key)?.length ?? 0;
  return bytes;
}

function deleteAll(store: StateStore, keys: readonly Uint8Array[]): void {
  for (const key of keys) store.delete(key);
}

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of chunks) bytes += chunk.length;
  return bytes;
}
