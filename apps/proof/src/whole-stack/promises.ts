import { type Cut, textOfCut } from "./cut.ts";

/** What a program tells of itself: a commit that it submitted, that this one is durable, or what it found when it started again. */
export type Told = { readonly submitted: string } | { readonly durable: number } | { readonly found: string };

/** As {@link textOfCut} says it. */
export const EMPTY: string = textOfCut({ state: new Map(), commit: 0 });

/** `undefined` when `found` is exactly one of the commits, and not older than the last one that was said to be durable. */
export function judgeCut(found: string, told: readonly Told[]): string | undefined {
  let commits: string[] = [EMPTY];
  let durable = 0;
  for (const event of told) {
    if ("submitted" in event) commits.push(event.submitted);
    else if ("durable" in event) durable = Math.max(durable, event.durable);
    else {
      commits = [event.found];
      durable = 0;
    }
  }
  const index = commits.lastIndexOf(found);
  if (index < 0) return `[${found}] was never committed; the last one acknowledged was [${commits[durable]}]`;
  return index < durable ? `[${found}] came back, and [${commits[durable]}] had been acknowledged` : undefined;
}

/** How many commits came since what was found at the start: the index of the next one. */
export function commitsSince(told: readonly Told[]): number {
  let count = 1;
  for (const event of told) {
    if ("submitted" in event) count++;
    else if ("found" in event) count = 1;
  }
  return count;
}

export const foundCut = (cut: Cut): Told => ({ found: textOfCut(cut) });
