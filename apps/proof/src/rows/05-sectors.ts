import { type Door, opening, recovering } from "../golden/doors.ts";
import { type Golden, loadGolden } from "../golden/load-golden.ts";
import { lookAtAll } from "../golden/look-at-all.ts";
import { distinct, SECTOR_MODES, sectorDamages } from "../golden/sectors.ts";
import type { Outcome, Row, Work } from "../row.ts";

export async function lookAtSectors(golden: readonly Golden[], work: Work, doors: readonly Door[] = [recovering, opening]): Promise<Outcome> {
  const counters: Record<string, number> = {};
  // One after the other, so that a content that two ways leave is looked at once.
  const all = SECTOR_MODES.flatMap((mode) => [...sectorDamages(golden, mode)].map((damage) => ({ ...damage, mode })));
  const damages = [...distinct(all)] as typeof all;
  for (const { mode } of damages) counters[mode] = (counters[mode] ?? 0) + 1;
  const outcome = await lookAtAll(damages, () => doors, work);
  return { ...outcome, counters: { ...counters, ...outcome.counters } };
}

/** Whole sectors that hold what they shouldn't: as rot leaves them, and writes that were lost or went to the wrong place. */
export const sectors: Row = {
  number: 5,
  title: "sectors zeroed, stale, swapped, duplicated, misdirected, from a sibling",
  unit: "damaged directories",
  parts: [{ name: "golden directories", goal: "all", seconds: 30, run: async (work) => lookAtSectors(await loadGolden(), work) }],
};
