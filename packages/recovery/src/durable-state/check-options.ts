import { requireFlag, requireKnownNames, shown } from "@laminar/disk/arguments";
import { hasMethods, requireDamagePolicy, requirePath, requireRunOptions, whole } from "../argument-checks.ts";
import type { CommitInput, DurableStateOptions } from "./durable-state.ts";

type Options = DurableStateOptions<unknown>;

const OPTIONS = {
  directory: true,
  keys: true,
  values: true,
  checkpoints: true,
  log: true,
  onDamage: true,
  mustExist: true,
  oneContainer: true,
  onProgress: true,
  signal: true,
  disk: true,
} satisfies Record<keyof Options, true>;

const CHECKPOINTS = {
  interval: true,
  minWalSizeForCheckpoint: true,
  maxRetained: true,
  incremental: true,
  maxChainLength: true,
  maxDeltaRatio: true,
} satisfies Record<keyof NonNullable<Options["checkpoints"]>, true>;

/** Refuses what is wrong before the directory is touched: log and manager, which take these settings, are opened much later. */
export function checkOptions<V>(options: DurableStateOptions<V>): void {
  if (typeof options !== "object" || options === null) throw new TypeError(`openDurableState takes { directory }, not ${shown(options)}`);
  requireKnownNames(options, OPTIONS, "openDurableState");
  const { directory, keys, values, checkpoints, log, onDamage, mustExist, oneContainer } = options;
  requirePath(directory, "directory");
  if (keys !== undefined && keys !== "string" && keys !== "bytes") throw new TypeError(`keys must be "string" or "bytes", not ${shown(keys)}`);
  if (values !== undefined && !hasMethods(values, "encode", "decode")) {
    throw new TypeError(`values must have encode(value) and decode(bytes), as msgpackCodec() has; not ${shown(values)}`);
  }
  requireDamagePolicy(onDamage);
  requireFlag(mustExist, "mustExist");
  requireFlag(oneContainer, "oneContainer");
  requireRunOptions(options);
  if (checkpoints !== undefined) checkCheckpoints(checkpoints);
  if (log !== undefined) checkLog(log);
}

function checkCheckpoints(checkpoints: NonNullable<Options["checkpoints"]>): void {
  if (typeof checkpoints !== "object" || checkpoints === null) throw new TypeError(`checkpoints must be an object of settings, not ${shown(checkpoints)}`);
  requireKnownNames(checkpoints, CHECKPOINTS, "checkpoints");
  const { interval = 1, minWalSizeForCheckpoint = 0, maxRetained = 1, incremental, maxChainLength = 1, maxDeltaRatio = 0 } = checkpoints;
  whole("checkpoints.interval", interval, 1);
  whole("checkpoints.minWalSizeForCheckpoint", minWalSizeForCheckpoint);
  whole("checkpoints.maxRetained", maxRetained, 1);
  requireFlag(incremental, "checkpoints.incremental");
  whole("checkpoints.maxChainLength", maxChainLength, 1);
  if (typeof maxDeltaRatio !== "number") throw new TypeError(`checkpoints.maxDeltaRatio must be a number, not ${shown(maxDeltaRatio)}`);
  if (!Number.isFinite(maxDeltaRatio) || maxDeltaRatio < 0) throw new RangeError(`checkpoints.maxDeltaRatio must be a number, 0 or more, not ${maxDeltaRatio}`);
}

function checkLog(log: NonNullable<Options["log"]>): void {
  if (typeof log !== "object" || log === null) throw new TypeError(`log must be an object of settings, not ${shown(log)}`);
  requireKnownNames(log, { segmentSize: true } satisfies Record<keyof NonNullable<Options["log"]>, true>, "log");
  if (log.segmentSize !== undefined) whole("log.segmentSize", log.segmentSize, 1024);
}

const COMMIT = { offsets: true, watermark: true } satisfies Record<keyof CommitInput, true>;

/** What a commit says; a misspelt `offsets` would be counted twice after a crash. */
export function checkInput(input: CommitInput): CommitInput {
  if (typeof input !== "object" || input === null) throw new TypeError(`a commit takes { offsets, watermark }, not ${shown(input)}`);
  requireKnownNames(input, COMMIT, "a commit");
  const { offsets, watermark } = input;
  if (offsets !== undefined && !(offsets instanceof Map)) throw new TypeError(`offsets must be a Map of sources and offsets, not ${shown(offsets)}`);
  for (const [source, offset] of offsets ?? []) checkInteger(`offsets: the offset of ${String(source)}`, offset);
  if (watermark !== undefined) checkInteger("watermark", watermark);
  return input;
}

function checkInteger(name: string, value: unknown): void {
  if (typeof value !== "bigint" && !Number.isSafeInteger(value)) throw new TypeError(`${name} must be a bigint or a safe integer, not ${shown(value)}`);
}
