import { changed, type Damage } from "../golden/damage.ts";
import { type Door, opening, recovering } from "../golden/doors.ts";
import { type Golden, loadGolden } from "../golden/load-golden.ts";
import { lookAtAll } from "../golden/look-at-all.ts";
import { otherFiles } from "../golden/other-files.ts";
import { randomBelow, randomBytes } from "../random.ts";
import type { Outcome, Row, Work } from "../row.ts";

const LENGTHS = [1, 48, 512, 4096];
/** One in so many is opened for writing, too, which takes several times as long. */
const EVERY = 7;

const joined = (before: Uint8Array, more: Uint8Array): Uint8Array => {
  const after = new Uint8Array(before.length + more.length);
  after.set(before);
  after.set(more, before.length);
  return after;
};

/** Every file cut at every byte, and longer than it was. */
export function* cutsAndExtensions(golden: readonly Golden[], seed: number): Generator<Damage> {
  const below = randomBelow(seed);
  for (const one of golden) {
    for (const [path, { length }] of one.files) {
      for (let end = 0; end < length; end++) yield changed(one, path, () => `cut to ${end} bytes`, (before) => before.slice(0, end));
      for (const more of LENGTHS) {
        const garbage = randomBytes(below, more);
        yield changed(one, path, () => `longer by ${more} zeros`, (before) => joined(before, new Uint8Array(more)));
        yield changed(one, path, () => `longer by ${more} bytes of garbage`, (before) => joined(before, garbage));
      }
    }
  }
}

export async function lookAtCuts(golden: readonly Golden[], work: Work, doors: readonly [Door, Door] = [recovering, opening]): Promise<Outcome> {
  return lookAtAll(cutsAndExtensions(golden, work.seed), (_, index) => (index % EVERY === 0 ? doors : [doors[0]]), work);
}

/** Few, so `check` looks at all of them. */
export async function lookAtOtherFiles(golden: readonly Golden[], work: Work, doors: readonly [Door, Door] = [recovering, opening]): Promise<Outcome> {
  return lookAtAll(otherFiles(golden), (_, index) => (index % EVERY === 0 ? doors : [doors[0]]), { ...work, size: "proof" });
}

/** A file that lost its end, has something behind it, or is another one or none: exactly the state, the one older commit that may be, or a refusal. */
export const cutFiles: Row = {
  number: 3,
  title: "every file cut at every byte, extended, gone, or another one",
  unit: "damaged directories",
  parts: [
    { name: "golden directories", goal: "all", seconds: 30, run: async (work) => lookAtCuts(await loadGolden(), work) },
    { name: "whole files", goal: "all", seconds: 5, run: async (work) => lookAtOtherFiles(await loadGolden(), work) },
  ],
};
