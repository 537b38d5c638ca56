/** A state's bytes, whole or in chunks. */
export type StateBytes = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** One cut: everything of it was true at the same commit. Recovery and commits hand it out. */
export interface CommitPoint {
  /** The log sequence number up to which the state holds everything; 0 for before the first record. */
  readonly walPosition: number;
  /** Identity of the log. Taken from the manager's log where there is one. */
  readonly walId?: string | undefined;
  /** @default the manager's epoch */
  readonly epoch?: number | undefined;
  readonly sourceOffsets?: ReadonlyMap<string, bigint | number> | undefined;
  readonly watermark?: bigint | number | undefined;
}

export interface CheckpointRequest extends CommitPoint {
  /** The state at that cut; a function is called once, with the kind of part that the manager wants. Plain bytes are a full state. */
  readonly state: StateBytes | ((kind: "full" | "delta") => StateBytes);
  readonly keyCount?: number | undefined;
}

function integer(name: string, value: unknown): bigint {
  if (typeof value !== "bigint" && !Number.isSafeInteger(value)) throw new TypeError(`${name} must be a bigint or a safe integer`);
  const exact = BigInt(value as bigint | number);
  if (!fits64Bits(exact)) throw new RangeError(`${name} must fit in 64 bits, signed or unsigned`);
  return exact;
}

/** Whether a number can be stored: other systems use all 64 bits, with a sign or without. */
export function fits64Bits(value: bigint): boolean {
  return value >= -(2n ** 63n) && value < 2n ** 64n;
}

/** A whole number from 0, or `TypeError` or `RangeError`. */
export function count(name: string, value: unknown): number {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number`);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} must be a whole number, 0 or more`);
  return value;
}

/** The request's cut in the types that are stored; throws `TypeError` or `RangeError` for what isn't one. */
export function normalizeRequest(request: CheckpointRequest): {
  readonly walPosition: number;
  readonly epoch: number | undefined;
  readonly sourceOffsets: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
  readonly keyCount: number | undefined;
} {
  if (typeof request !== "object" || request === null) throw new TypeError("a checkpoint needs a position and a state");
  const { walPosition, walId, epoch, sourceOffsets = new Map<string, bigint>(), watermark, keyCount, state } = request;
  if (walId !== undefined && typeof walId !== "string") throw new TypeError("walId must be a string");
  if (state === undefined || state === null) throw new TypeError("a checkpoint without a state would lose everything before its position");
  if (!(sourceOffsets instanceof Map)) throw new TypeError("sourceOffsets must be a Map");
  return {
    walPosition: count("walPosition", walPosition),
    epoch: epoch === undefined ? undefined : count("epoch", epoch),
    sourceOffsets: new Map([...sourceOffsets].map(([source, offset]) => [String(source), integer(`the offset of ${source}`, offset)])),
    watermark: watermark === undefined ? undefined : integer("watermark", watermark),
    keyCount: keyCount === undefined ? undefined : count("keyCount", keyCount),
  };
}

export function chunksOf(state: StateBytes): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (state instanceof Uint8Array) return [state];
  if (typeof state === "object" && state !== null && (Symbol.iterator in state || Symbol.asyncIterator in state)) return state;
  throw new TypeError("a state is a Uint8Array or an iterable of them");
}
