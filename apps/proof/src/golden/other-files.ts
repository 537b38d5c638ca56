import { changed, type Damage, nameOf } from "./damage.ts";
import type { Golden } from "./load-golden.ts";
import { type Files, isLock, segmentsIn } from "./places.ts";

/** Files of one kind stand in for each other: the digits of their names are left out. */
const kindOf = (path: string): string => path.replaceAll(/[0-9a-f]{16}/g, "#");

/** Without these nothing in a directory says whose log it has: another's whole log is then a log like any other. */
const isWitness = (path: string): boolean => path.endsWith("/metadata.json");
const isWholeLog = (files: Files, path: string): boolean => segmentsIn(files).join() === path && ![...files.keys()].some(isWitness);

/** Every file gone, swapped as a whole with each of its kind, and replaced by each one of its kind from another directory. */
export function* otherFiles(all: readonly Golden[]): Generator<Damage> {
  for (const golden of all) {
    const paths = [...golden.files.keys()].filter((path) => !isLock(path));
    for (const path of paths) {
      yield gone(golden, path);
      for (const other of paths) if (other > path && kindOf(other) === kindOf(path)) yield swapped(golden, path, other);
      if (!isWholeLog(golden.files, path)) yield* foreign(golden, path, all);
    }
  }
}

function gone(golden: Golden, path: string): Damage {
  const files = (): Files => new Map([...golden.files].filter(([other]) => other !== path));
  return { golden, what: () => `${nameOf(path)} gone`, paths: [path], files };
}

function swapped(golden: Golden, one: string, other: string): Damage {
  const [oneBytes = new Uint8Array(), otherBytes = new Uint8Array()] = [golden.files.get(one), golden.files.get(other)];
  return { golden, what: () => `${nameOf(one)} and ${nameOf(other)} swapped`, paths: [one, other], files: () => new Map(golden.files).set(one, otherBytes).set(other, oneBytes) };
}

function* foreign(golden: Golden, path: string, all: readonly Golden[]): Generator<Damage> {
  for (const other of all) {
    if (other === golden) continue;
    for (const [theirs, bytes] of other.files) {
      if (kindOf(theirs) === kindOf(path)) yield changed(golden, path, () => `is ${nameOf(theirs)} of ${other.name}`, () => bytes);
    }
  }
}
