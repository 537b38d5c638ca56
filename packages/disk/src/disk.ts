import type { Clock } from "./clock.ts";
import type { Owners } from "./owners.ts";

/** What a directory entry is. Symbolic links, devices, sockets and pipes are `"other"`: nothing here follows them. */
export type EntryKind = "file" | "directory" | "other";

/** One entry of a directory. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: EntryKind;
}

/** What stands at a path. */
export interface PathStatus {
  /** File, directory, or something else. */
  readonly kind: EntryKind;
  /** Bytes of a file; 0 for what isn't one. */
  readonly size: number;
  /**
   * Of a file: another text once its bytes or its length were changed, or another file has the path, so that a caller needn't
   * read it again to know that it is the same; empty for what isn't a file. It may also change when the bytes didn't. Two
   * changes within one tick of the file system's clock (some milliseconds) may look like one, and bytes that the device loses
   * by itself don't show. Says nothing across a power cut.
   */
  readonly revision: string;
}

/**
 * The machine that durable code runs on: files with explicit positions, directories, and syncs that say when something
 * is durable. `nodeDisk` is the real one, `createSimulatedDisk` (at `@laminar/disk/testing`) one that loses power.
 *
 * What is durable: file content once {@link DiskFile.sync} settles; a directory's entries (a name that was created,
 * renamed or removed in it) once {@link Disk.syncDirectory} of that directory settles. Nothing else is. A file's sync
 * says nothing about its name, a directory's nothing about the content of its files, and after a crash each unsynced
 * 512-byte sector and each unsynced directory entry may be there or not, on its own, in any combination. A rename
 * within one file system is atomic: after a crash the target name leads to the old or to the new entry, never to none.
 *
 * Order: calls take effect in the order of their settling; a caller that needs an order awaits. Calls on different paths
 * may run at the same time. {@link Disk.statSync}, {@link Disk.listSync} and {@link Disk.readSync} take effect before they
 * return and hold up the thread until then: they are for tools and tests. Every failure is a `DiskError`; after a failed
 * sync nothing may be assumed about the bytes it covered, and it must not be tried again.
 *
 * Paths are those of the platform (`node:path`); none is ever resolved through a symbolic link in its last part.
 */
export interface Disk {
  /** The machine's clock. It stands here because a simulated machine has a time of its own. */
  readonly clock: Clock;
  /** Who runs on this machine, for locks. */
  readonly owners: Owners;
  /** What stands at `path`, or `undefined` when nothing does. A symbolic link is `"other"`. */
  stat(path: string): Promise<PathStatus | undefined>;
  /** The same at once. */
  statSync(path: string): PathStatus | undefined;
  /** The entries of a directory, in no order. Rejects with `DISK_NOT_FOUND` or `DISK_NOT_A_DIRECTORY`. */
  list(directory: string): Promise<readonly DirectoryEntry[]>;
  /** The same at once: throws where {@link list} rejects. */
  listSync(directory: string): readonly DirectoryEntry[];
  /** Opens an existing plain file for reading only. What isn't a plain file is refused (`DISK_NOT_A_FILE`), never waited for. */
  open(path: string): Promise<DiskFile>;
  /**
   * Opens the plain file at `path`, reads once into `target` from `position` and closes it; returns the bytes read, which may
   * be less than asked (`readFullySync` loops). 0 only at or after the end. Refuses what {@link open} refuses. Every call
   * opens anew: when the name is given to another file in between, the next call reads that one.
   */
  readSync(path: string, position: number, target: Uint8Array): number;
  /** Creates a file that must not exist (`DISK_EXISTS`), for reading and writing. */
  create(path: string): Promise<DiskFile>;
  /** Makes one directory whose parent exists; `DISK_EXISTS` when anything stands there. */
  makeDirectory(path: string): Promise<void>;
  /** Removes an empty directory; `DISK_NOT_EMPTY` otherwise. */
  removeDirectory(path: string): Promise<void>;
  /** Removes a name that isn't a directory's. Open files stay readable. */
  remove(path: string): Promise<void>;
  /**
   * Gives `from` the name `to`, atomically. A file replaces a file; a directory replaces an empty directory
   * (`DISK_NOT_EMPTY` otherwise; Windows replaces none).
   */
  rename(from: string, to: string): Promise<void>;
  /** Makes the entries of a directory durable. Does nothing where the platform can't (Windows). */
  syncDirectory(path: string): Promise<void>;
}

/**
 * One open file. Positions and lengths are bytes. Reads and writes name their position, so that no hidden cursor exists;
 * a transfer may be short without an error, and callers loop (`readFully`, `writeFully`).
 */
export interface DiskFile {
  /** The path it was opened under; a later rename doesn't change it. */
  readonly path: string;
  /** Bytes in the file now. */
  size(): Promise<number>;
  /** Reads into `target` from `position`; resolves to the bytes read. 0 only at or after the end. */
  read(position: number, target: Uint8Array): Promise<number>;
  /**
   * Writes to the page cache; resolves to the bytes taken, at least 1. The bytes are read while the call runs: `source`
   * must not change before it settles. Nothing is durable.
   */
  write(position: number, source: Uint8Array): Promise<number>;
  /** The same at once, for writes that are shorter than a trip to another thread. Returns the bytes taken, at least 1. */
  writeSync(position: number, source: Uint8Array): number;
  /**
   * Makes every write that returned before the call durable, with the length of the file. Rejects with a `DiskError` when
   * the disk says no; then nothing is known about the bytes, a second call proves nothing, and the file must be given up.
   */
  sync(): Promise<void>;
  /**
   * The same at once, for disks that take less time than the trip to another thread: memory, or one with a battery. Throws what `sync`
   * rejects with. Optional: who has nothing of the kind leaves it out, and `sync` is used.
   */
  syncNow?(): void;
  /** Frees the handle. A second call does nothing. Syncs nothing. */
  close(): Promise<void>;
}
