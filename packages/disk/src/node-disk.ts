import * as fs from "node:fs";
import type { DirectoryEntry, Disk, DiskFile } from "./disk.ts";
import { isDiskError } from "./disk-error.ts";
import { notAFileError } from "./errno.ts";
import { call, callSync } from "./node-call.ts";
import { nodeClock } from "./node-clock.ts";
import { NodeFile } from "./node-file.ts";
import { nodeOwners } from "./node-owners.ts";
import { readSync } from "./node-read-sync.ts";
import { checkDirectory, checkPlainFile, kindOf, stat, statSync } from "./node-status.ts";
import { platformRules, type PlatformRules } from "./platform.ts";

/** The file system of this machine. */
export const nodeDisk: Disk = createNodeDisk(platformRules(process.platform));

/** A disk on `node:fs` that keeps to `rules`. */
export function createNodeDisk(rules: PlatformRules): Disk {
  return {
    clock: nodeClock,
    owners: nodeOwners,
    stat: (path) => stat("stat", path),
    statSync: (path) => statSync("statSync", path),
    list,
    listSync,
    open: (path) => open(path, rules),
    readSync: (path, position, target) => readSync(path, position, target, rules),
    create: (path) => create(path, rules),
    makeDirectory: (path) => call("makeDirectory", path, (done) => fs.mkdir(path, done)),
    removeDirectory: (path) => call("removeDirectory", path, (done) => fs.rmdir(path, done)),
    remove: (path) => remove(path, rules),
    rename: (from, to) => call("rename", from, (done) => fs.rename(from, to, done)),
    syncDirectory: async (path) => {
      if (rules.syncsDirectories) await syncDirectory(path, rules);
    },
  };
}

async function list(directory: string): Promise<readonly DirectoryEntry[]> {
  checkDirectory("list", directory, await stat("list", directory));
  return (await call<fs.Dirent[]>("list", directory, (done) => fs.readdir(directory, { withFileTypes: true }, done))).map(entryOf);
}

function listSync(directory: string): readonly DirectoryEntry[] {
  checkDirectory("listSync", directory, statSync("listSync", directory));
  return callSync("listSync", directory, () => fs.readdirSync(directory, { withFileTypes: true })).map(entryOf);
}

function entryOf(entry: fs.Dirent): DirectoryEntry {
  return { name: entry.name, kind: kindOf(entry) };
}

async function open(path: string, rules: PlatformRules): Promise<DiskFile> {
  if (!rules.refusesLinks) checkPlainFile("open", path, await stat("open", path));
  const descriptor = await call<number>("open", path, (done) => fs.open(path, rules.readFlags, done));
  const file = new NodeFile({ path, descriptor, access: "read", contentSync: rules.contentSync });
  try {
    checkPlainFile("open", path, { kind: kindOf(await call<fs.Stats>("open", path, (done) => fs.fstat(descriptor, done))) });
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  return file;
}

async function create(path: string, rules: PlatformRules): Promise<DiskFile> {
  const descriptor = await call<number>("create", path, (done) => fs.open(path, rules.createFlags, 0o666, done));
  return new NodeFile({ path, descriptor, access: "write", contentSync: rules.contentSync });
}

async function remove(path: string, rules: PlatformRules): Promise<void> {
  if (!rules.unlinkRefusesDirectories && (await stat("remove", path))?.kind === "directory") throw notAFileError("remove", path);
  try {
    await call<void>("remove", path, (done) => fs.unlink(path, done));
  } catch (error) {
    /* v8 ignore next -- macOS and Windows say "not permitted" to a directory, Linux says what it is. */
    if (!isDiskError(error, "DISK_PERMISSION") || (await stat("remove", path))?.kind !== "directory") throw error;
    /* v8 ignore next */
    throw notAFileError("remove", path, error);
  }
}

async function syncDirectory(path: string, rules: PlatformRules): Promise<void> {
  const descriptor = await call<number>("syncDirectory", path, (done) => fs.open(path, rules.directoryFlags, done));
  try {
    await call<void>("syncDirectory", path, (done) => fs.fsync(descriptor, done));
  } finally {
    await call<void>("syncDirectory", path, (done) => fs.close(descriptor, done)).catch(() => undefined);
  }
}
