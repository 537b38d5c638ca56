import type { SnapshotKind } from "./snapshot-entry.ts";

/** @throws TypeError when `bytes` isn't a `Uint8Array` */
export function checkBytes(bytes: unknown, what: string): asserts bytes is Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${what} is a Uint8Array, not ${bytes === null ? "null" : typeof bytes}.`);
}

/** @throws TypeError when `kind` isn't one */
export function checkKind(kind: unknown): asserts kind is SnapshotKind {
  if (kind !== "full" && kind !== "delta") throw new TypeError(`The kind of a snapshot is "full" or "delta", not ${String(kind)}.`);
}
