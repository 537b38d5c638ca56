import { decodeAggregate } from "./aggregate.ts";
import type { FlightSource } from "./flights.ts";
import type { EncodedState } from "./memory-state.ts";
import { hourName, parseKey, routeName } from "./state-keys.ts";

/** How often the events of the input are in a state. */
export interface Proof {
  readonly events: number;
  readonly once: number;
  readonly lost: number;
  readonly twice: number;
}

type Counts = ReadonlyMap<string, number>;

/**
 * Compares the counts of a state with the input, per airport, per route, and per airport and hour. Each of the three counts
 * every event, so what one misses in another's groups does not hide: the worst of them is reported.
 */
export function proveCounts(state: EncodedState, source: FlightSource): Proof {
  const differences = [
    differenceOf(countsOf(state, "airport"), expectedCounts(source, ({ origin }) => origin)),
    differenceOf(countsOf(state, "route"), expectedCounts(source, routeName)),
    differenceOf(countsOf(state, "open-hour", "closed-hour"), expectedCounts(source, hourName)),
  ];
  const lost = Math.max(...differences.map((difference) => difference.deficit));
  const twice = Math.max(...differences.map((difference) => difference.excess));
  return { events: source.length, once: Math.max(0, source.length - lost - twice), lost, twice };
}

export function formatProof({ events, once, lost, twice }: Proof): string {
  return `${once} of ${events} events counted once, ${lost} lost, ${twice} twice`;
}

function expectedCounts(source: FlightSource, groupOf: (flight: ReturnType<FlightSource["at"]>) => string): Counts {
  const counts = new Map<string, number>();
  for (let index = 0; index < source.length; index++) {
    const group = groupOf(source.at(index));
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return counts;
}

function countsOf(state: EncodedState, ...kinds: readonly string[]): Counts {
  const counts = new Map<string, number>();
  for (const [key, value] of state) {
    const { kind, name } = parseKey(key);
    if (kinds.includes(kind)) counts.set(name, (counts.get(name) ?? 0) + decodeAggregate(value).flights);
  }
  return counts;
}

function differenceOf(got: Counts, expected: Counts): { readonly deficit: number; readonly excess: number } {
  let deficit = 0;
  let excess = 0;
  for (const group of new Set([...got.keys(), ...expected.keys()])) {
    const more = (got.get(group) ?? 0) - (expected.get(group) ?? 0);
    if (more < 0) deficit -= more;
    else excess += more;
  }
  return { deficit, excess };
}
