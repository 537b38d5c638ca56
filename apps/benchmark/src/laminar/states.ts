import type { RecoverySink } from "@laminar/recovery";
import type { StateStore } from "@laminar/state-snapshot";
import type { WalCodec } from "@laminar/wal";

/** Keys and values as bytes, as they are. */
export const plainBytes = { keys: "bytes", values: { encode: (value: Uint8Array) => value, decode: (bytes: Uint8Array) => bytes } as WalCodec<Uint8Array> } as const;

/** Recovers into a store, by bytes where there is a checkpoint. */
export function sinkInto(store: StateStore): RecoverySink {
  return {
    async restore(entries) {
      store.restore([]);
      for await (const block of entries) {
        for (const { key, value } of block) {
          if (value === undefined) store.delete(key);
          else store.put(key, value);
        }
      }
    },
    async restoreParts(parts) {
      await store.restoreFrom(parts);
      return store.size;
    },
    apply(changes) {
      for (const change of changes) {
        if (change.type === "put") store.put(change.key, change.value);
        else store.delete(change.key);
      }
    },
  };
}
