import { all, type BrokenStore, bytes, isChunks, listed, redescribed, republished, republishedWith } from "./altered-stores.ts";

const whole = "lists nothing of a checkpoint until it is whole";
const replaces = "never replaces what is published, and then asks the new state for nothing";
const wrongId = "refuses an id that isn't a whole number from 1 to 2^53 - 1, before anything has changed";
const wrongChunk = "refuses a chunk that isn't a Uint8Array";
const wrongState = "refuses a state that isn't an iterable of chunks, before anything has changed";
const wrongMetadata = "refuses metadata that aren't 1 byte to 16 MiB";
const described = "tells the metadata the size and the CRC-32 of the whole state, once, after its last chunk";
const sourceFails = "publishes nothing when the state fails, and says why in its own words";
const descriptionFails = "publishes nothing when the metadata can't be described, and says why in its own words";

export const BROKEN_PUBLISHING: readonly BrokenStore[] = [
  {
    breaks: "gives the chunks back in another order",
    caughtBy: "gives back metadata and state as they were published",
    alter: (store) => ({
      async *readState(id) {
        yield* (await all(store.readState(id))).reverse();
      },
    }),
  },
  {
    breaks: "describes the state before its last chunk",
    caughtBy: described,
    alter: (store) =>
      republishedWith(store, async (id, state, describe) => {
        const metadata = describe({ size: 7, checksum: 0xc0de });
        await store.publish(id, state, () => metadata);
      }),
  },
  {
    breaks: "describes the state twice",
    caughtBy: described,
    alter: (store) => redescribed(store, (describe) => (written) => (describe(written), describe(written))),
  },
  {
    breaks: "tells a size that counts chunks",
    caughtBy: described,
    alter: (store) => redescribed(store, (describe) => ({ size, checksum }) => describe({ size: size + 1, checksum })),
  },
  { breaks: "tells no checksum", caughtBy: described, alter: (store) => redescribed(store, (describe) => ({ size }) => describe({ size, checksum: 0 })) },
  {
    breaks: "takes no empty state",
    caughtBy: "takes an empty state",
    alter: (store) =>
      republishedWith(store, async (...call) => (Array.isArray(call[1]) && call[1].length === 0 ? Promise.reject(new Error("empty")) : store.publish(...call))),
  },
  {
    breaks: "keeps the caller's metadata",
    caughtBy: "takes metadata of one byte and of many, and keeps them when the caller changes its own",
    alter: (store) => {
      const kept = new Map<number, Uint8Array>();
      return {
        publish: (id, state, describe) => store.publish(id, state, (written) => (kept.set(id, describe(written)), kept.get(id) ?? bytes(""))),
        readMetadata: async (id) => (await store.readMetadata(id), kept.get(id) ?? bytes("")),
      };
    },
  },
  {
    breaks: "lists a checkpoint while it is built",
    caughtBy: whole,
    alter: (store) => {
      const building = new Set<number>();
      return {
        publish: (id, state, describe) => (building.add(id), store.publish(id, state, describe).finally(() => building.delete(id))),
        ...listed(store, ({ ids }) => ({ ids: [...new Set([...ids, ...building])].sort((a, b) => a - b) })),
      };
    },
  },
  {
    breaks: "replaces what is published",
    caughtBy: replaces,
    alter: (store) => republishedWith(store, async (id, state, describe) => (await store.withdraw([id]), store.publish(id, state, describe))),
  },
  {
    breaks: "reads a state that it then doesn't publish",
    caughtBy: replaces,
    alter: (store) => republishedWith(store, async (id, state, describe) => store.publish(id, await all(state), describe)),
  },
  {
    breaks: "reads all of an asynchronous stream as one",
    caughtBy: "takes a state that comes as an asynchronous stream",
    alter: (store) => republished(store, (chunks) => (Symbol.asyncIterator in chunks ? [] : chunks)),
  },
  {
    breaks: "writes after it has asked for the next chunk",
    caughtBy: "has written a chunk before it asks for the next, which may come in the same memory",
    alter: (store) =>
      republished(store, async function* (chunks) {
        yield* await all(chunks);
      }),
  },
  {
    breaks: "writes the buffer behind a chunk",
    caughtBy: "writes only the bytes of a chunk's view",
    alter: (store) =>
      republished(store, async function* (chunks) {
        for await (const chunk of chunks) yield chunk instanceof Uint8Array ? new Uint8Array(chunk.buffer) : chunk;
      }),
  },
  {
    breaks: "cuts large chunks",
    caughtBy: "takes a state of many chunks and of large ones",
    alter: (store) =>
      ({
        async *readState(id) {
          for await (const chunk of store.readState(id)) yield chunk.subarray(0, 4_500_000);
        },
      }),
  },
];

