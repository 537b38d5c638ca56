import { dirname, join, resolve, sep } from "node:path";
import { checkChunks, checkDisk, checkEntryName, checkPath } from "./argument-checks.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { isDiskError } from "./disk-error.ts";
import { notADirectoryError } from "./errno.ts";
import { writeFully } from "./transfer.ts";

/**
 * Makes the directory `path` and what is missing above it, the outermost first. When it settles, every directory that it
 * made is durable, and so is the innermost one that it found: an earlier run may have made that and died before its sync.
 * Several callers may make the same path at once. Rejects with `DISK_NOT_A_DIRECTORY` when something else stands there.
 */
export async function makeDirectories(disk: Disk, path: string): Promise<void> {
  checkDisk(disk);
  checkPath("The directory to make", path);
  const missing: string[] = [];
  let found = resolve(path);
  while (!(await stands(disk, found, missing.length === 0))) {
    missing.unshift(found);
    found = dirname(found);
  }
  await syncParentOfFound(disk, found);
  for (const directory of missing) await makeDurably(disk, directory);
}

/**
 * Makes a file appear under `finalName` whole or not at all, replacing the file that had the name: writes `chunks` to
 * `temporaryName` (a leftover of that name is removed first), syncs, renames, and syncs the directory. When it settles,
 * content and name are durable. Resolves to the file, still open for reading and writing, its `path` that of the temporary
 * name; the caller closes it.
 *
 * Both names are names in `directory`, and differ. One caller at a time may use a temporary name. After a failure the handle is closed and the first error is rethrown; a
 * leftover may stay under the temporary name, and the final name leads to the old file or to the whole new one.
 */
export async function publishFile(
  disk: Disk,
  directory: string,
  temporaryName: string,
  finalName: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<DiskFile> {
  checkDisk(disk);
  checkPublication(directory, temporaryName, finalName, chunks);
  const temporary = join(directory, temporaryName);
  await removeLeftover(disk, temporary);
  const file = await disk.create(temporary);
  try {
    let position = 0;
    for await (const chunk of chunks) {
      await writeFully(file, position, chunk);
      position += chunk.length;
    }
    await file.sync();
    await disk.rename(temporary, join(directory, finalName));
    await disk.syncDirectory(directory);
    return file;
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
}

function checkPublication(directory: string, temporaryName: string, finalName: string, chunks: unknown): void {
  checkPath("The directory of a file", directory);
  checkEntryName("The temporary name of a file", temporaryName);
  checkEntryName("The final name of a file", finalName);
  if (temporaryName === finalName) throw new TypeError(`The temporary name of a file isn't its final one: ${JSON.stringify(finalName)}.`);
  checkChunks("The content of a file", chunks);
}

async function stands(disk: Disk, path: string, isTarget: boolean): Promise<boolean> {
  const status = await disk.stat(path);
  // A symbolic link above the target is the user's way to lay out volumes; what it leads to shows when it is used.
  if (status !== undefined && status.kind !== "directory" && (isTarget || status.kind === "file")) {
    throw notADirectoryError("makeDirectory", path);
  }
  return status !== undefined || dirname(path) === path;
}

async function makeDurably(disk: Disk, directory: string): Promise<void> {
  let made = true;
  try {
    await disk.makeDirectory(directory);
  } catch (error) {
    // Somebody else was faster. Whether they live to sync it isn't known, so that is done here too.
    if (!isDiskError(error, "DISK_EXISTS") || !(await stands(disk, directory, true))) throw error;
    made = false;
  }
  try {
    await syncEntries(disk, dirname(directory));
  } catch (error) {
    // Another sync of the same entry would prove nothing, so whoever tries again has to make it anew.
    if (made) await disk.removeDirectory(directory).catch(() => undefined);
    throw error;
  }
}

async function syncParentOfFound(disk: Disk, directory: string): Promise<void> {
  const parent = dirname(directory);
  if (parent === directory) return;
  try {
    await syncEntries(disk, parent);
  } catch (error) {
    // Who may not even open the parent didn't make the directory there, so its entry isn't theirs to sync.
    if (!isDiskError(error, "DISK_PERMISSION", "DISK_READ_ONLY")) throw error;
  }
}

async function syncEntries(disk: Disk, directory: string): Promise<void> {
  const status = await disk.stat(directory);
  // With a separator at its end the link is no longer the last part of the path, and is followed.
  await disk.syncDirectory(status?.kind === "other" ? directory + sep : directory);
}

async function removeLeftover(disk: Disk, path: string): Promise<void> {
  try {
    await disk.remove(path);
  } catch (error) {
    if (!isDiskError(error, "DISK_NOT_FOUND")) throw error;
  }
}
