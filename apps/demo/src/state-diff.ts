import { decodeAggregate } from "./aggregate.ts";
import type { StateDifference } from "./compare-states.ts";

const shownMost = 10;

/** The differences of two states as a diff for people: `-` is what was expected, `+` what was found. */
export function formatDifferences(differences: readonly StateDifference[]): string {
  const more = differences.length - shownMost;
  return [
    `THE STATES DIFFER in ${differences.length} keys (- a run in memory that nobody killed, + what was recovered):`,
    ...differences.slice(0, shownMost).flatMap(({ key, expected, actual }) => [`  - ${key}: ${describe(expected)}`, `  + ${key}: ${describe(actual)}`]),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ].join("\n");
}

function describe(value: Uint8Array | undefined): string {
  if (!value) return "nothing";
  const { flights, late, delaySum, worstDelay, distanceSum } = decodeAggregate(value);
  return `${flights} flights, ${late} late, ${delaySum} min of delay, at worst ${worstDelay}, ${distanceSum} mi`;
}
