import type { SnapshotKind } from "./snapshot-entry.ts";

/** @throws TypeError when `bytes` isn't a `Uint8Array` */
export function checkBytes(bytes: unknown, what: string): asserts bytes is Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${what} is a Uint8Array, not ${bytes === null ? "null" : typeof bytes}.`);
}

/** @throws TypeError, RangeError when `id` is neither a checkpoint's id nor `undefined` */
export function checkCheckpointId(id: unknown): asserts id is number | undefined {
  if (id === undefined) return;
  if (typeof id !== "number") throw new TypeError(`The id of a checkpoint is a number, not ${id === null ? "null" : typeof id}.`);
  if (!Number.isSafeInteger(id) || id < 0) throw new RangeError(`The id of a checkpoint is a whole number from 0 to 2^53 - 1, not ${id}.`);
}

/** @throws TypeError when `kind` isn't one */
export function checkKind(kind: unknown): asserts kind is SnapshotKind {
  if (kind !== "full" && kind !== "delta") throw new TypeError(`The kind of a snapshot is "full" or "delta", not ${String(kind)}.`);
}
