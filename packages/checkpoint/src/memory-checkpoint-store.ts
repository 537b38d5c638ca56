import { crc32 } from "@laminar/disk/checksum";
import { CheckpointError } from "./checkpoint-error.ts";
import type { CheckpointStore, WrittenState } from "./checkpoint-store.ts";
import { checkChunk, checkId, checkIds, checkMetadata, checkPublication } from "./store-arguments.ts";

interface Held {
  readonly metadata: Uint8Array;
  readonly state: readonly Uint8Array[];
  /** Which publish it is of. */
  readonly revision: string;
}

/** Checkpoints in memory, for tests: durable as long as the store is held. */
export function memoryCheckpointStore(): CheckpointStore {
  const held = new Map<number, Held>();
  let highestId = 0;
  let published = 0;
  let owner: symbol | undefined;
  const find = (id: number): Held => {
    checkId(id);
    const found = held.get(id);
    if (!found) throw new CheckpointError("CHECKPOINT_NOT_FOUND", `memory has no checkpoint ${id}`, { id });
    return found;
  };
  return {
    location: "memory",
    locate: (id, part) => `checkpoint ${id}, ${part}`,
    async lock() {
      if (owner !== undefined) throw new CheckpointError("CHECKPOINT_LOCKED", "this store has an owner already: release its lock first");
      const mine = (owner = Symbol("owner"));
      return {
        held: async () => owner === mine,
        async release() {
          if (owner === mine) owner = undefined;
        },
      };
    },
    async list() {
      return { exists: true, ids: [...held.keys()].sort((a, b) => a - b), highestId, leftovers: [], ignored: [] };
    },
    readMetadata: async (id) => find(id).metadata.slice(),
    async *readState(id) {
      for (const chunk of find(id).state) yield chunk.slice();
    },
    revision: async (id) => find(id).revision,
    async publish(id, state, describe) {
      checkPublication(id, state, describe);
      if (held.has(id)) throw new CheckpointError("CHECKPOINT_EXISTS", `memory has a checkpoint ${id} already, and ids are given once`, { id });
      highestId = Math.max(highestId, id);
      const chunks: Uint8Array[] = [];
      let written: WrittenState = { size: 0, checksum: 0 };
      for await (const chunk of state) {
        checkChunk(chunk);
        chunks.push(chunk.slice());
        written = { size: written.size + chunk.length, checksum: crc32(chunk, written.checksum) };
      }
      const metadata = describe(written);
      checkMetadata(metadata);
      published += 1;
      held.set(id, { metadata: metadata.slice(), state: chunks, revision: String(published) });
    },
    async withdraw(ids) {
      checkIds(ids);
      for (const id of ids) held.delete(id);
    },
    async sweep() {},
  };
}
