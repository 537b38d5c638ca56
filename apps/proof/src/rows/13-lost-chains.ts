import { chainsIn, type Harm, harmed, harmsOf } from "../golden/chain-harms.ts";
import { type Door, opening, recovering } from "../golden/doors.ts";
import { type Golden, loadGolden } from "../golden/load-golden.ts";
import { lookAt } from "../golden/look.ts";
import { randomBelow } from "../random.ts";
import { type Outcome, type Row, shareOf, type Work } from "../row.ts";
import { Counter } from "../whole-stack/count.ts";

/** Rounds in which each directory of a set is harmed in a way of its own. */
const MIXED_ROUNDS = 15;

interface Loss {
  readonly golden: Golden;
  readonly what: string;
  readonly ids: readonly number[];
  readonly hasChain: boolean;
  readonly harmFor: (index: number) => Harm;
}

function* setsOf(ids: readonly number[]): Generator<readonly number[]> {
  for (let bits = 1; bits < 2 ** ids.length; bits++) yield ids.filter((_, i) => bits & (1 << i));
}

/** Every set of checkpoints of the golden directories that have several chains, harmed in every way. */
function* lossesIn(golden: readonly Golden[], seed: number): Generator<Loss> {
  const below = randomBelow(seed);
  for (const one of golden) {
    const chains = chainsIn(one.files);
    if (chains.length < 2) continue;
    const harms = Object.entries(harmsOf(one));
    for (const ids of setsOf(chains.flat())) {
      const loss = { golden: one, ids, hasChain: chains.some((chain) => chain.every((id) => !ids.includes(id))) };
      for (const [name, harm] of harms) yield { ...loss, what: `${name} in ${ids.join()}`, harmFor: () => harm };
      for (let round = 0; round < MIXED_ROUNDS; round++) {
        const chosen = ids.map(() => harms[below(harms.length)]);
        const names = chosen.map((entry, index) => `${entry?.[0]} in ${ids[index]}`);
        yield { ...loss, what: names.join(", "), harmFor: (index) => chosen[index]?.[1] ?? (() => undefined) };
      }
    }
  }
}

/** While one kept chain is whole, the state must be the same; else it may be refused, and is never another one. */
export async function loseChains(work: Work, doors: readonly Door[] = [recovering, opening]): Promise<Outcome> {
  const counter = new Counter();
  const violations: string[] = [];
  let reached = 0;
  for (const { golden, what, ids, hasChain, harmFor } of shareOf(lossesIn(await loadGolden(), work.seed), work)) {
    const files = harmed(golden, ids, harmFor);
    for (const door of doors) {
      const verdict = await lookAt(door, golden, files, []);
      const outcome = verdict.kind === "refused" ? `refused ${verdict.code}` : verdict.kind;
      counter.add(`${hasChain ? "a kept chain is left" : "none is left"}, ${door.name}: ${outcome}`);
      const isBroken = verdict.kind === "broken" || (hasChain && verdict.kind !== "same");
      if (isBroken) violations.push(`seed ${work.seed}, ${golden.name}, ${what}: ${door.name} ${verdict.kind === "broken" ? verdict.what : outcome}`);
    }
    reached++;
  }
  return { reached, all: reached, violations, counters: Object.fromEntries(counter.entries()) };
}

/** Damage to any checkpoints of all but one kept chain costs only time. */
export const lostChains: Row = {
  number: 13,
  title: "directories of all but one kept chain damaged",
  unit: "damaged directories",
  parts: [{ name: "golden directories", goal: "all", seconds: 10, run: (work) => loseChains(work) }],
};
