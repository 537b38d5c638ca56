import type { CheckpointStore } from "@laminar/checkpoint";
import type { StoreTold } from "./store-promises.ts";

/** A store that tells what is asked of it, and how that ends. */
export function toldStore(store: CheckpointStore, tell: (event: StoreTold) => void): CheckpointStore {
  const settled = async (call: Promise<void>, done: StoreTold, failed: StoreTold): Promise<void> => {
    try {
      await call;
    } catch (error) {
      tell(failed);
      throw error;
    }
    tell(done);
  };
  return {
    location: store.location,
    locate: (id, part) => store.locate(id, part),
    async lock() {
      const lock = await store.lock();
      const { ids, highestId } = await store.list();
      tell({ listed: ids, highestId });
      return lock;
    },
    list: () => store.list(),
    readMetadata: (id) => store.readMetadata(id),
    readState: (id) => store.readState(id),
    revision: (id) => store.revision(id),
    publish(id, state, describe) {
      tell({ publishing: id });
      return settled(store.publish(id, state, describe), { published: id }, { notPublished: id });
    },
    withdraw(ids) {
      tell({ withdrawing: ids });
      return settled(store.withdraw(ids), { withdrawn: ids }, { notWithdrawn: ids });
    },
    sweep: () => store.sweep(),
  };
}
