import type { StateStore } from "@laminar/state-snapshot";
import { shown } from "@laminar/disk/arguments";
import { hasMethods } from "./argument-checks.ts";
import type { RecoverySink } from "./core/recovery-sink.ts";

/** Recovers into a store, the fastest way there is: `recover({ …, apply: storeSink(store) })`. Replaces what is in it. */
export function storeSink(store: StateStore): RecoverySink {
  if (!hasMethods(store, "restoreFrom", "applyRanges")) throw new TypeError(`storeSink takes a StateStore, as createStateStore() gives, not ${shown(store)}`);
  return {
    memory: store.memory,
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
    applyRanges(stretches) {
      for (const { bytes, ranges, count } of stretches) store.applyRanges(bytes, ranges, count);
    },
  };
}
