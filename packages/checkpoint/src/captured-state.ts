import { shown } from "@laminar/disk/arguments";
import type { CheckpointMetadata } from "./checkpoint-metadata.ts";

/** A state's bytes, whole or in chunks. */
export type StateBytes = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * A state as it was at one moment, held for a checkpoint while the program goes on. Every `StateCapture` of
 * `@laminar/state-snapshot` is one. Take it in the same turn in which the cut is true: `create({ ...cut, state: store.snapshot() })`.
 */
export interface CapturedState {
  /**
   * What the changes of a delta are counted from: the very object that the last `done` was given. An id would not do: a state that is
   * saved to two places in turn gets the same ids from both. Without one the part is full.
   */
  readonly basedOn: unknown;
  /** Keys of the whole state, for the metadata. */
  readonly keyCount?: number | undefined;
  /**
   * The whole state of that moment, or what had changed by then since `basedOn`. Called once at most, with the kind that the manager
   * has chosen. A chunk may be made in memory that `allocate` gives, one chunk in each: the manager takes it back when the chunk is written.
   */
  bytes(kind: "full" | "delta", allocate: (bytes: number) => Uint8Array): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** The state is safe, as that checkpoint. The end of the capture. Must not throw. */
  done(checkpoint: CheckpointMetadata): void;
  /** It isn't: its changes are unsaved still. The end of the capture. Must not throw. */
  fail(): void;
}

/** What a request may give as its state. A function is called once, at the call of `create`; bytes are always a full state. */
export type RequestedState = StateBytes | CapturedState | ((kind: "full") => StateBytes | CapturedState);

/** Any requested state as a capture. Calls a function; throws what it throws, and `TypeError` for what is no state. */
export function captureOf(state: RequestedState): CapturedState {
  const given = typeof state === "function" ? state("full") : state;
  if (isCapture(given)) return given;
  const chunks = chunksOf(given);
  return { basedOn: undefined, bytes: () => chunks, done() {}, fail() {} };
}

function isCapture(state: StateBytes | CapturedState): state is CapturedState {
  return typeof state === "object" && state !== null && ["bytes", "done", "fail"].every((name) => typeof Reflect.get(state, name) === "function");
}

function chunksOf(state: StateBytes): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (state instanceof Uint8Array) return [state];
  if (typeof state === "object" && state !== null && (Symbol.iterator in state || Symbol.asyncIterator in state)) return state;
  if (state === undefined || state === null) throw new TypeError(`a checkpoint needs a state, not ${shown(state)}: without one everything before its position would be lost`);
  throw new TypeError(`a state is a Uint8Array, an iterable of them, or a capture as store.snapshot() gives it, not ${shown(state)}`);
}
