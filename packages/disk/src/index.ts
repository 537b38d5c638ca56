export type { Clock } from "./clock.ts";
export type { DirectoryEntry, Disk, DiskFile, EntryKind, PathStatus } from "./disk.ts";
export { DiskError, isDiskError, type DiskErrorCode, type DiskErrorDetails } from "./disk-error.ts";
export { makeDirectories, publishFile } from "./durable.ts";
export { breakLock, lockDirectory, type DirectoryLock, type LockOptions } from "./lock.ts";
export { nodeDisk } from "./node-disk.ts";
export type { Owners, Verdict } from "./owners.ts";
export { readFully, readFullySync, writeFully, writeFullySync } from "./transfer.ts";
