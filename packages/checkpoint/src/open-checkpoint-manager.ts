import { nodeDisk } from "@laminar/disk";
import { Assessor } from "./assess-checkpoints.ts";
import { type CheckpointConfig, checkpointPolicy } from "./checkpoint-config.ts";
import type { IncrementalCheckpointManager } from "./checkpoint-manager.ts";
import { ChunkMemory } from "./chunk-memory.ts";
import { fileCheckpointStore } from "./file-checkpoint-store.ts";
import { ManagedCheckpoints } from "./managed-checkpoints.ts";
import { checkpointReader } from "./read-checkpoints.ts";

/**
 * Opens the checkpoints of a directory or store for one manager, taking over what is there: ids, epoch, leftovers of crashes. Reads
 * the newest checkpoint's chain. Rejects with `CHECKPOINT_LOCKED` while another manager has the place, and with
 * `CHECKPOINT_UNSUPPORTED_FORMAT` beside checkpoints of a newer release. Recover first and open the log for writing: checkpoints
 * come last.
 */
export async function openCheckpointManager(config: CheckpointConfig): Promise<IncrementalCheckpointManager> {
  const policy = checkpointPolicy(config);
  const { log, merge, disk = nodeDisk, oneContainer } = config;
  const store = config.store ?? fileCheckpointStore(config.directory as string, { disk, oneContainer });
  const lock = await store.lock();
  try {
    const { highestId } = await store.list();
    const reader = checkpointReader(store);
    const assessor = new Assessor(store, reader, log);
    const parts = { store, lock, reader, assessor, policy, merge, memory: new ChunkMemory(), log, clock: disk.clock };
    const manager = new ManagedCheckpoints(parts, highestId);
    await manager.begin();
    return manager;
  } catch (error) {
    await lock.release().catch(() => undefined);
    throw error;
  }
}
