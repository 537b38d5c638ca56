import { isUint8Array } from "node:util/types";
import { shown } from "./arguments.ts";

// What a compiler refuses to its users, callers in JavaScript find out before anything has happened.

/** A disk, which is easily left out: nothing here has one of its own. */
export function checkDisk(disk: unknown): void {
  if (typeof disk === "object" && disk !== null && "stat" in disk && "owners" in disk) return;
  throw new TypeError(`The disk comes first and is a Disk, such as nodeDisk, not ${shown(disk)}.`);
}

/** A `path` that a call can be about. Every call with an empty one would mean another place, or the working directory. */
export function checkPath(what: string, path: unknown): void {
  if (typeof path !== "string") throw new TypeError(`${what} is the text of a path, not ${shown(path)}.`);
  if (path === "") throw new TypeError(`${what} is empty (""). The working directory is ".".`);
  if (path.includes("\0")) throw new TypeError(`${what} has a NUL in it, which no path has: ${JSON.stringify(path)}.`);
}

/** A `name` of one entry: one that led elsewhere would escape the directory that is synced for it. */
export function checkEntryName(what: string, name: unknown): void {
  checkPath(what, name);
  if (/^\.{1,2}$|[\\/]/.test(String(name))) throw new TypeError(`${what} is a name in a directory, not a path: ${JSON.stringify(name)}.`);
}

export function checkBytes(what: string, bytes: unknown): void {
  if (!isUint8Array(bytes)) throw new TypeError(`${what} is a Uint8Array, not ${shown(bytes)}.`);
}

/** Chunks are gone through only once, so that each of them is checked when it comes. */
export function checkChunks(what: string, chunks: unknown): void {
  const isIterable = typeof chunks === "object" && chunks !== null && (Symbol.iterator in chunks || Symbol.asyncIterator in chunks);
  // Bytes are an iterable too, of numbers.
  if (!isIterable || isUint8Array(chunks)) throw new TypeError(`${what} is an iterable of Uint8Arrays; a single one goes into an array, and ${shown(chunks)} is none.`);
}

/** Node takes anything else for "wherever the descriptor's cursor is". */
export function checkPosition(position: number): void {
  if (Number.isSafeInteger(position) && position >= 0) return;
  throw new RangeError(`A position in a file is a whole number from 0, not ${shown(position)}.`);
}
