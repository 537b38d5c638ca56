import { openCheckpointReader } from "@laminar/checkpoint";
import { type Disk, nodeDisk } from "@laminar/disk";
import { decodeSnapshot, mergeSnapshots, StateSnapshot } from "@laminar/state-snapshot";
import { type LogReader, openWal, openWalReader, type WalEntry } from "@laminar/wal";
import { requirePath } from "./argument-checks.ts";
import { checkSignal } from "./core/load-checkpoint.ts";
import type { RecoveredState } from "./core/recovered-state.ts";
import { recoverCore, type RecoveryParts } from "./core/recover-core.ts";
import { RecoveryError } from "./core/recovery-error.ts";
import { isFenceable, type RecoveryConfig, recoveryRules } from "./recovery-config.ts";
import { told } from "./recovery-events.ts";

/** A log given from outside is the caller's to close. */
function borrowed(log: LogReader<WalEntry>): LogReader<WalEntry> {
  return new Proxy(log, {
    get(target, name) {
      if (name === "close" || name === Symbol.asyncDispose) return async () => undefined;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/**
 * Finds the newest usable checkpoint, replays the log after it once, and gives the state as of the last commit that counts:
 * exactly that, or a typed refusal that says what is missing. Changes nothing on disk, needs no lock, and may run beside a
 * live writer; `repairWal` alone changes the log, and takes its lock first.
 */
export async function recover(config: RecoveryConfig): Promise<RecoveredState> {
  const rules = recoveryRules(config);
  const disk = config.disk ?? nodeDisk;
  const { checkpointDir, walDir, repairWal = false } = config;
  const monotonic = (): number => disk.clock.monotonic();
  const parts: RecoveryParts = {
    checkpoints: config.checkpoints ?? (checkpointDir === undefined ? undefined : openCheckpointReader(checkpointDir, { disk })),
    openLog: () => openLog(config, disk),
    decode: (chain) => decodeSnapshot(merged(chain), { kind: "full" }),
    snapshot: async (chain) => StateSnapshot.fromBytes(await bytesOf(merged(chain))),
    monotonic,
    fence: repairWal ? fence : undefined,
  };
  return told(walDir ?? checkpointDir, monotonic, async () => {
    checkSignal(rules.signal);
    return recoverCore(parts, rules);
  });
}

/** A chain as one full snapshot's bytes. */
function merged(parts: readonly AsyncIterable<Uint8Array>[]): AsyncIterable<Uint8Array> {
  return parts.length === 1 && parts[0] ? parts[0] : mergeSnapshots(parts);
}

/** In one array, from which a snapshot is several times as fast as from its entries. */
async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const collected: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    collected.push(chunk);
    size += chunk.length;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of collected) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

async function openLog({ wal, walDir, repairWal, onDamage }: RecoveryConfig, disk: Disk): Promise<LogReader<WalEntry> | undefined> {
  if (wal) return borrowed(wal);
  if (walDir === undefined) return undefined;
  try {
    return await (repairWal ? openWal(walDir, { disk, mustExist: true }) : openWalReader(walDir, { disk, onDamage }));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "WAL_NOT_FOUND") return undefined;
    throw error;
  }
}

async function fence(log: LogReader<WalEntry>, position: number): Promise<void> {
  if (!isFenceable(log)) throw new TypeError("repairWal needs a log that is open for writing");
  try {
    await log.truncateAfter(position);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message = `the state at record ${position} can be read and not gone back to: the log has let go what is before it (${cause.message}). Ask for a later point`;
    throw new RecoveryError("RECOVERY_LOG_STARTS_LATER", message, { lsn: position, cause });
  }
}

/** The reference's name for the same: a configuration that can be recovered from. */
export class RecoveryManager {
  readonly #config: RecoveryConfig;

  /** Throws `TypeError` or `RangeError` for a configuration that makes no sense. */
  constructor(config: RecoveryConfig) {
    recoveryRules(config);
    this.#config = config;
  }

  /** The same as `recover(config)`; each call reads anew. */
  recover(): Promise<RecoveredState> {
    return recover(this.#config);
  }
}

/** Recovers from two directories with the defaults. */
export async function recoverSimple(checkpointDir: string, walDir: string): Promise<RecoveredState> {
  requireBoth(checkpointDir, walDir);
  return recover({ checkpointDir, walDir });
}

/** The same, with the changes after the checkpoint collected, which is the default here. */
export async function recoverWithChanges(checkpointDir: string, walDir: string): Promise<RecoveredState> {
  requireBoth(checkpointDir, walDir);
  return recover({ checkpointDir, walDir, collectStateChanges: true });
}

/** `recover` takes one of them; who forgets one here would get the state without its log. */
function requireBoth(checkpointDir: unknown, walDir: unknown): void {
  requirePath(checkpointDir, "checkpointDir");
  requirePath(walDir, "walDir");
}
