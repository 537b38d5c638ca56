import { type Alteration, isOrder, nameOf } from "../barriers/alterations.ts";
import { CallSites } from "../barriers/call-sites.ts";
import { CALLS_NOT_MADE, NEEDLESS_BARRIERS, NEEDLESS_ORDERS } from "../barriers/hygiene.ts";
import { Survey, type World, WORLDS } from "../barriers/survey.ts";
import { type Trial, tryOut } from "../barriers/trials.ts";
import { type Reason, reasonFor, unreachedIn, verdictOn, wronglyListed } from "../barriers/verdict.ts";
import { restoreChance } from "../identities.ts";
import { type Outcome, type Part, type Row, type Work } from "../row.ts";
import { Counter } from "../whole-stack/count.ts";

/** Lives of each kind that are surveyed in `proof`. They are the same each time, so that what is listed stays true. */
const SEEDS = 4;
/** So many lives in which something was altered show nothing before that is believed; what is listed is known not to show. */
const LIVES = 16;
const LIVES_IF_LISTED = 1;

/** Of so many `check` asks about one. */
const EVERY_IN_CHECK = 15;

interface Question {
  readonly isAsked: (alteration: Alteration) => boolean;
  readonly needless: readonly Reason[];
}

async function surveyed(sites: CallSites, worlds: readonly World[], seeds: number): Promise<Survey> {
  const survey = new Survey(sites);
  for (let seed = 1; seed <= seeds; seed++) for (const world of worlds) await survey.lookAt({ world, seed });
  return survey;
}

function outcomeOf(survey: Survey, trials: readonly Trial[], violations: readonly string[], reached: number): Outcome {
  const shown = new Counter();
  for (const trial of trials) if (trial.shown !== undefined) shown.add(`shown ${trial.shown}`);
  const states = trials.reduce((sum, trial) => sum + trial.states, 0);
  return { reached, violations, counters: { ...Object.fromEntries(shown.entries()), "states without an alteration": survey.states, "states with one": states } };
}

/** All of them: what doesn't show has to be listed. */
async function askAll({ isAsked, needless }: Question): Promise<Outcome> {
  const sites = new CallSites();
  const survey = await surveyed(sites, WORLDS, SEEDS);
  // Now: what is altered makes other calls.
  const notMade = unreachedIn(sites.calls, sites.reached, CALLS_NOT_MADE);
  const trials: Trial[] = [];
  for (const [alteration, places] of survey.found(isAsked)) {
    const isListed = reasonFor(nameOf(alteration), needless) !== undefined;
    trials.push(await tryOut(alteration, places, isListed ? LIVES_IF_LISTED : LIVES, sites));
  }
  const { violations, necessary, hygiene, inexchangeable } = verdictOn(trials, needless);
  const outcome = outcomeOf(survey, trials, [...survey.violations, ...notMade, ...violations], necessary + hygiene + inexchangeable);
  const counters = { necessary, "hygiene, listed with the reason": hygiene, "not exchangeable, since the program looks in between or the first failed": inexchangeable };
  return { ...outcome, counters: { ...counters, ...outcome.counters } };
}

/** A share, another one for each seed: too little to say of one that nothing shows it. */
async function askSome(work: Work, { isAsked, needless }: Question): Promise<Outcome> {
  const sites = new CallSites();
  const survey = await surveyed(sites, WORLDS.slice(0, 1), 1);
  const trials: Trial[] = [];
  const some = survey.found(isAsked).filter((_, index) => (index + work.seed) % EVERY_IN_CHECK === 0);
  for (const [alteration, places] of some) trials.push(await tryOut(alteration, places, 1, sites));
  return outcomeOf(survey, trials, [...survey.violations, ...wronglyListed(trials, needless)], trials.length);
}

async function ask(work: Work, question: Question): Promise<Outcome> {
  try {
    return await (work.size === "check" ? askSome(work, question) : askAll(question));
  } finally {
    restoreChance();
  }
}

const barriers: Part = {
  name: "each one left out",
  goal: { check: 1, proof: 40 },
  seconds: 30,
  run: (work) => ask(work, { isAsked: (alteration) => !isOrder(alteration), needless: NEEDLESS_BARRIERS }),
};

const orders: Part = {
  name: "two calls in the other order",
  goal: { check: 1, proof: 80 },
  seconds: 60,
  run: (work) => ask(work, { isAsked: isOrder, needless: NEEDLESS_ORDERS }),
};

/**
 * The test of the tests: each sync, rename and removal of the packages is left out, each rename taken apart, each waiting for one
 * made too short, and each two calls that follow each other exchanged, one at a time. The crashes of the whole stack have to show it.
 */
export const necessaryBarriers: Row = { number: 12, title: "every barrier is necessary", unit: "barriers and orders", parts: [barriers, orders] };
