import { join } from "node:path";
import { openCheckpointManager } from "@laminar/checkpoint";
import { createStateStore } from "@laminar/state-snapshot";
import { openWal } from "@laminar/wal";
import { keyMaker, keyRing, valueOf } from "../work.ts";
import { putCommitted } from "./put-entries.ts";

export interface GrowingLog {
  readonly directory: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** Whether each put has a key of its own; otherwise keys come round again. */
  readonly distinct?: boolean;
}

/** Appends committed puts to a log, from one number to another; resolves to its bytes. */
export async function growLog({ directory, seed, from, to, distinct = false }: GrowingLog): Promise<number> {
  const log = await openWal(directory);
  await putCommitted(log, { from, to, keyOf: distinct ? keyMaker(seed) : keyRing(seed) });
  const { sizeBytes } = log;
  await log.close();
  return sizeBytes;
}

export interface CheckpointedLog {
  readonly directory: string;
  readonly seed: number;
  readonly entries: number;
  /** How many puts come after a checkpoint, descending: one checkpoint directory for each. */
  readonly tails: readonly number[];
}

/** Keys of the state that is checkpointed, the same for every log, so that loading it takes the same. */
const stateKeys = 10_000;

export const checkpointsOf = (directory: string, tail: number): string => join(directory, `checkpoints-${tail}`);
export const logOf = (directory: string): string => join(directory, "log");

/** A log of committed puts that keeps everything, and beside it a checkpoint for each of the tails; resolves to the log's bytes. */
export async function writeCheckpointedLog({ directory, seed, entries, tails }: CheckpointedLog): Promise<number> {
  const log = await openWal(logOf(directory));
  const store = createStateStore();
  const keyOf = keyMaker(seed);
  for (let number = 0; number < stateKeys; number++) store.put(keyOf(number), valueOf());
  let from = 0;
  for (const tail of tails) {
    await putCommitted(log, { from, to: entries - tail, keyOf: keyRing(seed) });
    from = entries - tail;
    const checkpoints = await openCheckpointManager({ directory: checkpointsOf(directory, tail), log, truncateWal: false });
    await checkpoints.create({ walPosition: log.durableLsn, state: store.snapshot() });
    await checkpoints.close();
  }
  await putCommitted(log, { from, to: entries, keyOf: keyRing(seed) });
  const { sizeBytes } = log;
  await log.close();
  return sizeBytes;
}
