import { join } from "node:path";
import type { Door } from "../racing/places.ts";
import { RacingProcess, realDoors } from "../racing/racers.ts";
import { type Before, Races } from "../racing/races.ts";
import { Choices } from "../random.ts";
import type { Outcome, Row, Work } from "../row.ts";
import { Counter } from "../whole-stack/count.ts";

/** So many races are for one directory, which is missing before the first. */
const RACES = 5;

/** Which doors are raced for: one, or all of them, which stand in each other's way. */
const KINDS: readonly (readonly Door[])[] = [["log"], ["checkpoints"], ["durable state"], ["log", "checkpoints", "durable state"]];

const BEFORE: readonly Before[] = ["nobody", "an owner that closes meanwhile", "nobody", "an owner that was killed", "an owner that closes meanwhile"];

export interface Racers {
  readonly processes: number;
  readonly threads: number;
  /** The module of what they open. */
  readonly doors?: string | undefined;
}

const WAYS: readonly Racers[] = [
  { processes: 2, threads: 2 },
  { processes: 1, threads: 4 },
  { processes: 4, threads: 1 },
];

export async function raceForPlaces({ processes, threads, doors = realDoors }: Racers, { goal, seed, scratch }: Work): Promise<Outcome> {
  const counter = new Counter();
  const violations: string[] = [];
  const racers = Array.from({ length: processes }, () => new RacingProcess(threads, doors));
  let owner = new RacingProcess(1, doors);
  let reached = 0;
  let nextSeed = seed;
  for (; reached < goal && violations.length === 0; nextSeed++) {
    const choices = new Choices(nextSeed);
    const kind = KINDS[nextSeed % KINDS.length] ?? [];
    const races = new Races(join(scratch, `${nextSeed}`), kind, choices, counter);
    let wrong: string | undefined;
    for (let number = 0; number < RACES && reached < goal && wrong === undefined; number++) {
      // Where the first of them is for a missing directory, there is nobody to own it.
      const before = number === 0 ? "nobody" : choices.one(BEFORE);
      counter.add(`after ${before}`);
      if (before !== "nobody") wrong = await races.begin(owner);
      const dead = owner;
      if (before === "an owner that was killed") {
        await races.killOwner(dead);
        owner = new RacingProcess(1, doors);
      }
      wrong ??= await races.race(racers, before, owner);
      reached++;
    }
    wrong ??= await races.judgeRemains().catch(String);
    if (wrong !== undefined) violations.push(`${processes} processes of ${threads} threads, seed ${nextSeed}, ${join(scratch, `${nextSeed}`)}, doors of ${kind.join(", ")}: ${wrong}`);
  }
  await Promise.all([...racers, owner].map((racer) => racer.kill()));
  const counters = counter.entries().map(([name, count]) => [`${processes} × ${threads}: ${name}`, count] as const);
  return { reached, violations, counters: Object.fromEntries(counters), nextSeed };
}

const totalOf = (outcomes: readonly Outcome[]): Outcome => ({
  reached: outcomes.reduce((sum, { reached }) => sum + reached, 0),
  violations: outcomes.flatMap(({ violations }) => violations),
  counters: Object.assign({}, ...outcomes.map(({ counters }) => counters)) as Outcome["counters"],
  nextSeed: outcomes.at(-1)?.nextSeed,
});

/** A third of the races for each; in `check` all are of one kind, because threads and processes take long to start. */
async function raceInAllWays(work: Work): Promise<Outcome> {
  const ways = work.size === "check" ? WAYS.slice(0, 1) : WAYS;
  const outcomes: Outcome[] = [];
  for (const way of ways) {
    const { seed } = work;
    outcomes.push(await raceForPlaces(way, { ...work, goal: Math.ceil(work.goal / ways.length), seed: outcomes.at(-1)?.nextSeed ?? seed }));
  }
  return totalOf(outcomes);
}

/** Whoever opens a place has it alone, among processes and threads; the others are refused. */
export const races: Row = {
  number: 9,
  title: "racing opens, processes × worker threads",
  unit: "races",
  soakGoal: 10_000,
  parts: [{ name: "2 × 2, 1 × 4 and 4 × 1", goal: { check: 8, proof: 200 }, seconds: 40, run: raceInAllWays }],
};
