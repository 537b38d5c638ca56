import { CheckpointError } from "../src/index.ts";
import { all, type BrokenStore, bytes, ifPublished, listed, republishedWith } from "./altered-stores.ts";
import { BROKEN_ARGUMENTS, BROKEN_FAILING, BROKEN_PUBLISHING } from "./broken-publishing.ts";

const unknown = "answers for what was never published with CHECKPOINT_NOT_FOUND";
const withdraws = "withdraws what is asked, metadata and state, and keeps the rest";
const sweeps = "sweeps what is withdrawn and keeps what is published, as often as it is called";
const oneOwner = "has one owner at a time";
const freed = "is free after a release, and a second release doesn't touch the next owner";
const keptBytes = "keeps what is published when a caller changes the bytes that it read";
const anyOrder = "takes ids in any order, up to 2^53 - 1, and lists them ascending";

const owning: readonly BrokenStore[] = [
  {
    breaks: "gives the lock to everybody",
    caughtBy: oneOwner,
    alter: () => ({ lock: async () => ({ held: async () => true, release: async () => undefined }) }),
  },
  {
    breaks: "says that a released lock is held",
    caughtBy: oneOwner,
    alter: (store) => ({ lock: async () => ({ ...(await store.lock()), held: async () => true }) }),
  },
  {
    breaks: "refuses a second owner with an error of no code",
    caughtBy: oneOwner,
    alter: (store) => ({ lock: () => store.lock().catch(() => Promise.reject(new Error("locked"))) }),
  },
  { breaks: "never gets free", caughtBy: freed, alter: (store) => ({ lock: async () => ({ ...(await store.lock()), release: async () => undefined }) }) },
  {
    breaks: "lets a former owner release the lock of the next",
    caughtBy: freed,
    alter: () => {
      let locked = false;
      return {
        async lock() {
          if (locked) throw new CheckpointError("CHECKPOINT_LOCKED", "locked");
          locked = true;
          return { held: async () => locked, release: async () => void (locked = false) };
        },
      };
    },
  },
  {
    breaks: "makes the place when it is only looked at",
    caughtBy: "is read without a lock and before it is made, and isn't made by that",
    alter: (store) => {
      let looks = 0;
      return listed(store, () => ({ exists: looks++ > 0 }));
    },
  },
  { breaks: "isn't there once it is locked", caughtBy: "is empty at first", alter: (store) => listed(store, () => ({ exists: false })) },
  {
    breaks: "is read only by its owner",
    caughtBy: "is read as before when nobody owns it",
    alter: (store) => {
      let owners = 0;
      return {
        async lock() {
          const lock = await store.lock();
          owners++;
          return { held: () => lock.held(), release: () => (owners--, lock.release()) };
        },
        list: async () => (owners > 0 ? store.list() : { ...(await store.list()), ids: [] }),
      };
    },
  },
  {
    breaks: "gives the lock to another store of the same place",
    caughtBy: "has one owner among all stores of one place",
    alter: () => ({}),
    reopened: () => ({ lock: async () => ({ held: async () => true, release: async () => undefined }) }),
  },
  {
    breaks: "shows another store an old list",
    caughtBy: "shows what one store has published and withdrawn to every other one at once",
    alter: () => ({}),
    reopened: (store) => listed(store, () => ({ ids: [] })),
  },
  {
    breaks: "knows the highest id only as long as it runs",
    caughtBy: "knows the highest id in the next process too, though all of it was withdrawn and swept",
    alter: () => ({}),
    reopened: (store) => listed(store, ({ ids }) => ({ highestId: Math.max(0, ...ids) })),
  },
];

