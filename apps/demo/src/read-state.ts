import { recover } from "@laminar/recovery";
import type { EncodedState } from "./memory-state.ts";
import { placesIn } from "./working-directory.ts";

const text = new TextDecoder();

/** Asks the disk, by a recovery of its own, rather than believing the process that did the work. */
export async function readState(directory: string): Promise<EncodedState> {
  const { stateSnapshot, stateChanges } = await recover(placesIn(directory));
  const state = new Map<string, Uint8Array>();
  for (const [key, value] of stateSnapshot ?? []) state.set(text.decode(key), value);
  for (const change of stateChanges) {
    if (change.type === "put") state.set(text.decode(change.key), change.value);
    else state.delete(text.decode(change.key));
  }
  return state;
}
