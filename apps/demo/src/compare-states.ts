import type { EncodedState } from "./memory-state.ts";

/** A key whose bytes differ; `undefined` where a state doesn't have it. */
export interface StateDifference {
  readonly key: string;
  readonly expected: Uint8Array | undefined;
  readonly actual: Uint8Array | undefined;
}

/** Every key of which the two states don't hold the same bytes, in key order. */
export function compareStates(expected: EncodedState, actual: EncodedState): readonly StateDifference[] {
  const keys = [...new Set([...expected.keys(), ...actual.keys()])].sort();
  return keys
    .map((key) => ({ key, expected: expected.get(key), actual: actual.get(key) }))
    .filter((entry) => !sameBytes(entry.expected, entry.actual));
}

function sameBytes(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/** Bytes of all keys and values. Keys are ASCII. */
export function stateBytes(state: EncodedState): number {
  let bytes = 0;
  for (const [key, value] of state) bytes += key.length + value.length;
  return bytes;
}
