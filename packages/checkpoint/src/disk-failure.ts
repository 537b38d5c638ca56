import { type DiskError, isDiskError } from "@laminar/disk";
import { CheckpointError, type CheckpointErrorCode, isCheckpointError } from "./checkpoint-error.ts";

/** Runs a call that changes something, or lists, with its failures translated: whatever is missing there, no checkpoint is. */
export function changing<T>(action: () => Promise<T>, id?: number): Promise<T> {
  return translated(action, id, ({ code }) => (code === "DISK_LOCKED" ? "CHECKPOINT_LOCKED" : "CHECKPOINT_IO"));
}

/** The same for a read of a published checkpoint. */
export function reading<T>(action: () => Promise<T>, id: number): Promise<T> {
  // What stands where a file belongs will not become one by trying again: that is damage, not a failed read.
  return translated(action, id, ({ code }) => (code === "DISK_NOT_A_FILE" || code === "DISK_NOT_FOUND" ? "CHECKPOINT_CORRUPT" : "CHECKPOINT_IO"));
}

/** What is this package's error already stays as it is, and so does what a caller's code threw. */
async function translated<T>(action: () => Promise<T>, id: number | undefined, codeOf: (error: DiskError) => CheckpointErrorCode): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (isCheckpointError(error) || !isDiskError(error)) throw error;
    throw new CheckpointError(codeOf(error), error.message, { id, file: error.file, cause: error });
  }
}
