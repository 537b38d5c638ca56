import { crc32 } from "@laminar/disk/checksum";
import { CheckpointError } from "./checkpoint-error.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";

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
  let locked = false;
  const find = (id: number): Held => {
    const found = held.get(id);
    if (!found) throw new CheckpointError("CHECKPOINT_NOT_FOUND", `there is no checkpoint ${id}`, { id });
    return found;
  };
  return {
    location: "memory",
    async lock() {
      if (locked) throw new CheckpointError("CHECKPOINT_LOCKED", "this store has a manager already");
      let mine = (locked = true);
      return {
        held: async () => mine,
        async release() {
          if (mine) locked = mine = false;
        },
      };
    },
    async list() {
      return { exists: true, ids: [...held.keys()].sort((a, b) => a - b), highestId, leftovers: [], ignored: [] };
    },
    readMetadata: async (id) => find(id).metadata,
    async *readState(id) {
      yield* find(id).state;
    },
    revision: async (id) => find(id).revision,
    async publish(id, state, describe) {
      if (held.has(id)) throw new CheckpointError("CHECKPOINT_EXISTS", `checkpoint ${id} is there already`, { id });
      highestId = Math.max(highestId, id);
      const chunks: Uint8Array[] = [];
      let size = 0;
      let checksum = 0;
      for await (const chunk of state) {
        chunks.push(chunk.slice());
        size += chunk.length;
        checksum = crc32(chunk, checksum);
      }
      held.set(id, { metadata: describe({ size, checksum }), state: chunks, revision: String(++published) });
    },
    async withdraw(ids) {
      for (const id of ids) find(id);
      for (const id of ids) held.delete(id);
    },
    async sweep() {},
  };
}
