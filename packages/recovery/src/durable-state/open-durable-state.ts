import { join } from "node:path";
import { openCheckpointManager } from "@laminar/checkpoint";
import { type Disk, type DirectoryLock, isDiskError, lockDirectory, makeDirectories, nodeDisk } from "@laminar/disk";
import { createStateStore, mergeSnapshots, type StateStore } from "@laminar/state-snapshot";
import { msgpackCodec, openWal } from "@laminar/wal";
import { RecoveryError } from "../core/recovery-error.ts";
import type { RecoverySink } from "../core/recovery-sink.ts";
import { recover } from "../recover.ts";
import { BackgroundCheckpoints } from "./background-checkpoints.ts";
import { CommitLog } from "./commit-log.ts";
import type { DurableState, DurableStateOptions } from "./durable-state.ts";
import { byteKeys, type KeyCodec, stringKeys } from "./key-codec.ts";
import { ManagedState } from "./managed-state.ts";

const INTERVAL = 60_000;

/**
 * Opens the state of a directory: takes its lock, recovers what was last committed, and makes log and checkpoints ready to go on.
 *
 * @throws TypeError, RangeError for wrong options, before anything is touched
 * @throws RecoveryError `RECOVERY_LOCKED` while another process has it, `RECOVERY_NOT_FOUND` with `mustExist`; and whatever `recover`
 *   refuses, with nothing changed
 */
export function openDurableState<V = unknown>(options: DurableStateOptions<V> & { readonly keys: "bytes" }): Promise<DurableState<Uint8Array, V>>;
export function openDurableState<V = unknown>(options: DurableStateOptions<V> & { readonly keys?: "string" | undefined }): Promise<DurableState<string, V>>;
export async function openDurableState<V>(options: DurableStateOptions<V>): Promise<DurableState<string, V> | DurableState<Uint8Array, V>> {
  checkOptions(options);
  return options.keys === "bytes" ? open(options, byteKeys) : open(options, stringKeys);
}

async function open<K, V>(options: DurableStateOptions<V>, keys: KeyCodec<K>): Promise<DurableState<K, V>> {
  const { directory, disk = nodeDisk, onDamage = "refuse", mustExist = false, values = msgpackCodec<V>() } = options;
  const places = { checkpointDir: join(directory, "checkpoints"), walDir: join(directory, "log") };
  if (mustExist && (await disk.stat(directory)) === undefined) throw new RecoveryError("RECOVERY_NOT_FOUND", `${directory}: there is no state`);
  const lock = await take(disk, directory);
  const release: (() => Promise<unknown>)[] = [() => lock.release()];
  try {
    const store = createStateStore();
    const found = await recover({ ...places, disk, onDamage, mustExist, apply: sinkInto(store) });
    const log = await openWal(places.walDir, { ...options.log, disk, ...(onDamage === "stop" && { onDamage, after: found.walPosition }) });
    release.unshift(() => log.close());
    const manager = await openCheckpointManager({ ...options.checkpoints, directory: places.checkpointDir, disk, log, merge: mergeSnapshots });
    release.unshift(() => manager.close());
    const commits = new CommitLog(log, store, found);
    const interval = options.checkpoints?.interval ?? INTERVAL;
    const checkpoints = new BackgroundCheckpoints({ manager, store, commits, log, clock: disk.clock, interval });
    return new ManagedState({ directory, store, commits, checkpoints, codecs: { keys, values }, recovered: found.report, release });
  } catch (error) {
    for (const step of release) await step().catch(() => undefined);
    throw error;
  }
}

async function take(disk: Disk, directory: string): Promise<DirectoryLock> {
  await makeDirectories(disk, directory);
  try {
    return await lockDirectory(disk, directory);
  } catch (error) {
    if (isDiskError(error, "DISK_LOCKED")) throw new RecoveryError("RECOVERY_LOCKED", error.message, { cause: error });
    throw error;
  }
}

export function sinkInto(store: StateStore): RecoverySink {
  return {
    async restore() {
      store.restore([]);
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

function checkOptions<V>(options: DurableStateOptions<V>): void {
  if (typeof options !== "object" || options === null) throw new TypeError("openDurableState takes { directory }");
  const { directory, keys, values } = options;
  if (typeof directory !== "string" || directory === "" || directory.includes("\0")) throw new TypeError("directory must be a path");
  if (keys !== undefined && keys !== "string" && keys !== "bytes") throw new TypeError('keys is "string" or "bytes"');
  if (values !== undefined && (typeof values?.encode !== "function" || typeof values.decode !== "function")) {
    throw new TypeError("values must have encode(value) and decode(bytes)");
  }
}
