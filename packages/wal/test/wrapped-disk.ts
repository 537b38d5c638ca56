import type { Disk } from "@laminar/disk";

type DiskFile = Awaited<ReturnType<Disk["open"]>>;

/** What stands between a program and its disk: each is given what the disk would do, and may do otherwise. */
export interface Hooks {
  sync?(file: DiskFile, really: () => Promise<void>): Promise<void>;
  read?(really: () => Promise<number>, target: Uint8Array): Promise<number>;
  readSync?(really: () => number): number;
  syncDirectory?(path: string, really: () => Promise<void>): Promise<void>;
}

/** The same disk with hooks around some of its calls. */
export function wrapDisk(disk: Disk, hooks: Hooks): Disk {
  const wrapFile = (file: DiskFile): DiskFile => ({
    path: file.path,
    size: () => file.size(),
    read: (position, target) => {
      const really = (): Promise<number> => file.read(position, target);
      return hooks.read ? hooks.read(really, target) : really();
    },
    write: (position, source) => file.write(position, source),
    writeSync: (position, source) => file.writeSync(position, source),
    sync: () => (hooks.sync ? hooks.sync(file, () => file.sync()) : file.sync()),
    close: () => file.close(),
  });
  return {
    clock: disk.clock,
    owners: disk.owners,
    stat: (path) => disk.stat(path),
    statSync: (path) => disk.statSync(path),
    list: (directory) => disk.list(directory),
    listSync: (directory) => disk.listSync(directory),
    readSync: (path, position, target) => {
      const really = (): number => disk.readSync(path, position, target);
      return hooks.readSync ? hooks.readSync(really) : really();
    },
    open: async (path) => wrapFile(await disk.open(path)),
    create: async (path) => wrapFile(await disk.create(path)),
    makeDirectory: (path) => disk.makeDirectory(path),
    removeDirectory: (path) => disk.removeDirectory(path),
    remove: (path) => disk.remove(path),
    rename: (from, to) => disk.rename(from, to),
    syncDirectory: (path) => (hooks.syncDirectory ? hooks.syncDirectory(path, () => disk.syncDirectory(path)) : disk.syncDirectory(path)),
  };
}
