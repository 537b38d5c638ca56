import { openCheckpointManager } from "@laminar/checkpoint";
import { openDurableState, recover } from "@laminar/recovery";
import { bytesCodec } from "@laminar/wal";
import { keysOf, value } from "./entries.ts";
import type { HotPath } from "./hot-path.ts";
import { writeLog } from "./log-paths.ts";
import { putAll, storeOf } from "./state-paths.ts";

const operations = 10_000;
/** Keys of the state of which some change. */
const stateKeys = 20_000;

export const recoverStreaming: HotPath = {
  name: "recover",
  per: "change that a recovery gives to a sink",
  operations,
  async prepare(disk, count) {
    await writeLog(disk, count);
    let applied = 0;
    const apply = {
      restore: () => undefined,
      apply: (changes: readonly unknown[]) => void (applied += changes.length),
    };
    return async () => {
      await recover({ walDir: "/log", disk, apply });
      if (applied !== count) throw new TypeError(`${applied} changes instead of ${count}`);
    };
  },
};

export const openState: HotPath = {
  name: "open-state",
  per: "change that openDurableState replays",
  operations,
  async prepare(disk, count) {
    await writeLog(disk, count, "/state/log");
    return () => openDurableState({ directory: "/state", keys: "bytes", values: bytesCodec, disk });
  },
};

export const checkpointDelta: HotPath = {
  name: "delta",
  per: `changed key of ${stateKeys} in a delta that is published`,
  operations: 2000,
  async prepare(disk, count) {
    const keys = keysOf(stateKeys);
    const store = storeOf(keys);
    const manager = await openCheckpointManager({ directory: "/checkpoints", disk });
    await manager.create({ walPosition: 0, state: store.snapshot() });
    putAll(store, keys.slice(0, count), value);
    return async () => {
      const { kind } = await manager.create({ walPosition: 0, state: store.delta() });
      if (kind !== "delta") throw new TypeError(`a ${kind} checkpoint instead of a delta`);
    };
  },
};
