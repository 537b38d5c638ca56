import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { UnhandledRejections } from "../faults/settling.ts";
import { DOORS, type Door, recoveredState } from "../hostile/doors.ts";
import { copyOf, makeGolden } from "../hostile/golden.ts";
import { type HostileCase, judgeCase, type Stage } from "../hostile/hostile-case.ts";
import { prepareModes } from "../hostile/modes.ts";
import { pathTries, type Try } from "../hostile/paths.ts";
import { type Place, placesOf } from "../hostile/places.ts";
import { type HostileThing, prepareThings } from "../hostile/things.ts";
import { type Outcome, type Row, shareOf, type Work } from "../row.ts";
import { Counter } from "../whole-stack/count.ts";

/** Every thing at every place that it is for, for every door; what is above a door's own directory is its user's to lay out. */
export function* casesOf(things: readonly HostileThing[], places: readonly Place[], doors: readonly Door[]): Generator<HostileCase> {
  for (const place of places) {
    for (const thing of things.filter(({ fits }) => fits?.(place) ?? true)) {
      for (const door of doors) if (place.path !== "" || door.name === "openDurableState" || thing.around !== undefined) yield { thing, place, door };
    }
  }
}

/** What each door finds in the golden directory, as it is. */
export async function stageIn(scratch: string, outside: string, doors: readonly Door[]): Promise<Stage> {
  const golden = await makeGolden(join(scratch, "golden"));
  const directory = join(scratch, "state");
  const expected = new Map<Door, string>();
  for (const door of doors) {
    copyOf(golden, directory);
    expected.set(door, await door.open(directory, golden));
    rmSync(directory, { recursive: true });
  }
  return { golden, outside, directory, expected, state: await recoveredState(golden.directory) };
}

export async function judgeCases(cases: Iterable<HostileCase>, stage: Stage): Promise<Outcome> {
  const rejections = new UnhandledRejections();
  const counts = new Counter();
  const violations: string[] = [];
  let reached = 0;
  try {
    for (const one of cases) {
      const { how, wrong } = await judgeCase(one, stage);
      const all = [...wrong, ...rejections.take().map((reason) => `nobody handles ${String(reason)}`)];
      violations.push(...all.map((text) => `${one.thing.name} at ${one.place.path === "" ? "the directory itself" : one.place.path}, ${one.door.name}: ${text}`));
      counts.add(how);
      reached++;
    }
  } finally {
    rejections.end();
  }
  return { reached, violations, counters: Object.fromEntries(counts.entries()) };
}

/**
 * A directory in the kernel's own file system in memory, where there is one: names mean there what they mean on a disk, and its
 * syncs cost nothing.
 */
function withoutSlowSyncs<T>(scratch: string, run: (directory: string) => Promise<T>): Promise<T> {
  let directory: string;
  try {
    directory = mkdtempSync("/dev/shm/laminar-proof-");
  } catch {
    return run(scratch);
  }
  return run(directory).finally(() => rmSync(directory, { recursive: true, force: true }));
}

async function replaced(work: Work, scratch: string): Promise<Outcome> {
  const things = await prepareThings(scratch);
  const modes = prepareModes(scratch);
  try {
    const stage = await stageIn(scratch, things.outside, DOORS);
    const all = [...things.all, ...modes.all];
    const cases = [...shareOf(casesOf(all, placesOf(stage.golden), DOORS), work)];
    const outcome = await judgeCases(cases, stage);
    const counters = { ...outcome.counters, things: all.length, places: placesOf(stage.golden).length, doors: DOORS.length };
    const skipped = [...things.skipped, ...modes.skipped];
    return { ...outcome, counters, all: cases.length, ...(skipped.length > 0 && { skipped: skipped.join("; ") }) };
  } finally {
    things.close();
  }
}

/** Does each try; `reached` counts them. */
export async function judgeTries(tries: Iterable<Try>): Promise<Outcome> {
  const violations: string[] = [];
  let reached = 0;
  for (const { what, judge } of tries) {
    violations.push(...(await judge()).map((text) => `${what}: ${text}`));
    reached++;
  }
  return { reached, violations, counters: {} };
}

async function named(work: Work, scratch: string): Promise<Outcome> {
  const stage = await stageIn(scratch, join(scratch, "outside"), DOORS);
  const tries = [...shareOf(pathTries(stage, scratch, DOORS), work)];
  return { ...(await judgeTries(tries)), all: tries.length };
}

/** Whatever stands where a file or a directory of the stack belongs: it is refused by name, or does no harm; nothing is followed, waited for, or touched outside. */
export const hostileNames: Row = {
  number: 15,
  title: "hostile names and paths on a real disk",
  unit: "cases",
  parts: [
    { name: "in place of files and directories", goal: "all", seconds: 20, run: (work) => withoutSlowSyncs(work.scratch, (scratch) => replaced(work, scratch)) },
    { name: "names and paths", goal: "all", seconds: 5, run: (work) => withoutSlowSyncs(work.scratch, (scratch) => named(work, scratch)) },
  ],
};
