import type { CrashFailure } from "@laminar/disk/testing";
import { alter, type Alteration, nameOf } from "./alterations.ts";
import type { CallSites } from "./call-sites.ts";
import { Litter } from "./litter.ts";
import { exploreAt, type Place } from "./survey.ts";

/** How an alteration showed. */
export type Shown =
  /** A crash left what breaks a promise. */
  | "by a crash"
  /** What nobody needs any more stays for ever. */
  | "by what is left lying around"
  /** No life gets to its end. */
  | "by a program that fails";

export interface Trial {
  readonly name: string;
  /** How often something was altered: nothing is shown by never doing it. */
  readonly altered: number;
  readonly states: number;
  readonly shown: Shown | undefined;
  /** What broke. */
  readonly what: string;
}

/** Explores the packages with one alteration until it shows, or until so many lives in which it altered something showed nothing. */
export async function tryOut(alteration: Alteration, places: readonly Place[], lives: number, sites: CallSites): Promise<Trial> {
  const name = nameOf(alteration);
  let altered = 0;
  let states = 0;
  let livesAltered = 0;
  for (const place of places) {
    const before = altered;
    const found = await exploreAt(place, (life) => alter({ alteration, life, sites, onDone: () => void altered++ }));
    const { failure } = found;
    states += found.states;
    // Without any, it can only be that a failure was told too late.
    if (failure !== undefined && altered > 0) return { name, altered, states, shown: shownBy(failure), what: failure.what };
    if (altered > before) livesAltered++;
    if (livesAltered === lives) break;
  }
  return { name, altered, states, shown: undefined, what: "" };
}

function shownBy({ kind, cause }: CrashFailure<unknown>): Shown {
  if (kind !== "failed") return "by a crash";
  return cause instanceof Litter ? "by what is left lying around" : "by a program that fails";
}
