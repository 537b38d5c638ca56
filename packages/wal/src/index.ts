export { breakLock, nodeDisk, type Disk } from "@laminar/disk";
export { bytesCodec } from "./codec/bytes-codec.ts";
export { msgpackCodec } from "./codec/msgpack-codec.ts";
export type { AbortSignalLike, EntryVisitor, LogEnd, LogReader, LogWriter, Lsn, ReadOptions, WalBatch, WriteAheadLog } from "./log.ts";
export { openWal, openWalReader } from "./open-wal.ts";
export { verifyWal, walSize, type WalReport } from "./verify-wal.ts";
export type { WalCodec, WalEntry, WalEntryInput } from "./wal-entry.ts";
export { isCorruption, isWalError, WalError, type WalErrorCode, type WalErrorDetails } from "./wal-error.ts";
export type { WalOptions } from "./wal-options.ts";
