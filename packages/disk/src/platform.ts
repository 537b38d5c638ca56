import { constants } from "node:fs";

/** The most that one call transfers; the platforms' own limit is 2 GiB - 1 or a little below. */
export const transferMax: number = 1 << 30;

/** The open flags that a platform may lack; absent ones are `undefined` or missing. */
export interface OpenFlags {
  readonly O_NOFOLLOW?: number | undefined;
  readonly O_NONBLOCK?: number | undefined;
  readonly O_DIRECTORY?: number | undefined;
}

/** Everything in which the file systems of platforms differ for a disk. The lock's differences are in `node-owners.ts`. */
export interface PlatformRules {
  /** Flags that open a plain file for reading and wait for nothing. */
  readonly readFlags: number;
  /** Flags that create a new file. */
  readonly createFlags: number;
  /** Flags that open a directory to sync it. */
  readonly directoryFlags: number;
  /** Whether an open that meets a symbolic link fails by itself; where not, the path is looked at first. */
  readonly refusesLinks: boolean;
  /** Which call makes content durable together with the length of the file. */
  readonly contentSync: "fdatasync" | "fsync";
  /** Whether a directory can be synced at all. */
  readonly syncsDirectories: boolean;
  /** Whether a renamed directory replaces an empty one. Nothing here hangs on it: what stands in the way is removed first. */
  readonly replacesDirectories: boolean;
  /** Whether an unlink refuses a directory by itself; where not, the path is looked at first. */
  readonly unlinkRefusesDirectories: boolean;
}

/** @param versions the runtime's, as `process.versions` has them */
export function platformRules(
  platform: string,
  flags: OpenFlags = constants,
  versions: Readonly<Record<string, string | undefined>> = process.versions,
): PlatformRules {
  const noFollow = flags.O_NOFOLLOW ?? 0;
  return {
    readFlags: constants.O_RDONLY | noFollow | (flags.O_NONBLOCK ?? 0),
    createFlags: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow,
    directoryFlags: constants.O_RDONLY | noFollow | (flags.O_DIRECTORY ?? 0),
    refusesLinks: noFollow !== 0,
    // Linux's fdatasync covers the length, and Windows has one call for both. Elsewhere that isn't promised. On macOS Node.js
    // asks the device to empty its cache (F_FULLFSYNC), by either call; Bun is said not to.
    contentSync: platform === "linux" || platform === "win32" ? "fdatasync" : "fsync",
    // Windows opens no directory for a flush; NTFS journals its entries. Anywhere else a refusal is an error: a file system
    // that can't make a name durable can't hold a log.
    syncsDirectories: platform !== "win32",
    replacesDirectories: platform !== "win32",
    // Deno's unlink removes an empty directory.
    unlinkRefusesDirectories: versions.deno === undefined,
  };
}
