import { openCheckpointReader } from "@laminar/checkpoint";
import { nodeDisk } from "@laminar/disk";
import { decodeSnapshot, mergeSnapshots, StateSnapshot } from "@laminar/state-snapshot";
import { type LogReader, openWalReader, type WalEntry } from "@laminar/wal";
import type { RecoveredState } from "./core/recovered-state.ts";
import { recoverCore } from "./core/recover-core.ts";
import { type RecoveryConfig, recoveryRules } from "./recovery-config.ts";

/** A log given from outside is the caller's to close. */
function borrowed(log: LogReader<WalEntry>): LogReader<WalEntry> {
  return {
    logId: log.logId,
    startsAfter: log.startsAfter,
    firstLsn: log.firstLsn,
    lastLsn: log.lastLsn,
    end: log.end,
    counts: (lsn) => log.counts(lsn),
    read: (options) => log.read(options),
    entries: (options) => log.entries(options),
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/**
 * Finds the newest usable checkpoint, replays the log after it once, and gives the state as of the last commit that counts:
 * exactly that, or a typed refusal that says what is missing. Changes nothing on disk, needs no lock, and may run beside a
 * live writer.
 */
export async function recover(config: RecoveryConfig): Promise<RecoveredState> {
  const rules = recoveryRules(config);
  const disk = config.disk ?? nodeDisk;
  const { checkpointDir, walDir, wal } = config;
  return recoverCore(
    {
      checkpoints: config.checkpoints ?? (checkpointDir === undefined ? undefined : openCheckpointReader(checkpointDir, { disk })),
      async openLog() {
        if (wal) return borrowed(wal);
        if (walDir === undefined) return undefined;
        return openWalReader(walDir, { disk }).catch((error: unknown) => {
          if (error instanceof Error && "code" in error && error.code === "WAL_NOT_FOUND") return undefined;
          throw error;
        });
      },
      decode: (parts) => decodeSnapshot(parts.length === 1 && parts[0] ? parts[0] : mergeSnapshots(parts), { kind: "full" }),
      snapshot: (entries) => StateSnapshot.from(entries),
      monotonic: () => disk.clock.monotonic(),
    },
    rules,
  );
}

/** The reference's name for the same: a configuration that can be recovered from. */
export class RecoveryManager {
  readonly #config: RecoveryConfig;

  /** Throws `TypeError` or `RangeError` for a configuration that makes no sense. */
  constructor(config: RecoveryConfig) {
    recoveryRules(config);
    this.#config = config;
  }

  recover(): Promise<RecoveredState> {
    return recover(this.#config);
  }
}

/** Recovers from two directories with the defaults. */
export function recoverSimple(checkpointDir: string, walDir: string): Promise<RecoveredState> {
  return recover({ checkpointDir, walDir });
}

/** The same, with the changes after the checkpoint collected, which is the default here. */
export function recoverWithChanges(checkpointDir: string, walDir: string): Promise<RecoveredState> {
  return recover({ checkpointDir, walDir, collectStateChanges: true });
}
