export type { Clock } from "./clock.ts";
export type { DirectoryEntry, Disk, DiskFile, EntryKind, PathStatus } from "./disk.ts";
export { DiskError, isDiskError, type DiskErrorCode, type DiskErrorDetails } from "./disk-error.ts";
export type { DirectoryLock, LockOptions } from "./lock.ts";
export type { Owners, Verdict } from "./owners.ts";
