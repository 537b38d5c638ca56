import type { RecoveredState } from "../src/index.ts";

export const WAL = "/data/wal";
export const CHECKPOINTS = "/data/checkpoints";

const fromText = new TextDecoder();

/** The state of the program: what a recovery must give back, as text that is equal for equal states. */
export function textOf(state: ReadonlyMap<string, string>): string {
  return [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`).join(" ");
}

export function stateOf(recovered: RecoveredState): Map<string, string> {
  const state = new Map<string, string>();
  for (const [key, value] of recovered.stateSnapshot ?? []) state.set(fromText.decode(key), fromText.decode(value));
  for (const change of recovered.stateChanges) {
    if (change.type === "put") state.set(fromText.decode(change.key), fromText.decode(change.value));
    else state.delete(fromText.decode(change.key));
  }
  return state;
}

/** Whether an operation changes the disk: what crashes before the others leave is what the last one left. */
export const changesDisk = (kind: string): boolean => !["stat", "list", "read", "size", "open", "close"].includes(kind);
