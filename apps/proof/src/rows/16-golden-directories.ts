import { cp } from "node:fs/promises";
import { join } from "node:path";
import { nodeDisk } from "@laminar/disk";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { type Door, goOn, opening, type Place, recovering } from "../golden/doors.ts";
import { textOf } from "../golden/expected.ts";
import { DATA, type Golden, GOLDEN, loadGolden, newestOf } from "../golden/load-golden.ts";
import { DIRECTORY } from "../golden/places.ts";
import type { Outcome, Row, Work } from "../row.ts";
import { Counter } from "../whole-stack/count.ts";

/** Reads, opens for writing, reads; then writes on and reads what was written, and again. */
async function use(golden: Golden, place: Place, [recover, open]: readonly [Door, Door], counter: Counter): Promise<void> {
  const { written } = golden;
  let expected = newestOf(golden);
  const requireAt = async (step: string, door: Door): Promise<void> => {
    const found = textOf(await door.enter(place, written));
    if (found !== textOf(expected)) throw new Error(`${step} gives ${found} instead of ${textOf(expected)}`);
    counter.add(step);
  };
  await requireAt("recovered", recover);
  await requireAt("opened for writing", open);
  await requireAt("recovered after that", recover);
  expected = await goOn(place, written, expected);
  await requireAt("recovered after more was written", recover);
  await requireAt("opened for writing after more was written", open);
}

export async function useGolden(work: Work, doors: readonly [Door, Door] = [recovering, opening]): Promise<Outcome> {
  const counter = new Counter();
  const violations: string[] = [];
  const golden = await loadGolden();
  // All of them in any case: it is soon done.
  for (const one of golden) {
    const copy = join(work.scratch, one.name.replace("/", "-"));
    await cp(join(GOLDEN, one.name, DATA), copy, { recursive: true });
    const places: readonly (readonly [string, Place])[] = [
      ["the simulated disk", { disk: createSimulatedDisk({ files: one.files }), directory: DIRECTORY }],
      // Whether the simulated machine's processes live can't be known here.
      ["a real disk", { disk: nodeDisk, directory: copy, oneContainer: true }],
    ];
    for (const [where, place] of places) {
      await use(one, place, doors, counter).catch((error: unknown) => violations.push(`${one.name} on ${where}: ${String(error)}`));
    }
  }
  return { reached: golden.length, all: golden.length, violations, counters: Object.fromEntries(counter.entries()) };
}

/** What every released format left can be read, and written on, for ever. */
export const goldenDirectories: Row = {
  number: 16,
  title: "golden directories of every released format",
  unit: "directories",
  parts: [{ name: "golden directories", goal: "all", seconds: 3, run: (work) => useGolden(work) }],
};
