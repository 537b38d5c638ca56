import * as fs from "node:fs";
import type { EntryKind, PathStatus } from "./disk.ts";
import { isDiskError } from "./disk-error.ts";
import { notADirectoryError, notAFileError } from "./errno.ts";
import { call, callSync } from "./node-call.ts";

/** What stands at `path`, for the call `operation` that looks before it acts. */
export async function stat(operation: string, path: string): Promise<PathStatus | undefined> {
  try {
    return statusOf(await call<fs.Stats>(operation, path, (done) => fs.lstat(path, done)));
  } catch (error) {
    return undefinedIfAbsent(error);
  }
}

/** The same at once. */
export function statSync(operation: string, path: string): PathStatus | undefined {
  try {
    return statusOf(callSync(operation, path, () => fs.lstatSync(path)));
  } catch (error) {
    return undefinedIfAbsent(error);
  }
}

/** readdir follows a symbolic link, and the port doesn't. What is absent is left to the call itself. */
export function checkDirectory(operation: string, path: string, status: PathStatus | undefined): void {
  if (status !== undefined && status.kind !== "directory") throw notADirectoryError(operation, path);
}

/** For what was opened, and for what is looked at first where an open follows links. */
export function checkPlainFile(operation: string, path: string, status: PathStatus | undefined): void {
  if (status !== undefined && status.kind !== "file") throw notAFileError(operation, path);
}

export function statusOf(stats: fs.Stats): PathStatus {
  return { kind: kindOf(stats), size: stats.isFile() ? stats.size : 0 };
}

export function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): EntryKind {
  if (entry.isFile()) return "file";
  return entry.isDirectory() ? "directory" : "other";
}

function undefinedIfAbsent(error: unknown): undefined {
  // Nothing can stand below a plain file, so both errors say the same.
  if (!isDiskError(error, "DISK_NOT_FOUND", "DISK_NOT_A_DIRECTORY")) throw error;
}
