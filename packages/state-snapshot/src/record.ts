/*
 * A record is an entry as it stands in a block's body: the key's length, the value's length or "deleted", the key, the value. The
 * store keeps its entries in the same form, so that a block read from disk becomes part of a store without a copy, and the store's
 * memory becomes a block by copying whole stretches of it.
 */
import { DELETED, ENTRY_HEAD_BYTES } from "./format.ts";

/** What a length reads as when it says "deleted". Other lengths are below 2^30. */
export const DELETED_LENGTH: number = DELETED | 0;

/** Bytes of a record with a key and a value of these lengths; a value that is `undefined` is a deleted key's. */
export function recordBytes(key: Uint8Array, value: Uint8Array | undefined): number {
  return ENTRY_HEAD_BYTES + key.length + (value === undefined ? 0 : value.length);
}

/** A length in a record, signed. Put together from bytes: a `DataView` for each stretch of memory would be one more thing to keep. */
export function lengthAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

/** Whether the record at `at` says that its key was deleted. */
export function isDeletedAt(bytes: Uint8Array, at: number): boolean {
  return lengthAt(bytes, at + 4) === DELETED_LENGTH;
}

/** Where the record that begins at `at` ends. */
export function recordEnd(bytes: Uint8Array, at: number): number {
  const valueBytes = lengthAt(bytes, at + 4);
  return at + ENTRY_HEAD_BYTES + lengthAt(bytes, at) + (valueBytes === DELETED_LENGTH ? 0 : valueBytes);
}

export function writeRecordHead(bytes: Uint8Array, at: number, key: Uint8Array, value: Uint8Array | undefined): void {
  writeLength(bytes, at, key.length);
  writeLength(bytes, at + 4, value === undefined ? DELETED_LENGTH : value.length);
}

export function writeRecord(bytes: Uint8Array, at: number, key: Uint8Array, value: Uint8Array | undefined): void {
  writeRecordHead(bytes, at, key, value);
  bytes.set(key, at + ENTRY_HEAD_BYTES);
  if (value !== undefined) bytes.set(value, at + ENTRY_HEAD_BYTES + key.length);
}

/** The key of the record at `at`, as a view. */
export function keyAt(bytes: Uint8Array, at: number): Uint8Array {
  const start = at + ENTRY_HEAD_BYTES;
  return bytes.subarray(start, start + lengthAt(bytes, at));
}

/** The value of the record at `at`, as a view; `undefined` when the key was deleted. */
export function valueAt(bytes: Uint8Array, at: number): Uint8Array | undefined {
  const valueBytes = lengthAt(bytes, at + 4);
  if (valueBytes === DELETED_LENGTH) return undefined;
  const start = at + ENTRY_HEAD_BYTES + lengthAt(bytes, at);
  return bytes.subarray(start, start + valueBytes);
}

function writeLength(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = length;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length >>> 16;
  bytes[at + 3] = length >>> 24;
}
