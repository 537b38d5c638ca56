import { join } from "node:path";
import { openCheckpointManager } from "@laminar/checkpoint";
import { openDurableState } from "@laminar/recovery";
import { encodeSnapshot } from "@laminar/state-snapshot";
import { openWal } from "@laminar/wal";
import type { Door, Held } from "./places.ts";

export const open: Readonly<Record<Door, (directory: string) => Promise<Held>>> = {
  async log(directory) {
    const log = await openWal(join(directory, "log"), { segmentSize: 1024 });
    return {
      work() {
        log.append({ type: "commit", offsets: new Map() });
        return log.sync();
      },
      close: () => log.close(),
    };
  },
  async checkpoints(directory) {
    const manager = await openCheckpointManager({ directory: join(directory, "checkpoints") });
    return { work: () => manager.create({ walPosition: 0, state: encodeSnapshot([]) }), close: () => manager.close() };
  },
  async "durable state"(directory) {
    const state = await openDurableState<number>({ directory });
    return {
      work() {
        state.put("n", (state.get("n") ?? 0) + 1);
        return state.commit();
      },
      close: () => state.close(),
    };
  },
};