export const BROKEN_FAILING: readonly BrokenStore[] = [
  {
    breaks: "publishes the part of a state that came before its failure",
    caughtBy: sourceFails,
    alter: (store) =>
      republished(store, async function* (chunks) {
        try {
          yield* chunks;
        } catch (error) {
          if (error instanceof TypeError) throw error;
        }
      }),
  },
  {
    breaks: "says in other words why a state failed",
    caughtBy: sourceFails,
    alter: (store) =>
      republished(store, async function* (chunks) {
        try {
          yield* chunks;
        } catch (error) {
          throw new Error("failed", { cause: error });
        }
      }),
  },
  {
    breaks: "publishes without the description that failed",
    caughtBy: descriptionFails,
    alter: (store) => ({
      publish: (id, state, describe) =>
        store.publish(id, state, (written) => {
          try {
            return describe(written);
          } catch {
            return bytes("nothing");
          }
        }),
    }),
  },
  {
    breaks: "leaves the state's iterator open when it gives up",
    caughtBy: "ends the state's iterator when a chunk isn't bytes, and publishes nothing",
    alter: (store) =>
      republished(store, (chunks) => {
        if (!(Symbol.iterator in chunks)) return chunks;
        const iterator = chunks[Symbol.iterator]();
        return { [Symbol.iterator]: () => ({ next: () => iterator.next() }) };
      }),
  },
  {
    breaks: "takes nothing more after a failure",
    caughtBy: "goes on after a publish that failed",
    alter: (store) => {
      let failed = false;
      return {
        async publish(...call) {
          if (failed) throw new Error("dead");
          failed = true;
          await store.publish(...call);
          failed = false;
        },
      };
    },
  },
];

export const BROKEN_ARGUMENTS: readonly BrokenStore[] = [
  {
    breaks: "takes the text of a number for an id",
    caughtBy: wrongId,
    alter: (store) => ({ publish: (id, ...rest) => store.publish(typeof id === "string" ? Number.parseInt(id, 10) : id, ...rest) }),
  },
  {
    breaks: "reads metadata of any id",
    caughtBy: wrongId,
    alter: (store) => ({ readMetadata: async (id) => (typeof id === "number" && id >= 1 ? store.readMetadata(id) : bytes("m")) }),
  },
  {
    breaks: "has a revision of any id",
    caughtBy: wrongId,
    alter: (store) => ({ revision: async (id) => (Number.isSafeInteger(id) && id >= 1 ? store.revision(id) : "r") }),
  },
  {
    breaks: "withdraws up to the wrong id",
    caughtBy: wrongId,
    alter: (store) => ({
      async withdraw(ids) {
        for (const id of Array.isArray(ids) ? ids : [ids]) await store.withdraw([id]);
      },
    }),
  },
  {
    breaks: "withdraws a single id",
    caughtBy: "refuses ids to withdraw that aren't an array",
    alter: (store) => ({ withdraw: async (ids) => (typeof ids === "number" ? store.withdraw([ids]) : store.withdraw(ids)) }),
  },
  {
    breaks: "takes bytes for a state",
    caughtBy: wrongState,
    alter: (store) => ({ publish: (id, state, describe) => store.publish(id, state instanceof Uint8Array ? [state] : state, describe) }),
  },
  {
    breaks: "keeps the id of a state that was refused",
    caughtBy: wrongState,
    alter: (store) => {
      let refused = 0;
      return {
        publish: (id, state, describe) => (isChunks(state) || (refused = id), store.publish(id, state, describe)),
        ...listed(store, ({ highestId }) => ({ highestId: Math.max(refused, highestId) })),
      };
    },
  },
  {
    breaks: "asks for a description when the state is written",
    caughtBy: "refuses a description that isn't a function, before it asks the state for anything",
    alter: (store) => ({ publish: (id, state, describe) => store.publish(id, state, (written) => describe(written)) }),
  },
  {
    breaks: "passes over a chunk that isn't bytes",
    caughtBy: wrongChunk,
    alter: (store) =>
      republished(store, async function* (chunks) {
        for await (const chunk of chunks) if (chunk instanceof Uint8Array) yield chunk;
      }),
  },
  {
    breaks: "takes empty metadata",
    caughtBy: wrongMetadata,
    alter: (store) => redescribed(store, (describe) => (written) => (describe(written)?.length === 0 ? bytes("-") : describe(written))),
  },
  {
    breaks: "takes no metadata of 16 MiB",
    caughtBy: wrongMetadata,
    alter: (store) => ({ readMetadata: async (id) => (await store.readMetadata(id)).subarray(0, 1 << 23) }),
  },
];
