import { BODY_BYTES_MAX } from "./format.ts";
import { recordBytes } from "./record.ts";
import { SnapshotError } from "./snapshot-error.ts";
import type { SnapshotKind } from "./snapshot-entry.ts";

/** @throws TypeError when `bytes` isn't a `Uint8Array` */
export function checkBytes(bytes: unknown, what: string): asserts bytes is Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${what} is a Uint8Array, not ${bytes === null ? "null" : typeof bytes}.`);
}

/**
 * Refuses what no snapshot could hold, before it is in a store: otherwise no snapshot of the store could be made any more.
 *
 * @throws TypeError when a part isn't a `Uint8Array`
 * @throws SnapshotError `SNAPSHOT_TOO_LARGE`
 */
export function checkEntry(key: Uint8Array, value: Uint8Array | undefined): void {
  checkBytes(key, "A key");
  if (value !== undefined) checkBytes(value, "A value");
  checkRecordBytes(recordBytes(key, value));
}

/** @throws SnapshotError `SNAPSHOT_TOO_LARGE` when an entry of so many bytes fits into no block */
export function checkRecordBytes(bytes: number): void {
  if (bytes <= BODY_BYTES_MAX) return;
  const message = `An entry takes ${bytes} bytes with its lengths; ${BODY_BYTES_MAX} is the most. Split the value over several keys.`;
  throw new SnapshotError("SNAPSHOT_TOO_LARGE", message);
}

/** @throws TypeError when `kind` isn't one */
export function checkKind(kind: unknown): asserts kind is SnapshotKind {
  if (kind !== "full" && kind !== "delta") throw new TypeError(`The kind of a snapshot is "full" or "delta", not ${String(kind)}.`);
}

/** @throws TypeError when something was given that can't give memory */
export function checkAllocate(allocate: unknown): void {
  if (allocate !== undefined && typeof allocate !== "function") throw new TypeError(`allocate is a function that gives memory, not ${typeof allocate}.`);
}
