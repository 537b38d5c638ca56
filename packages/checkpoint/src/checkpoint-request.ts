import { requireKnownNames, shown } from "@laminar/disk/arguments";
import type { CapturedState, RequestedState } from "./captured-state.ts";
import { captureOf } from "./captured-state.ts";
import type { AbortSignalLike, VerifyOptions } from "./checkpoint-reader.ts";

/** One cut: everything of it was true at the same commit. Recovery and commits hand it out. */
export interface CommitPoint {
  /** The log sequence number up to which the state holds everything; 0 for before the first record. */
  readonly walPosition: number;
  /** Identity of the log. Taken from the manager's log where there is one. */
  readonly walId?: string | undefined;
  /** @default the manager's epoch */
  readonly epoch?: number | undefined;
  /** How far each source has been read; what is read again begins there. 64 bits, with a sign or without. */
  readonly sourceOffsets?: ReadonlyMap<string, bigint | number> | undefined;
  /** How far time has come, in a unit of your own; 64 bits. `until` of a recovery can ask for it. */
  readonly watermark?: bigint | number | undefined;
}

export interface CheckpointRequest extends CommitPoint {
  /** The state at that cut. A capture can become a delta; plain bytes, and what a function gives, are a full state. */
  readonly state: RequestedState;
  /** @default the capture's */
  readonly keyCount?: number | undefined;
}

/** How far a checkpoint is. */
export interface CheckpointProgress {
  /** Bytes of state written so far. */
  readonly bytes: number;
}

/** How to follow the making of a checkpoint, and how to end it early. */
export interface PublishOptions {
  /** Looked at between the chunks of the state: the checkpoint is given up with the signal's reason. No effect once the last one is written. */
  readonly signal?: AbortSignalLike | undefined;
  /** Called after each chunk. What it throws ends the checkpoint. */
  readonly onProgress?: ((progress: CheckpointProgress) => void) | undefined;
}

/** A cut in the types that are stored. */
export interface Cut {
  readonly walPosition: number;
  readonly walId: string | undefined;
  readonly epoch: number | undefined;
  readonly sourceOffsets: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
  readonly keyCount: number | undefined;
}

function integer(name: string, value: unknown): bigint {
  if (typeof value !== "bigint" && !Number.isSafeInteger(value)) throw new TypeError(`${name} must be a bigint or a safe integer, not ${shown(value)}`);
  const exact = BigInt(value as bigint | number);
  if (!fits64Bits(exact)) throw new RangeError(`${name} must fit in 64 bits, signed or unsigned; ${shown(value)} doesn't`);
  return exact;
}

/** Whether a number can be stored: other systems use all 64 bits, with a sign or without. */
export function fits64Bits(value: bigint): boolean {
  return value >= -(2n ** 63n) && value < 2n ** 64n;
}

/** A whole number from 0, or `TypeError` or `RangeError`. */
export function count(name: string, value: unknown): number {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number, not ${shown(value)}`);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} must be a whole number, 0 or more, not ${value}`);
  return value;
}

/** The request as it will be stored, and its state; throws `TypeError` or `RangeError` for what isn't one, and ends the capture then. */
export function checkRequest(request: CheckpointRequest): { readonly cut: Cut; readonly state: CapturedState } {
  if (typeof request !== "object" || request === null) throw new TypeError(`a checkpoint needs a request, { walPosition, state }, not ${shown(request)}`);
  const state = captureOf(request.state);
  try {
    return { cut: cutOf(request, state.keyCount), state };
  } catch (error) {
    state.fail();
    throw error;
  }
}

function cutOf({ walPosition, walId, epoch, sourceOffsets = new Map<string, bigint>(), watermark, keyCount }: CheckpointRequest, keys: number | undefined): Cut {
  if (walId !== undefined && typeof walId !== "string") throw new TypeError(`walId must be a string, not ${shown(walId)}`);
  if (!(sourceOffsets instanceof Map)) throw new TypeError(`sourceOffsets must be a Map of sources and offsets, not ${shown(sourceOffsets)}`);
  const keysOf = keyCount === undefined ? keys : keyCount;
  return {
    walPosition: count("walPosition", walPosition),
    walId,
    epoch: epoch === undefined ? undefined : count("epoch", epoch),
    sourceOffsets: new Map([...sourceOffsets].map(([source, offset]) => [String(source), integer(`the offset of ${source}`, offset)])),
    watermark: watermark === undefined ? undefined : integer("watermark", watermark),
    keyCount: keysOf === undefined ? undefined : count("keyCount", keysOf),
  };
}

/** Options of a long call; throws `TypeError` for what aren't any. */
export function checkPublishOptions(options: PublishOptions): void {
  if (typeof options !== "object" || options === null) throw new TypeError(`options must be an object, not ${shown(options)}`);
  requireKnownNames(options, { signal: true, onProgress: true } satisfies Record<keyof PublishOptions, true>, "a checkpoint");
  checkRunOptions(options);
}

/** What any call that takes a while is given. */
export function checkRunOptions(options: PublishOptions | VerifyOptions): void {
  const { signal, onProgress } = options;
  if (onProgress !== undefined && typeof onProgress !== "function") throw new TypeError(`onProgress must be a function, not ${shown(onProgress)}`);
  if (signal !== undefined && typeof signal?.aborted !== "boolean") throw new TypeError(`signal must be an AbortSignal, not ${shown(signal)}`);
}
