import { isDiskError } from "@laminar/disk";
import { Vanished } from "./log-requests.ts";
import { WalError } from "./wal-error.ts";

/** The log's error for a failure of the disk. */
export function ioError(error: unknown, file: string, offset?: number): WalError {
  if (error instanceof Vanished) return error.failure;
  const message = error instanceof Error ? error.message : String(error);
  const code = isDiskError(error, "DISK_NOT_FOUND") ? "WAL_NOT_FOUND" : isDiskError(error, "DISK_LOCKED") ? "WAL_LOCKED" : "WAL_IO";
  return new WalError(code, message, { file, offset, cause: error });
}
