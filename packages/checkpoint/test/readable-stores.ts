import { checkpointReader, type CheckpointStore, memoryCheckpointStore } from "../src/index.ts";
import { encodeMetadata } from "../src/metadata-format.ts";
import type { CheckpointContent, CheckpointReaderUnderTest } from "../src/testing/index.ts";
import { all } from "./altered-stores.ts";

/** The store, with everything of `content` in it, and its lock. */
export async function published(store: CheckpointStore, content: readonly CheckpointContent[]): Promise<CheckpointStore> {
  await store.lock();
  for (const { metadata, state } of content) await store.publish(metadata.id, [state], () => encodeMetadata(metadata));
  return store;
}

/** A store whose bytes can be changed behind its back. */
export function damageable(store: CheckpointStore): { readonly store: CheckpointStore; readonly damage: NonNullable<CheckpointReaderUnderTest["damage"]> } {
  const changed = { metadata: new Map<number, Uint8Array>(), state: new Map<number, Uint8Array>() };
  return {
    store: {
      ...store,
      readMetadata: async (id) => {
        const bytes = await store.readMetadata(id);
        return changed.metadata.get(id) ?? bytes;
      },
      async *readState(id) {
        const chunks = await all(store.readState(id));
        yield* changed.state.has(id) ? [changed.state.get(id) ?? new Uint8Array(0)] : chunks;
      },
    },
    async damage(id, part, change) {
      const bytes = part === "metadata" ? await store.readMetadata(id) : Buffer.concat(await all(store.readState(id)));
      changed[part].set(id, change(changed[part].get(id) ?? bytes));
    },
  };
}

/** A reader in memory that the suite of readers lets pass. */
export async function memoryReader(content: readonly CheckpointContent[]): Promise<CheckpointReaderUnderTest> {
  const { store, damage } = damageable(memoryCheckpointStore());
  await published(store, content);
  return { reader: checkpointReader(store), damage, remove: (id) => store.withdraw([id]) };
}
