import type { Clock, Disk, DiskFile } from "@laminar/disk";

/** What stands between a program and its disk: each is given what the disk would do, and may do otherwise. */
export interface DiskHooks {
  readonly sync?: ((file: DiskFile, really: () => Promise<void>) => Promise<void>) | undefined;
  readonly syncDirectory?: ((path: string, really: () => Promise<void>) => Promise<void>) | undefined;
  readonly clock?: Clock | undefined;
}

/** The same disk with hooks around some of its calls, or with another clock. */
export function hookedDisk(disk: Disk, { sync, syncDirectory, clock = disk.clock }: DiskHooks): Disk {
  const hooked = (file: DiskFile): DiskFile => ({
    path: file.path,
    size: () => file.size(),
    read: (position, target) => file.read(position, target),
    write: (position, source) => file.write(position, source),
    writeSync: (position, source) => file.writeSync(position, source),
    sync: () => (sync ? sync(file, () => file.sync()) : file.sync()),
    close: () => file.close(),
  });
  return {
    clock,
    owners: disk.owners,
    stat: (path) => disk.stat(path),
    statSync: (path) => disk.statSync(path),
    list: (directory) => disk.list(directory),
    listSync: (directory) => disk.listSync(directory),
    open: async (path) => hooked(await disk.open(path)),
    readSync: (path, position, target) => disk.readSync(path, position, target),
    create: async (path) => hooked(await disk.create(path)),
    makeDirectory: (path) => disk.makeDirectory(path),
    removeDirectory: (path) => disk.removeDirectory(path),
    remove: (path) => disk.remove(path),
    rename: (from, to) => disk.rename(from, to),
    syncDirectory: (path) => (syncDirectory ? syncDirectory(path, () => disk.syncDirectory(path)) : disk.syncDirectory(path)),
  };
}

/** A clock that counts the timers that wait. */
export class CountedTimers implements Clock {
  readonly #clock: Clock;
  readonly #waiting: Set<object> = new Set();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = {};
    this.#waiting.add(timer);
    const cancel = this.#clock.after(milliseconds, () => {
      this.#waiting.delete(timer);
      callback();
    });
    return () => {
      this.#waiting.delete(timer);
      cancel();
    };
  }
}
