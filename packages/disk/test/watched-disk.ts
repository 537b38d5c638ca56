import { basename } from "node:path";
import type { Disk, DiskFile } from "../src/index.ts";

/** What a disk is asked, by the last part of the path: `"create a"`, `"rename a b"`. */
export type Watch = (operation: string) => void;

/** A disk that tells `watch` of every operation before it is done; what `watch` throws fails the operation instead. */
export function watchedDisk(disk: Disk, watch: Watch): Disk {
  const tell = (operation: string, ...paths: readonly string[]): void =>
    watch([operation, ...paths.map((path) => basename(path))].join(" "));
  const told = async <T>(operation: string, paths: readonly string[], run: () => Promise<T>): Promise<T> => {
    tell(operation, ...paths);
    return run();
  };
  const toldAtOnce = <T>(operation: string, path: string, run: () => T): T => {
    tell(operation, path);
    return run();
  };
  return {
    clock: disk.clock,
    owners: disk.owners,
    stat: (path) => told("stat", [path], () => disk.stat(path)),
    statSync: (path) => toldAtOnce("statSync", path, () => disk.statSync(path)),
    list: (path) => told("list", [path], () => disk.list(path)),
    listSync: (path) => toldAtOnce("listSync", path, () => disk.listSync(path)),
    readSync: (path, position, target) => toldAtOnce("readSync", path, () => disk.readSync(path, position, target)),
    open: (path) => told("open", [path], async () => watchedFile(await disk.open(path), tell)),
    create: (path) => told("create", [path], async () => watchedFile(await disk.create(path), tell)),
    makeDirectory: (path) => told("makeDirectory", [path], () => disk.makeDirectory(path)),
    removeDirectory: (path) => told("removeDirectory", [path], () => disk.removeDirectory(path)),
    remove: (path) => told("remove", [path], () => disk.remove(path)),
    rename: (from, to) => told("rename", [from, to], () => disk.rename(from, to)),
    syncDirectory: (path) => told("syncDirectory", [path], () => disk.syncDirectory(path)),
  };
}

function watchedFile(file: DiskFile, tell: (operation: string, ...paths: readonly string[]) => void): DiskFile {
  const told = async <T>(operation: string, run: () => Promise<T>): Promise<T> => {
    tell(operation, file.path);
    return run();
  };
  return {
    path: file.path,
    size: () => told("size", () => file.size()),
    read: (position, target) => told("read", () => file.read(position, target)),
    write: (position, source) => told("write", () => file.write(position, source)),
    writeSync: (position, source) => {
      tell("writeSync", file.path);
      return file.writeSync(position, source);
    },
    sync: () => told("sync", () => file.sync()),
    // Freed even where the test has it fail, so that no test leaks a handle.
    close: async () => {
      await file.close();
      tell("close", file.path);
    },
  };
}
