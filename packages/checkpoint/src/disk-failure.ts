import { type DiskError, isDiskError } from "@laminar/disk";
import { CheckpointError, type CheckpointErrorCode, isCheckpointError } from "./checkpoint-error.ts";

/** Runs a call that changes something, or lists, with its failures translated: whatever is missing there, no checkpoint is. */
export function changing<T>(action: () => Promise<T>, id?: number): Promise<T> {
  return translated(action, id, ({ code, message }) => ({ code: code === "DISK_LOCKED" ? "CHECKPOINT_LOCKED" : "CHECKPOINT_IO", message }));
}

/** The same for a read of a published checkpoint. */
export function reading<T>(action: () => Promise<T>, id: number): Promise<T> {
  // What stands where a file belongs, or doesn't, will not become one by trying again: that is damage, not a failed read.
  return translated(action, id, ({ code, message, file }) => {
    if (code === "DISK_NOT_FOUND") return { code: "CHECKPOINT_CORRUPT", message: `${file} isn't there` };
    return { code: code === "DISK_NOT_A_FILE" ? "CHECKPOINT_CORRUPT" : "CHECKPOINT_IO", message };
  });
}

/** What a failure of the disk means here. */
interface Meaning {
  readonly code: CheckpointErrorCode;
  readonly message: string;
}

/** What is this package's error already stays as it is, and so does what a caller's code threw. */
async function translated<T>(action: () => Promise<T>, id: number | undefined, meaningOf: (error: DiskError) => Meaning): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (isCheckpointError(error) || !isDiskError(error)) throw error;
    const { code, message } = meaningOf(error);
    throw new CheckpointError(code, message, { id, file: error.file, cause: error });
  }
}
