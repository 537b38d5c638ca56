import { isDiskError } from "@laminar/disk";
import { CheckpointError, isCheckpointError } from "./checkpoint-error.ts";

/** This package's error for a failure of the disk; what is one already stays as it is, and so does what a caller's code threw. */
export function fromDisk(error: unknown, id?: number): unknown {
  if (isCheckpointError(error) || !isDiskError(error)) return error;
  const details = { id, file: error.file, cause: error };
  if (error.code === "DISK_LOCKED") return new CheckpointError("CHECKPOINT_LOCKED", error.message, details);
  if (error.code === "DISK_NOT_FOUND") return new CheckpointError("CHECKPOINT_NOT_FOUND", error.message, details);
  // What stands where a file belongs will not become one by trying again: that is damage, not a failed read.
  if (error.code === "DISK_NOT_A_FILE") return new CheckpointError("CHECKPOINT_CORRUPT", error.message, details);
  return new CheckpointError("CHECKPOINT_IO", error.message, details);
}

/** Runs `action` with its failures translated. */
export async function translated<T>(action: () => Promise<T>, id?: number): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw fromDisk(error, id);
  }
}
