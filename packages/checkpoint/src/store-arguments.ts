import { isUint8Array } from "node:util/types";
import { shown } from "@laminar/disk/arguments";
import { METADATA_BYTES_MAX } from "./metadata-format.ts";

// What a compiler refuses to its users, callers in JavaScript find out before anything has changed.

/** An `id` that a name can be made of. Text would find its way into a path. */
export function checkId(id: unknown): void {
  if (typeof id !== "number") throw new TypeError(`An id is a number, not ${shown(id)}.`);
  if (!Number.isSafeInteger(id) || id < 1) throw new RangeError(`An id is a whole number from 1 to 2^53 - 1, not ${id}.`);
}

/** All of them, so that a wrong one keeps the right ones from being withdrawn. */
export function checkIds(ids: unknown): void {
  if (!Array.isArray(ids)) throw new TypeError(`The ids to withdraw are an array, not ${shown(ids)}.`);
  for (const id of ids) checkId(id);
}

export function checkPublication(id: unknown, state: unknown, describe: unknown): void {
  checkId(id);
  const isIterable = typeof state === "object" && state !== null && (Symbol.iterator in state || Symbol.asyncIterator in state);
  // Bytes are an iterable too, of numbers.
  if (!isIterable || isUint8Array(state)) throw new TypeError(`A state is an iterable of Uint8Arrays, not ${shown(state)}; a single one goes into an array.`);
  if (typeof describe !== "function") throw new TypeError(`What describes a state is a function, not ${shown(describe)}.`);
}

/** A chunk of a state, which is looked at when it comes. */
export function checkChunk(chunk: unknown): void {
  if (!isUint8Array(chunk)) throw new TypeError(`A chunk of a state is a Uint8Array, not ${shown(chunk)}.`);
}

/** What `describe` gave: no reader takes more, and none at all means nothing. */
export function checkMetadata(metadata: unknown): void {
  if (!isUint8Array(metadata)) throw new TypeError(`The metadata are a Uint8Array, not ${shown(metadata)}.`);
  if (metadata.length >= 1 && metadata.length <= METADATA_BYTES_MAX) return;
  throw new RangeError(`The metadata have 1 to ${METADATA_BYTES_MAX} bytes, not ${metadata.length}.`);
}
