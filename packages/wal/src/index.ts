export { breakLock, nodeDisk, type Disk } from "@laminar/disk";
export type { WalDamage } from "./confirm-damage.ts";
export type { AbortSignalLike, EntryVisitor, LogEnd, LogReader, LogWriter, Lsn, ReadOptions, WalBatch, WriteAheadLog } from "./log.ts";
export { openWal, openWalReader } from "./open-wal.ts";
export { type VerifyOptions, type VerifyProgress, verifyWal, walSize, type WalReport } from "./verify-wal.ts";
export type { WalCodec, WalEntry, WalEntryInput } from "./wal-entry.ts";
export { isCorruption, isWalError, WalError, type WalErrorCode, type WalErrorDetails } from "./wal-error.ts";
export type { WalOptions, WalReaderOptions } from "./wal-options.ts";
