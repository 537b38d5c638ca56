import * as fs from "node:fs";
import type { EntryKind, PathStatus } from "./disk.ts";
import { isDiskError } from "./disk-error.ts";
import { notADirectoryError, notAFileError } from "./errno.ts";
import { call, callSync } from "./node-call.ts";

/** What stands at `path`, for the call `operation` that looks before it acts. */
export async function stat(operation: string, path: string): Promise<PathStatus | undefined> {
  try {
    return statusOf(await call<fs.BigIntStats>(operation, path, (done) => fs.lstat(path, { bigint: true }, done)));
  } catch (error) {
    return undefinedIfAbsent(error);
  }
}

/** The same at once. */
export function statSync(operation: string, path: string): PathStatus | undefined {
  try {
    return statusOf(callSync(operation, path, () => fs.lstatSync(path, { bigint: true })));
  } catch (error) {
    return undefinedIfAbsent(error);
  }
}

/** readdir follows a symbolic link, and the port doesn't. What is absent is left to the call itself. */
export function checkDirectory(operation: string, path: string, status: PathStatus | undefined): void {
  if (status !== undefined && status.kind !== "directory") throw notADirectoryError(operation, path);
}

/** For what was opened, and for what is looked at first where an open follows links. */
export function checkPlainFile(operation: string, path: string, status: { readonly kind: EntryKind } | undefined): void {
  if (status !== undefined && status.kind !== "file") throw notAFileError(operation, path);
}

function statusOf(stats: fs.BigIntStats): PathStatus {
  const kind = kindOf(stats);
  if (kind !== "file") return { kind, size: 0, revision: "" };
  const { ino, size, mtimeNs, ctimeNs } = stats;
  // The time of the content can be set to what it was, that of the last change can't.
  return { kind, size: Number(size), revision: `${ino}-${size}-${mtimeNs}-${ctimeNs}` };
}

export function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): EntryKind {
  if (entry.isFile()) return "file";
  return entry.isDirectory() ? "directory" : "other";
}

function undefinedIfAbsent(error: unknown): undefined {
  // Nothing can stand below a plain file, so both errors say the same.
  if (!isDiskError(error, "DISK_NOT_FOUND", "DISK_NOT_A_DIRECTORY")) throw error;
}
