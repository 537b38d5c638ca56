import type { Disk, DiskFile } from "@laminar/disk";

/** Calls of a disk, and what they moved. */
export interface DiskCalls {
  writes: number;
  bytesWritten: number;
  reads: number;
  bytesRead: number;
  syncs: number;
  /** Looks, listings, openings, creations, removals, renames, and what else changes or asks for names. */
  nameCalls: number;
}

export const noCalls = (): DiskCalls => ({ writes: 0, bytesWritten: 0, reads: 0, bytesRead: 0, syncs: 0, nameCalls: 0 });

/** The same disk, whose calls are added to `calls`. */
export function countingDisk(disk: Disk, calls: DiskCalls): Disk {
  const named = <A extends readonly unknown[], R>(call: (...args: A) => R): ((...args: A) => R) => {
    return (...args) => {
      calls.nameCalls++;
      return call(...args);
    };
  };
  return {
    clock: disk.clock,
    owners: disk.owners,
    stat: named((path) => disk.stat(path)),
    statSync: named((path) => disk.statSync(path)),
    list: named((directory) => disk.list(directory)),
    listSync: named((directory) => disk.listSync(directory)),
    open: named(async (path) => countingFile(await disk.open(path), calls)),
    readSync: (path, position, target) => countRead(calls, disk.readSync(path, position, target)),
    create: named(async (path) => countingFile(await disk.create(path), calls)),
    makeDirectory: named((path) => disk.makeDirectory(path)),
    removeDirectory: named((path) => disk.removeDirectory(path)),
    remove: named((path) => disk.remove(path)),
    rename: named((from, to) => disk.rename(from, to)),
    syncDirectory: (path) => {
      calls.syncs++;
      return disk.syncDirectory(path);
    },
  };
}

function countingFile(file: DiskFile, calls: DiskCalls): DiskFile {
  return {
    path: file.path,
    size: () => file.size(),
    read: async (position, target) => countRead(calls, await file.read(position, target)),
    write: async (position, source) => countWrite(calls, await file.write(position, source)),
    writeSync: (position, source) => countWrite(calls, file.writeSync(position, source)),
    sync: () => {
      calls.syncs++;
      return file.sync();
    },
    close: () => file.close(),
  };
}

function countRead(calls: DiskCalls, bytes: number): number {
  calls.reads++;
  calls.bytesRead += bytes;
  return bytes;
}

function countWrite(calls: DiskCalls, bytes: number): number {
  calls.writes++;
  calls.bytesWritten += bytes;
  return bytes;
}