const reading: readonly BrokenStore[] = [
  {
    breaks: "has one name for metadata and state",
    caughtBy: "names where metadata and state of a checkpoint are, each by a name of its own",
    alter: () => ({ locate: (id) => `${id}` }),
  },
  { breaks: "lists in the order of publishing", caughtBy: anyOrder, alter: (store) => listed(store, ({ ids }) => ({ ids: [...ids].reverse() })) },
  { breaks: "lists as text is sorted", caughtBy: anyOrder, alter: (store) => listed(store, ({ ids }) => ({ ids: ids.map(String).sort().map(Number) })) },
  {
    breaks: "keeps 32 bits of an id",
    caughtBy: anyOrder,
    alter: (store) => ({ publish: (id, ...rest) => store.publish(Number.isSafeInteger(id) && id > 2 ** 32 ? id % 2 ** 32 : id, ...rest) }),
  },
  {
    breaks: "gives the list that it keeps itself",
    caughtBy: "gives lists that don't change later",
    alter: (store) => {
      const ids: number[] = [];
      return { list: async () => ({ ...(await store.list()), ids: (ids.splice(0, ids.length, ...(await store.list()).ids), ids) }) };
    },
  },
  {
    breaks: "gives the metadata that it keeps itself",
    caughtBy: keptBytes,
    alter: (store) => {
      const kept = new Map<number, Uint8Array>();
      return {
        async readMetadata(id) {
          const read = await store.readMetadata(id);
          if (!kept.has(id)) kept.set(id, read);
          return kept.get(id) ?? read;
        },
      };
    },
  },
  {
    breaks: "gives the state that it keeps itself",
    caughtBy: keptBytes,
    alter: (store) => {
      const kept = new Map<number, Uint8Array[]>();
      return {
        async *readState(id) {
          const read = await all(store.readState(id));
          if (!kept.has(id)) kept.set(id, read);
          yield* kept.get(id) ?? read;
        },
      };
    },
  },
  {
    breaks: "scans into memory that all scans share",
    caughtBy: "scans a state as it reads it, if it scans at all",
    alter: (store) => {
      const shared = new Uint8Array(2 ** 20);
      return {
        async *scanState(id) {
          for await (const chunk of store.readState(id)) {
            shared.set(chunk);
            yield shared.subarray(0, chunk.length);
          }
        },
      };
    },
  },
  {
    breaks: "has empty metadata for what it doesn't have",
    caughtBy: unknown,
    alter: (store) => ({ readMetadata: (id) => ifPublished(store, id, bytes(""), () => store.readMetadata(id)) }),
  },
  {
    breaks: "has an empty state for what it doesn't have",
    caughtBy: unknown,
    alter: (store) => ({
      async *readState(id) {
        yield* await ifPublished(store, id, [], () => all(store.readState(id)));
      },
    }),
  },
  {
    breaks: "has a revision of what it doesn't have",
    caughtBy: unknown,
    alter: (store) => ({ revision: (id) => ifPublished(store, id, "none", () => store.revision(id)) }),
  },
  {
    breaks: "has one cursor for all readers of a state",
    caughtBy: "reads a state from its start at every call, also when two read at once",
    alter: (store) => {
      const open = new Map<number, AsyncIterator<Uint8Array>>();
      return {
        async *readState(id) {
          const cursor = open.get(id) ?? store.readState(id)[Symbol.asyncIterator]();
          open.set(id, cursor);
          for (let next = await cursor.next(); !next.done; next = await cursor.next()) yield next.value;
          open.delete(id);
        },
      };
    },
  },
  {
    breaks: "withdraws nothing whose reader stopped early",
    caughtBy: "can be read, withdrawn and swept after a reader stopped early",
    alter: (store) => {
      const open = new Set<number>();
      return {
        async *readState(id) {
          open.add(id);
          yield* store.readState(id);
          open.delete(id);
        },
        withdraw: async (ids) => (open.size > 0 ? Promise.reject(new Error("in use")) : store.withdraw(ids)),
      };
    },
  },
  {
    breaks: "ends a state early when it is withdrawn",
    caughtBy: "gives the right bytes or CHECKPOINT_NOT_FOUND while a checkpoint is withdrawn and swept, never others",
    alter: (store) => ({
      async *readState(id) {
        for await (const chunk of store.readState(id)) {
          if (!(await store.list()).ids.includes(id)) return;
          yield chunk;
        }
      },
    }),
  },
  {
    breaks: "gives another revision at every look",
    caughtBy: "gives the same revision of a state as long as it is published, whatever else is done",
    alter: (store) => {
      let looks = 0;
      return { revision: async (id) => `${await store.revision(id)} ${looks++}` };
    },
  },
];

const removing: readonly BrokenStore[] = [
  {
    breaks: "withdraws everything",
    caughtBy: withdraws,
    alter: (store) => ({ withdraw: async (ids) => (await store.withdraw(ids), store.withdraw((await store.list()).ids)) }),
  },
  {
    breaks: "withdraws only the first",
    caughtBy: withdraws,
    alter: (store) => ({ withdraw: (ids) => store.withdraw(Array.isArray(ids) ? ids.slice(0, 1) : ids) }),
  },
  {
    breaks: "withdraws only the metadata",
    caughtBy: withdraws,
    alter: (store) => {
      const kept = new Map<number, Uint8Array[]>();
      return {
        async withdraw(ids) {
          for (const id of (await store.list()).ids) kept.set(id, await all(store.readState(id)));
          await store.withdraw(ids);
        },
        async *readState(id) {
          yield* kept.get(id) ?? store.readState(id);
        },
      };
    },
  },
  {
    breaks: "fails when one to withdraw isn't there",
    caughtBy: "passes over ids that aren't published, or are asked for twice, when it withdraws",
    alter: (store) => ({
      async withdraw(ids) {
        for (const id of ids) await store.readMetadata(id);
        await store.withdraw(ids);
      },
    }),
  },
  { breaks: "sweeps away the oldest", caughtBy: sweeps, alter: (store) => ({ sweep: async () => store.withdraw((await store.list()).ids.slice(0, 1)) }) },
  {
    breaks: "sweeps only once",
    caughtBy: sweeps,
    alter: () => {
      let swept = 0;
      return { sweep: async () => (swept++ > 1 ? Promise.reject(new Error("swept already")) : undefined) };
    },
  },
  {
    breaks: "forgets the highest id when it is withdrawn",
    caughtBy: "knows the highest id after its checkpoint was withdrawn and swept, by one leftover at most",
    alter: (store) => listed(store, ({ ids }) => ({ highestId: Math.max(0, ...ids) })),
  },
  {
    breaks: "keeps a leftover for every id up to the highest",
    caughtBy: "knows the highest id after its checkpoint was withdrawn and swept, by one leftover at most",
    alter: (store) => listed(store, ({ ids, highestId }) => ({ leftovers: ids.includes(highestId) ? [] : ["trash_1", "trash_2"] })),
  },
  {
    breaks: "keeps the name of what was withdrawn for ever",
    caughtBy: "has no leftover once something higher is published and it has swept",
    alter: (store) => {
      let withdrawn = false;
      return { withdraw: (ids) => ((withdrawn = true), store.withdraw(ids)), ...listed(store, () => ({ leftovers: withdrawn ? ["trash_1"] : [] })) };
    },
  },
  {
    breaks: "gets full after a while",
    caughtBy: "can be used for a long time without leaving anything behind",
    alter: (store) => {
      let published = 0;
      return republishedWith(store, async (...call) => (published++ > 25 ? Promise.reject(new Error("full")) : store.publish(...call)));
    },
  },
];

export const BROKEN_STORES: readonly BrokenStore[] = [...owning, ...reading, ...BROKEN_PUBLISHING, ...BROKEN_FAILING, ...removing, ...BROKEN_ARGUMENTS];
