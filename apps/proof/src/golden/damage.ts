import type { Golden } from "./load-golden.ts";
import type { Files } from "./places.ts";

/** One damage of one golden directory, done when it is asked for. */
export interface Damage {
  readonly golden: Golden;
  /** Files that aren't as they were. */
  readonly paths: readonly string[];
  /** Enough to do the same again. */
  what(): string;
  files(): Files;
}

export const nameOf = (path: string): string => path.split("/").slice(2).join("/");

/** One file has other bytes. */
export function changed(golden: Golden, path: string, what: () => string, change: (before: Uint8Array) => Uint8Array): Damage {
  const files = (): Files => new Map(golden.files).set(path, change(golden.files.get(path) ?? new Uint8Array()));
  return { golden, what: () => `${nameOf(path)} ${what()}`, paths: [path], files };
}

/** One file has another name in the same directory. */
export function renamed(golden: Golden, path: string, name: string): Damage {
  const target = `${path.slice(0, path.lastIndexOf("/"))}/${name}`;
  const files = (): Files => new Map([...golden.files].map(([other, bytes]) => [other === path ? target : other, bytes]));
  return { golden, what: () => `${nameOf(path)} renamed ${JSON.stringify(name)}`, paths: [path], files };
}

/** The bytes with others from `at` on, as far as they fit. */
export function overwritten(before: Uint8Array, at: number, source: Uint8Array): Uint8Array {
  const after = before.slice();
  after.set(source.subarray(0, Math.max(0, after.length - at)), at);
  return after;
}
