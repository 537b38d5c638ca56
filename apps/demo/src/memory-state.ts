import { decodeAggregate, encodeAggregate } from "./aggregate.ts";
import type { JobState } from "./job.ts";

/** A state as bytes by key: what log and checkpoints hold, and what is compared. */
export type EncodedState = ReadonlyMap<string, Uint8Array>;

export interface MemoryState extends JobState {
  readonly encoded: EncodedState;
}

/** A state that survives nothing, in the bytes that a durable one would keep. */
export function createMemoryState(held: EncodedState = new Map()): MemoryState {
  const encoded = new Map(held);
  return {
    encoded,
    get(key) {
      const bytes = encoded.get(key);
      return bytes && decodeAggregate(bytes);
    },
    put: (key, value) => void encoded.set(key, encodeAggregate(value)),
    delete: (key) => encoded.delete(key),
    *entries() {
      for (const [key, bytes] of encoded) yield [key, decodeAggregate(bytes)] as const;
    },
  };
}
