import type { AbortSignalLike, EntryVisitor, ReadOptions } from "./log.ts";
import { requireLsn } from "./wal-options.ts";

/** Refuses what a JavaScript caller may have got wrong, before anything is read. */
export function requireReadOptions(options: ReadOptions): void {
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object");
  const { after, unproven, follow, signal } = options;
  if (after !== undefined) requireLsn(after, "after");
  requireFlag(unproven, "unproven");
  requireFlag(follow, "follow");
  if (signal !== undefined) requireSignal(signal);
}

function requireFlag(value: unknown, what: string): void {
  if (value !== undefined && typeof value !== "boolean") throw new TypeError(`${what} must be true or false`);
}

function requireSignal(signal: Partial<AbortSignalLike> | null): void {
  const isSignal = typeof signal?.aborted === "boolean" && isFunction(signal.addEventListener) && isFunction(signal.removeEventListener);
  if (!isSignal) throw new TypeError("signal must be an AbortSignal");
}

export function requireVisitor(visitor: EntryVisitor): void {
  if (typeof visitor !== "object" || visitor === null) throw new TypeError("a visitor must be an object");
  for (const method of ["put", "delete", "commit", "checkpoint"] as const) {
    if (typeof visitor[method] !== "function") throw new TypeError(`a visitor must have ${method}()`);
  }
  const { memory } = visitor;
  if (memory !== undefined && (typeof memory?.take !== "function" || typeof memory.giveBack !== "function")) {
    throw new TypeError("a visitor's memory must have take() and giveBack()");
  }
  if (visitor.batch !== undefined && typeof visitor.batch !== "function") throw new TypeError("a visitor's batch must be a function");
}

const isFunction = (value: unknown): boolean => typeof value === "function";
