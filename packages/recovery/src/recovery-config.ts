import type { CheckpointReader } from "@laminar/checkpoint";
import type { Disk } from "@laminar/disk";
import type { AbortSignalLike, LogReader, WalEntry } from "@laminar/wal";
import { requireFlag, requireKnownNames, shown } from "@laminar/disk/arguments";
import { hasMethods, requireDamagePolicy, requirePath, requireRunOptions, whole } from "./argument-checks.ts";
import type { RecoveryProgress, RecoveryRules } from "./core/recover-core.ts";
import type { Until } from "./core/recovery-plan.ts";
import type { RecoverySink } from "./core/recovery-sink.ts";

/** Where a recovery reads, what it may accept, and where the state goes. */
export interface RecoveryConfig {
  /** Directory of the checkpoints; or give `checkpoints`. Need not exist. */
  readonly checkpointDir?: string | undefined;
  /** Checkpoints that live elsewhere, instead of `checkpointDir`. */
  readonly checkpoints?: CheckpointReader | undefined;
  /** Directory of the log; or give `wal`, which stays open. Need not exist. */
  readonly walDir?: string | undefined;
  /** A log that is open, or a reader of your own, instead of `walDir`. The recovery doesn't close it. */
  readonly wal?: LogReader<WalEntry> | undefined;
  /** `"committed"`: only what a commit of its own session covers; `"all"`: for logs whose writers never commit. @default "committed" */
  readonly replay?: "committed" | "all" | undefined;
  /** Whether `stateChanges` holds the changes after the checkpoint. @default true, unless a sink is given */
  readonly collectStateChanges?: boolean | undefined;
  /** Takes the state as it is found, in bounded memory; there is then no `stateSnapshot`. */
  readonly apply?: RecoverySink | undefined;
  /** Log entries to read at most, 0 for all; the state is then that of the last commit among them, and partial. @default 0 */
  readonly maxWalEntries?: number | undefined;
  /** A point in time: nothing after this LSN, or nothing from the first commit on whose watermark exceeds this one. */
  readonly until?: number | { readonly watermark: bigint | number } | undefined;
  /** A place where nothing is becomes an error (`RECOVERY_NOT_FOUND`) instead of a fresh start. @default false */
  readonly mustExist?: boolean | undefined;
  /** The log is gone for good: take the newest checkpoint alone. @default false */
  readonly acceptMissingLog?: boolean | undefined;
  /** Bytes of changes that may wait for one commit, with 64 for each change beside its key and value. @default 1_073_741_824 */
  readonly maxTransactionBytes?: number | undefined;
  /**
   * `"refuse"`: damage of the log is an error. `"stop"`: the state is that of the last commit before it, and the report says what
   * was given up; go on with `openWal(directory, { onDamage: "stop", after: recovered.walPosition })`. A log given as `wal` has to
   * be opened with the same word. @default "refuse"
   */
  readonly onDamage?: "refuse" | "stop" | undefined;
  /**
   * Takes the log's lock before reading, and what this recovery did not apply out of use, durably: with `until`, a point in time
   * becomes the present. Needs `walDir`, or a log in `wal` that is open for writing. Nothing is erased. @default false
   */
  readonly repairWal?: boolean | undefined;
  /** Called again and again while a checkpoint is loaded and the log is replayed. */
  readonly onProgress?: ((progress: RecoveryProgress) => void) | undefined;
  /** Ends the recovery with the signal's reason: before it begins, and between batches and chunks. */
  readonly signal?: AbortSignalLike | undefined;
  /** The machine that the directories are on. @default nodeDisk */
  readonly disk?: Disk | undefined;
}

function normalUntil(until: RecoveryConfig["until"]): Until | undefined {
  if (until === undefined || typeof until === "number") return until === undefined ? undefined : whole("until", until);
  if (typeof until !== "object" || until === null || !["number", "bigint"].includes(typeof until.watermark)) throw new TypeError(`until must be an LSN or { watermark }, not ${shown(until)}`);
  requireKnownNames(until, { watermark: true }, "until");
  if (typeof until.watermark === "number" && !Number.isSafeInteger(until.watermark)) throw new RangeError(`until: watermark must be a bigint or a safe integer, not ${until.watermark}`);
  return { watermark: BigInt(until.watermark) };
}

