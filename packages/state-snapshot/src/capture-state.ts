import { encodingSteps } from "./encode-snapshot.ts";
import { Pace } from "./pace.ts";
import type { StateStore } from "./state-store.ts";
import type { EncodingStep } from "./write-records.ts";

/** One part of a checkpoint: its bytes, what they are a change of, and who wants to know how it ended. */
export interface StatePart {
  /** A snapshot or a delta, in chunks of at most about 256 KiB, made as they are drawn; from the beginning at each iteration. */
  readonly bytes: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** The checkpoint that a delta has to be applied to; `undefined` for a full state, and for a delta that follows none. */
  readonly basedOn: number | undefined;
  /** Keys that the whole state had at that moment, also where the part is a delta. */
  readonly keyCount: number;

  /** The part is safe, as a part of that checkpoint. Once, and instead of `fail`. */
  done(checkpointId: number): void;

  /** It isn't: its changes count as unsaved again. */
  fail(): void;
}

/**
 * Hands a store over to a checkpoint manager: `manager.create({ ...cut, state: captureState(store) })`. The manager calls the
 * function with the kind of part that it wants. The state is that of the moment of this call, whatever the store does afterwards,
 * so call it in the same turn in which `cut` is true. The bytes are made while they are drawn, in steps of a few milliseconds
 * between which the event loop goes on.
 *
 * @throws SnapshotError `SNAPSHOT_BUSY`, at the call of the function, while the store's last capture is open
 */
export function captureState(store: StateStore): (kind: "full" | "delta") => StatePart {
  return (kind) => {
    const keyCount = store.size;
    const timestampNs = BigInt(Date.now()) * 1_000_000n;
    const capture = kind === "delta" ? store.delta() : store.snapshot();
    return {
      bytes: { [Symbol.asyncIterator]: () => paced(encodingSteps(capture.entries(), { kind: capture.kind, timestampNs })) },
      basedOn: capture.basedOn,
      keyCount,
      done: (checkpointId) => capture.done(checkpointId),
      fail: () => capture.fail(),
    };
  };
}

async function* paced(steps: Iterable<EncodingStep>): AsyncGenerator<Uint8Array, void> {
  const pace = new Pace();
  for (const chunk of steps) {
    if (chunk !== undefined) yield chunk;
    if (pace.isDue) await pace.rest();
  }
}
