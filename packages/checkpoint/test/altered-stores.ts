import { type CheckpointStore, memoryCheckpointStore, type StoreListing } from "../src/index.ts";

export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
export type Alter = (store: CheckpointStore) => Partial<CheckpointStore>;

/** A store that breaks one sentence of the contract. */
export interface BrokenStore {
  readonly breaks: string;
  /** The case of the suite that finds it. */
  readonly caughtBy: string;
  readonly alter: Alter;
  /** What the next process has; the same store if not given. */
  readonly reopened?: Alter;
}

export const alteredMemory = (alter: Alter): CheckpointStore => {
  const store = memoryCheckpointStore();
  return { ...store, ...alter(store) };
};

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export async function all(chunks: Chunks): Promise<Uint8Array[]> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk);
  return list;
}

export const listed = (store: CheckpointStore, change: (listing: StoreListing) => Partial<StoreListing>): Partial<CheckpointStore> => ({
  async list() {
    const listing = await store.list();
    return { ...listing, ...change(listing) };
  },
});

/** Publishes other chunks than those given. */
export const republished = (store: CheckpointStore, change: (chunks: Chunks) => Chunks): Partial<CheckpointStore> => ({
  publish: (id, state, describe) => store.publish(id, isChunks(state) ? change(state) : state, describe),
});

type Describe = Parameters<CheckpointStore["publish"]>[2];

/** Describes the state otherwise than it was asked to. */
export const redescribed = (store: CheckpointStore, change: (describe: Describe) => Describe): Partial<CheckpointStore> => ({
  publish: (id, state, describe) => store.publish(id, state, typeof describe === "function" ? change(describe) : describe),
});

export const isChunks = (state: unknown): boolean =>
  typeof state === "object" && state !== null && !(state instanceof Uint8Array) && (Symbol.iterator in state || Symbol.asyncIterator in state);

export const ifPublished = async <T>(store: CheckpointStore, id: number, otherwise: T, read: () => Promise<T>): Promise<T> =>
  typeof id !== "number" || !Number.isSafeInteger(id) || id < 1 || (await store.list()).ids.includes(id) ? read() : otherwise;

/** The rest of the altered publish, where the arguments are right. */
export function republishedWith(store: CheckpointStore, publish: CheckpointStore["publish"]): Partial<CheckpointStore> {
  return {
    publish: (id, state, describe) =>
      (isChunks(state) && Number.isSafeInteger(id) && typeof describe === "function" ? publish : store.publish)(id, state, describe),
  };
}
