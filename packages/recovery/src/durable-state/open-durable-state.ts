import { join } from "node:path";
import { fileCheckpointStore, openCheckpointManager } from "@laminar/checkpoint";
import { type Disk, type DirectoryLock, isDiskError, lockDirectory, makeDirectories, nodeDisk } from "@laminar/disk";
import { createStateStore, mergeSnapshots } from "@laminar/state-snapshot";
import { msgpackCodec, openWal } from "@laminar/wal";
import { checkSignal } from "../core/load-checkpoint.ts";
import { RecoveryError } from "../core/recovery-error.ts";
import { recover } from "../recover.ts";
import { storeSink } from "../store-sink.ts";
import { BackgroundCheckpoints } from "./background-checkpoints.ts";
import { checkOptions } from "./check-options.ts";
import { CommitLog } from "./commit-log.ts";
import type { DurableState, DurableStateOptions, DurableStateStats } from "./durable-state.ts";
import { byteKeys, type KeyCodec, stringKeys } from "./key-codec.ts";
import { ManagedState } from "./managed-state.ts";

const INTERVAL = 60_000;

/**
 * Opens the state of a directory: takes its lock, recovers what was last committed, and makes log and checkpoints ready to go on.
 *
 * @throws TypeError, RangeError for wrong options, before anything is touched
 * @throws RecoveryError `RECOVERY_LOCKED` while another process has it, `RECOVERY_IO` when it can't be made or locked, `RECOVERY_NOT_FOUND`
 *   with `mustExist`; and whatever `recover`, `openWal` and `openCheckpointManager` refuse, with nothing lost
 */
export function openDurableState<V = unknown>(options: DurableStateOptions<V> & { readonly keys: "bytes" }): Promise<DurableState<Uint8Array, V>>;
export function openDurableState<V = unknown>(options: DurableStateOptions<V> & { readonly keys?: "string" | undefined }): Promise<DurableState<string, V>>;
export async function openDurableState<V>(options: DurableStateOptions<V>): Promise<DurableState<string, V> | DurableState<Uint8Array, V>> {
  checkOptions(options);
  checkSignal(options.signal);
  return options.keys === "bytes" ? open(options, byteKeys) : open(options, stringKeys);
}

async function open<K, V>(options: DurableStateOptions<V>, keys: KeyCodec<K>): Promise<DurableState<K, V>> {
  const { directory, disk = nodeDisk, oneContainer, onDamage = "refuse", mustExist = false, values = msgpackCodec<V>(), onProgress, signal } = options;
  const places = { checkpointDir: join(directory, "checkpoints"), walDir: join(directory, "log") };
  if (mustExist && (await disk.stat(directory)) === undefined) throw new RecoveryError("RECOVERY_NOT_FOUND", `${directory}: there is no state; check the path, or leave mustExist out to begin an empty one`);
  const lock = await take(disk, directory, oneContainer);
  const release: (() => Promise<unknown>)[] = [() => lock.release()];
  try {
    const store = createStateStore();
    const found = await recover({ ...places, disk, onDamage, mustExist, apply: storeSink(store), onProgress, signal });
    await requireFreeCheckpoints(disk, places.checkpointDir, oneContainer);
    const log = await openWal(places.walDir, { ...options.log, disk, oneContainer, ...(onDamage === "stop" && { onDamage, after: found.walPosition }) });
    release.unshift(() => log.close());
    const manager = await openCheckpointManager({ ...options.checkpoints, directory: places.checkpointDir, disk, oneContainer, log, merge: mergeSnapshots });
    release.unshift(() => manager.close());
    const commits = new CommitLog(log, store, found);
    const interval = options.checkpoints?.interval ?? INTERVAL;
    const checkpoints = new BackgroundCheckpoints({ manager, store, commits, log, clock: disk.clock, interval });
    const stats = (): DurableStateStats => ({ keys: store.size, wal: log.stats(), checkpoints: manager.stats() });
    return new ManagedState({ directory, store, commits, checkpoints, codecs: { keys, values }, recovered: found.report, stats, release });
  } catch (error) {
    for (const step of release) await step().catch(() => undefined);
    throw error;
  }
}

async function take(disk: Disk, directory: string, oneContainer: boolean | undefined): Promise<DirectoryLock> {
  try {
    await makeDirectories(disk, directory);
    return await lockDirectory(disk, directory, { oneContainer });
  } catch (error) {
    if (!isDiskError(error)) throw error;
    throw new RecoveryError(error.code === "DISK_LOCKED" ? "RECOVERY_LOCKED" : "RECOVERY_IO", error.message, { cause: error });
  }
}

/**
 * Rejects as the manager will, before the log is opened, which may write. Whoever has the checkpoints then has no business there;
 * nobody comes in between who keeps to the directory's lock.
 */
async function requireFreeCheckpoints(disk: Disk, directory: string, oneContainer: boolean | undefined): Promise<void> {
  if ((await disk.stat(directory)) === undefined) return;
  const lock = await fileCheckpointStore(directory, { disk, oneContainer }).lock();
  await lock.release();
}
