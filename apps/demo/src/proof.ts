import { decode } from "./aggregate.ts";
import { airportName, type State } from "./job.ts";

export interface Proof {
  readonly expected: number;
  readonly once: number;
  readonly lost: number;
  readonly twice: number;
  /** Names whose bytes differ, with both sides for people. */
  readonly differences: readonly string[];
}

const airports = airportName("");

function flightsByAirport(state: State): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [name, value] of state) if (name.startsWith(airports)) counts.set(name, decode(value).flights);
  return counts;
}

const show = (value: Uint8Array | undefined): string => (value ? JSON.stringify(decode(value)) : "nothing");

const equal = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Compares the state that survived with the one that should be, byte by byte, and counts flights airport by airport. */
export function prove(found: State, expected: State): Proof {
  const wanted = flightsByAirport(expected);
  const got = flightsByAirport(found);
  let lost = 0;
  let twice = 0;
  let total = 0;
  for (const name of new Set([...wanted.keys(), ...got.keys()])) {
    const difference = (got.get(name) ?? 0) - (wanted.get(name) ?? 0);
    lost += Math.max(0, -difference);
    twice += Math.max(0, difference);
    total += wanted.get(name) ?? 0;
  }
  const differences = [...new Set([...expected.keys(), ...found.keys()])]
    .filter((name) => !equal(found.get(name), expected.get(name)))
    .map((name) => `${name}: ${show(found.get(name))} instead of ${show(expected.get(name))}`);
  return { expected: total, once: total - lost, lost, twice, differences };
}

export const holds = ({ lost, twice, differences }: Proof): boolean => lost === 0 && twice === 0 && differences.length === 0;

export const proofLine = ({ expected, once, lost, twice }: Proof): string => `${once - twice} of ${expected} events counted once, ${lost} lost, ${twice} twice`;
