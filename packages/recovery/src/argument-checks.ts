import { shown } from "@laminar/disk/arguments";

// What a compiler refuses to its users, callers in JavaScript find out before anything has changed.

/** A whole number, at least `min`, or `TypeError` or `RangeError`. */
export function whole(name: string, value: unknown, min = 0): number {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number, not ${shown(value)}`);
  if (!Number.isSafeInteger(value) || value < min) throw new RangeError(`${name} must be a whole number, ${min} or more, not ${value}`);
  return value;
}

export function requirePath(value: unknown, name: string): asserts value is string {
  if (typeof value !== "string" || value === "" || value.includes("\0")) throw new TypeError(`${name} must be the path of a directory, not ${shown(value)}`);
}

/** `"refuse"` or `"stop"`. */
export function requireDamagePolicy(value: unknown): void {
  if (value !== undefined && value !== "refuse" && value !== "stop") throw new TypeError(`onDamage must be "refuse" or "stop", not ${shown(value)}`);
}

/** What any call that takes a while is given, and the machine it works on. */
export function requireRunOptions({ onProgress, signal, disk }: { readonly onProgress?: unknown; readonly signal?: unknown; readonly disk?: unknown }): void {
  if (onProgress !== undefined && typeof onProgress !== "function") throw new TypeError(`onProgress must be a function, not ${shown(onProgress)}`);
  if (signal !== undefined && !hasMethods(signal, "addEventListener")) throw new TypeError(`signal must be an AbortSignal, not ${shown(signal)}`);
  if (disk !== undefined && !hasMethods(disk, "stat")) throw new TypeError(`disk must be a Disk of @laminar/disk, not ${shown(disk)}`);
}

/** Whether `value` is an object on which these can be called. */
export function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return typeof value === "object" && value !== null && names.every((name) => typeof Reflect.get(value, name) === "function");
}
