import { BODY_BYTES_MAX } from "./format.ts";
import { recordBytes } from "./record.ts";
import { shown } from "@laminar/disk/arguments";
import { SnapshotError } from "./snapshot-error.ts";
import type { SnapshotKind } from "./snapshot-entry.ts";

/** @throws TypeError when `bytes` isn't a `Uint8Array` */
export function checkBytes(bytes: unknown, what: string): asserts bytes is Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${what} is a Uint8Array, not ${shown(bytes)}.`);
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
  if (kind !== "full" && kind !== "delta") throw new TypeError(`The kind of a snapshot is "full" or "delta", not ${shown(kind)}.`);
}

/** @throws TypeError when something was given that can't give memory */
export function checkAllocate(allocate: unknown): void {
  if (allocate !== undefined && typeof allocate !== "function") throw new TypeError(`allocate is a function that gives memory, not ${shown(allocate)}.`);
}

/** @throws TypeError when `options` isn't an object, or has a name that no option has: misspelt, it would leave the default in place */
export function checkOptions(options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw new TypeError(`options are an object, not ${shown(options)}.`);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`There is no option ${shown(unknown)}; there are ${known.join(", ")}.`);
}

/** @throws TypeError when nothing can be drawn from `source`, or it is one array of bytes, which has numbers to draw */
export function checkIterable(source: unknown, what: string): void {
  const isIterable = typeof source === "object" && source !== null && (Symbol.iterator in source || Symbol.asyncIterator in source);
  if (!isIterable || source instanceof Uint8Array) throw new TypeError(`${what}, not ${shown(source)}.`);
}

/** @throws TypeError when `parts` isn't an array of snapshots' chunks, RangeError when it is empty */
export function checkParts(parts: unknown): void {
  if (!Array.isArray(parts)) throw new TypeError(`The parts are an array of snapshots, the full one first, not ${shown(parts)}.`);
  if (parts.length === 0) throw new RangeError("The parts are none; the first one is the full snapshot.");
  for (const part of parts) checkIterable(part, "Each of the parts is an iterable of Uint8Arrays, a single one in an array");
}
