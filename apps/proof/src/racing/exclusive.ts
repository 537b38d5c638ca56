import { closeSync, openSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Door, type Held, takenBy } from "./places.ts";

export const markName = (taken: string): string => `inside-${taken}`;
const countName = (taken: string): string => `count-${taken}`;

/** How many owners there have been, as they counted by themselves. */
export function countOf(directory: string, taken: string): number {
  try {
    return Number(readFileSync(join(directory, countName(taken)), "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
}

/**
 * Shows without the lock that nobody else is inside: by marks, which nobody else may have made, and by counters, which are read and
 * written in two steps. Throws when somebody is. Leaves the marks.
 */
export async function enter(directory: string, door: Door, held: Held): Promise<void> {
  for (const taken of takenBy[door]) closeSync(openSync(join(directory, markName(taken)), "wx"));
  const counts = takenBy[door].map((taken) => countOf(directory, taken));
  await held.work();
  for (const [index, taken] of takenBy[door].entries()) writeFileSync(join(directory, countName(taken)), String((counts[index] ?? 0) + 1));
}

/** Before the owner closes. */
export function leave(directory: string, door: Door): void {
  for (const taken of takenBy[door]) unlinkSync(join(directory, markName(taken)));
}
