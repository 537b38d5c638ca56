import type { Fault, Operation } from "@laminar/disk/testing";
import { Aftermaths } from "../faults/aftermath.ts";
import { type Chapter, chaptersOf, type Subject } from "../faults/chapters.ts";
import { type FaultRun, type Plan, runWithFaults } from "../faults/fault-run.ts";
import { Recoveries } from "../faults/look.ts";
import { BY_HAND, DURABLE_STATE } from "../faults/program-steps.ts";
import { UnhandledRejections } from "../faults/settling.ts";
import { restoreChance } from "../identities.ts";
import { randomOf } from "../random.ts";
import { type Outcome, type Part, type Row, shareOf, type Work } from "../row.ts";
import { Counter } from "../whole-stack/count.ts";
import { byHand, durableState } from "../whole-stack/stack.ts";

const ERRNOS = ["EIO", "ENOSPC", "EDQUOT", "EMFILE", "EACCES", "EROFS", "EINTR", "EBUSY"];
/** So few bytes at a time, from a transfer on. */
const TRICKLE = 7;
const PAIRS_PER_ROUND = 2000;
/** A share of so many faults would take `check` too long. */
const FEWER_IN_CHECK = 3;

const isTransfer = ({ kind }: Operation): boolean => kind === "read" || kind === "write";

export function* errorsIn(chapter: Chapter): Generator<Plan> {
  for (const { index: at } of chapter.operations) {
    for (const errno of ERRNOS) {
      const fault: Fault = { kind: "error", errno };
      yield { chapter, what: `${errno} once, at operation ${at}`, decide: ({ index }) => (index === at ? fault : undefined) };
      yield { chapter, what: `${errno} for good, from operation ${at} on`, decide: ({ index }) => (index >= at ? fault : undefined) };
    }
  }
}

export function* shortTransfersIn(chapter: Chapter): Generator<Plan> {
  for (const { index: at, kind, length = 0 } of chapter.operations.filter(isTransfer)) {
    for (const bytes of new Set([1, length >> 1, length - 1])) {
      if (bytes < 1 || bytes >= length) continue;
      yield { chapter, what: `${bytes} of ${length} bytes at operation ${at}`, decide: ({ index }) => (index === at ? { kind: "short", bytes } : undefined) };
    }
    if (length <= TRICKLE) continue;
    const fault: Fault = { kind: "short", bytes: TRICKLE };
    yield { chapter, what: `${TRICKLE} bytes at a time from the ${kind} at operation ${at} on`, decide: (operation) => (operation.index >= at && operation.kind === kind ? fault : undefined) };
  }
}

/** Two errors, the second one where the first may have changed what comes. */
function pairIn(chapters: readonly Chapter[], seed: number): Plan {
  const random = randomOf(seed);
  const whole = (below: number): number => Math.floor(random() * below);
  const chapter = chapters[whole(chapters.length)] as Chapter;
  const first = whole(chapter.operations.length);
  const second = first + 1 + whole(60);
  const errno = ERRNOS[whole(ERRNOS.length)] ?? "EIO";
  return { chapter, what: `seed ${seed}: ${errno} at operations ${first} and ${second}`, decide: ({ index }) => (index === first || index === second ? { kind: "error", errno } : undefined) };
}

function effectOf({ program: { failures } }: FaultRun): string {
  const codes = failures.map(({ error }) => (error as { readonly code?: unknown }).code);
  if (codes.length === 0) return "had no effect";
  if (codes.some((code) => code === "WAL_POISONED" || code === "RECOVERY_STATE_FAILED")) return "ended a life";
  return failures.some(({ step }) => step === "open") ? "refused an open" : "failed a call, and life went on";
}

/** Runs each plan; `reached` counts those whose fault came about. */
export async function runPlans(plans: Iterable<Plan>, recoveries: Recoveries = new Recoveries()): Promise<Outcome> {
  const rejections = new UnhandledRejections();
  const aftermaths = new Aftermaths(recoveries);
  const effects = new Counter();
  const violations: string[] = [];
  let reached = 0;
  try {
    for (const plan of plans) {
      const run = await runWithFaults(plan, rejections);
      const { hit } = run;
      const wrong = [...run.violations, ...(await aftermaths.of(run, plan))];
      if (hit === undefined) wrong.push("it never came about");
      else reached++;
      if (hit?.kind === "read" && plan.decide(hit)?.kind === "short" && run.program.failures.length > 0) wrong.push("a short read failed a call");
      effects.add(effectOf(run));
      const at = hit === undefined ? "" : ` (${hit.kind} ${hit.path})`;
      violations.push(...wrong.map((text) => `${plan.chapter.name}, ${plan.what}${at}: ${text}`));
    }
  } finally {
    rejections.end();
    restoreChance();
  }
  const counters = { ...Object.fromEntries(effects.entries()), "runs that differ on disk": aftermaths.distinct, "of them with a directory that nobody can know to be durable": aftermaths.beyondKnowing, "images looked at": recoveries.looked, "distinct images": recoveries.distinct };
  return { reached, violations, counters };
}

function partFor(subject: Subject): Part {
  const run = async (work: Work): Promise<Outcome> => {
    const chapters = await chaptersOf(subject);
    if (work.size === "soak") {
      const pairs = Math.min(work.goal, PAIRS_PER_ROUND);
      const seeds = Array.from({ length: pairs }, (_, index) => work.seed + index);
      return { ...(await runPlans(seeds.map((seed) => pairIn(chapters, seed)))), nextSeed: work.seed + pairs };
    }
    const errors = chapters.flatMap((chapter) => [...errorsIn(chapter)]);
    const shorts = chapters.flatMap((chapter) => [...shortTransfersIn(chapter)]);
    const shares = [...shareOf(errors, work), ...shareOf(shorts, work)];
    const chosen = work.size === "check" ? shares.filter((_, index) => index % FEWER_IN_CHECK === 0) : shares;
    const outcome = await runPlans(chosen);
    const operations = chapters.reduce((sum, chapter) => sum + chapter.operations.length, 0);
    return { ...outcome, all: chosen.length, counters: { operations, errors: errors.length, "short transfers": shorts.length, ...outcome.counters } };
  };
  return { name: subject.stack.name, goal: "all", seconds: 45, run };
}

/** Whatever operation of the disk fails, once or for good: callers are told, nothing acknowledged is lost, nothing is left behind. */
export const diskFaults: Row = {
  number: 6,
  title: "an error at every operation of the disk",
  unit: "faults",
  soakGoal: 100_000,
  parts: [partFor({ stack: byHand, lives: BY_HAND }), partFor({ stack: durableState, lives: DURABLE_STATE })],
};