function requirePlaces(config: RecoveryConfig): void {
  if (typeof config !== "object" || config === null) throw new TypeError(`a recovery takes { checkpointDir, walDir }, not ${shown(config)}`);
  requireKnownNames(config, SETTINGS, "a recovery");
  for (const [path, given] of [["checkpointDir", "checkpoints"], ["walDir", "wal"]] as const) {
    if (config[path] !== undefined) requirePath(config[path], path);
    if (config[path] !== undefined && config[given] !== undefined) throw new TypeError(`give ${path} or ${given}, not both`);
  }
  if ([config.checkpointDir, config.checkpoints, config.walDir, config.wal].every((place) => place === undefined)) {
    throw new TypeError("give checkpointDir or checkpoints, and walDir or wal; none of them was given");
  }
  const { checkpoints, wal } = config;
  if (checkpoints !== undefined && !hasMethods(checkpoints, "survey", "verify", "readPart")) {
    throw new TypeError(`checkpoints must have survey, verify and readPart, as what openCheckpointReader gives has; not ${shown(checkpoints)}`);
  }
  if (wal !== undefined && !hasMethods(wal, "read", "counts")) throw new TypeError(`wal must have read and counts, as what openWalReader gives has; not ${shown(wal)}`);
}

const SETTINGS = {
  checkpointDir: true,
  checkpoints: true,
  walDir: true,
  wal: true,
  replay: true,
  collectStateChanges: true,
  apply: true,
  maxWalEntries: true,
  until: true,
  mustExist: true,
  acceptMissingLog: true,
  maxTransactionBytes: true,
  onDamage: true,
  repairWal: true,
  onProgress: true,
  signal: true,
  disk: true,
} satisfies Record<keyof RecoveryConfig, true>;

/** What was left out because it couldn't be read, or wasn't asked for, must not be given up for good by the way. */
function requireRepairable({ maxWalEntries = 0, onDamage, wal, walDir }: RecoveryConfig): void {
  if (maxWalEntries !== 0) throw new RangeError("repairWal would give up what maxWalEntries leaves out; use until for a point in time");
  if (onDamage === "stop") throw new RangeError('repairWal does not go with onDamage: "stop"; openWal takes onDamage and after');
  if (walDir === undefined && !isFenceable(wal)) throw new TypeError("repairWal needs walDir, or a log in wal that is open for writing");
}

/** A log that can take records out of use. */
export interface FenceableLog {
  truncateAfter(lsn: number): Promise<void>;
}

export function isFenceable<T>(log: T): log is T & FenceableLog {
  return typeof log === "object" && log !== null && "truncateAfter" in log && typeof log.truncateAfter === "function";
}

/** The configuration's rules with their defaults; throws before anything is read. */
export function recoveryRules(config: RecoveryConfig): RecoveryRules {
  requirePlaces(config);
  const { replay = "committed", onDamage = "refuse", repairWal = false, apply, maxWalEntries = 0, maxTransactionBytes = 0x4000_0000 } = config;
  if (replay !== "committed" && replay !== "all") throw new TypeError(`replay must be "committed" or "all", not ${shown(replay)}`);
  requireDamagePolicy(onDamage);
  for (const name of ["repairWal", "collectStateChanges", "mustExist", "acceptMissingLog"] as const) requireFlag(config[name], name);
  if (apply !== undefined && !hasMethods(apply, "restore", "apply")) throw new TypeError(`apply must have restore and apply, as what storeSink gives has; not ${shown(apply)}`);
  requireRunOptions(config);
  if (repairWal) requireRepairable(config);
  return {
    replay,
    maxWalEntries: whole("maxWalEntries", maxWalEntries),
    until: normalUntil(config.until),
    maxTransactionBytes: whole("maxTransactionBytes", maxTransactionBytes),
    apply,
    collectStateChanges: config.collectStateChanges ?? apply === undefined,
    mustExist: config.mustExist ?? false,
    acceptMissingLog: config.acceptMissingLog ?? false,
    onDamage,
    onProgress: config.onProgress,
    signal: config.signal,
  };
}
