import { Counter } from "../whole-stack/count.ts";
import { type Outcome, shareOf, type Work } from "../row.ts";
import type { Damage } from "./damage.ts";
import type { Door } from "./doors.ts";
import { lookAt, type Verdict } from "./look.ts";

const VIOLATIONS_MAX = 20;

/** Which doors a damaged directory is entered by; `index` counts them. */
export type DoorsFor = (damage: Damage, index: number) => readonly Door[];

const nameOf = (verdict: Verdict): string => (verdict.kind === "same" ? "the same state" : verdict.kind === "shorter" ? "an older commit, as documented" : verdict.kind === "refused" ? `refused ${verdict.code}` : "broken");

/**
 * Looks at each damage of `damages`, or in `check` at its share of them, through the doors that are chosen. `reached` counts damaged
 * directories, the counters what became of them through each door.
 */
export async function lookAtAll(damages: Iterable<Damage>, doorsFor: DoorsFor, work: Work): Promise<Outcome> {
  const counter = new Counter();
  const violations: string[] = [];
  const { stackTraceLimit } = Error;
  // Of a hundred thousand refusals nobody reads where they were made.
  Error.stackTraceLimit = 0;
  let reached = 0;
  try {
    for (const damage of shareOf(damages, work)) {
      for (const door of doorsFor(damage, reached)) {
        const verdict = await lookAt(door, damage.golden, damage.files(), damage.paths);
        counter.add(`${door.name}: ${nameOf(verdict)}`);
        if (verdict.kind === "broken" && violations.length < VIOLATIONS_MAX) violations.push(`seed ${work.seed}, ${damage.golden.name}, ${damage.what()}: ${door.name} ${verdict.what}`);
      }
      reached++;
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  return { reached, all: reached, violations, counters: Object.fromEntries(counter.entries()) };
}
