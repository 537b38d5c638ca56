import { type Random, wholeBelow } from "./seeded-random.ts";

/** When the next kill is due: once the process tells of this event, and so many milliseconds later. */
export interface Kill {
  readonly event: number;
  readonly delay: number;
}

/** Long enough to land anywhere in a group, in its flush, in its commit, or in a checkpoint. */
const delayMillisecondsEnd = 12;

/** Kills at random places of the input, in the order in which they come. */
export function planKills(count: number, events: number, random: Random): readonly Kill[] {
  const places = Array.from({ length: count }, () => wholeBelow(random, events)).sort((a, b) => a - b);
  return places.map((event) => ({ event, delay: random() * delayMillisecondsEnd }));
}
