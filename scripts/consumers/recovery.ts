import { emptyRecoveredState, hasState, recoverSimple, type RecoveredState } from "@laminar/recovery";

/** Recovers from a place where nothing is yet: a fresh start. */
export async function use(directory: string): Promise<void> {
  const recovered: RecoveredState = await recoverSimple(`${directory}/checkpoints`, `${directory}/wal`);
  if (hasState(recovered) || hasState(emptyRecoveredState())) throw new Error("state out of nothing");
  if (recovered.walPosition !== 0 || recovered.walEntriesReplayed !== 0) throw new Error("entries out of nothing");
}
