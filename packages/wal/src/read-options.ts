import { requireFlag, requireKnownNames, shown } from "@laminar/disk/arguments";
import type { InspectOptions } from "./inspect-wal.ts";
import type { AbortSignalLike, EntryVisitor, ReadOptions } from "./log.ts";
import type { VerifyOptions } from "./verify-wal.ts";
import { requireDisk, requireLsn } from "./wal-options.ts";

/** Refuses what a JavaScript caller may have got wrong, before anything is read. */
export function requireReadOptions(options: ReadOptions): void {
  if (typeof options !== "object" || options === null) throw new TypeError(`options must be an object, not ${shown(options)}`);
  requireKnownNames(options, OPTIONS, "a read");
  const { after, unproven, follow, signal } = options;
  if (after !== undefined) requireLsn(after, "after");
  requireFlag(unproven, "unproven");
  requireFlag(follow, "follow");
  if (signal !== undefined) requireSignal(signal);
}

const OPTIONS = { after: true, unproven: true, follow: true, signal: true } satisfies Record<keyof ReadOptions, true>;

const LOOKS = { disk: true, signal: true, onProgress: true } satisfies Record<keyof VerifyOptions | keyof InspectOptions, true>;

/** The options of what looks at a whole log and gives a report. */
export function requireLookOptions(options: VerifyOptions): void {
  if (typeof options !== "object" || options === null) throw new TypeError(`options must be an object, not ${shown(options)}`);
  requireKnownNames(options, LOOKS, "a look at a log");
  const { disk, signal, onProgress } = options;
  requireDisk(disk);
  if (signal !== undefined) requireSignal(signal);
  if (onProgress !== undefined && !isFunction(onProgress)) throw new TypeError(`onProgress must be a function, not ${shown(onProgress)}`);
}

function requireSignal(signal: Partial<AbortSignalLike> | null): void {
  const isSignal = typeof signal?.aborted === "boolean" && isFunction(signal.addEventListener) && isFunction(signal.removeEventListener);
  if (!isSignal) throw new TypeError(`signal must be an AbortSignal, not ${shown(signal)}`);
}

export function requireVisitor(visitor: EntryVisitor): void {
  if (typeof visitor !== "object" || visitor === null) throw new TypeError(`a visitor must be an object, not ${shown(visitor)}`);
  for (const method of ["put", "delete", "commit", "checkpoint"] as const) {
    if (typeof visitor[method] !== "function") throw new TypeError(`a visitor must have ${method}(), a function, not ${shown(visitor[method])}`);
  }
  const { memory } = visitor;
  if (memory !== undefined && (typeof memory?.take !== "function" || typeof memory.giveBack !== "function")) {
    throw new TypeError(`a visitor's memory must have take() and giveBack(), not be ${shown(memory)}`);
  }
  for (const method of ["batch", "batchEnd"] as const) {
    if (visitor[method] !== undefined && typeof visitor[method] !== "function") throw new TypeError(`a visitor's ${method} must be a function, not ${shown(visitor[method])}`);
  }
}

const isFunction = (value: unknown): boolean => typeof value === "function";
