import { differences, judgeLock, type Lived, liveWithClock } from "../clocks/clock-run.ts";
import { type Wrong, WRONG_CLOCKS } from "../clocks/wrong-clocks.ts";
import { type Chapter, chaptersOf, type Subject } from "../faults/chapters.ts";
import { BY_HAND, DURABLE_STATE } from "../faults/program-steps.ts";
import { UnhandledRejections } from "../faults/settling.ts";
import { restoreChance } from "../identities.ts";
import { type Outcome, type Part, type Row, shareOf, type Work } from "../row.ts";
import { byHand, durableState } from "../whole-stack/stack.ts";

/** A clock that goes wrong before a look at it. */
export interface Jump {
  readonly chapter: Chapter;
  readonly wrong: Wrong;
  readonly look: number;
  /** The operations before which it may have gone wrong: nobody looked at it between them. */
  readonly operations: number;
}

/** Every jump that makes a difference, with the operations it stands for: together all of them, for each wrong clock. */
export function* jumpsOf(chapters: ReadonlyMap<Chapter, Lived>): Generator<Jump> {
  for (const [chapter, { looks }] of chapters) {
    for (const wrong of WRONG_CLOCKS) {
      for (const [look, at] of looks.entries()) {
        const isLast = look === looks.length - 1;
        const operations = (isLast ? chapter.operations.length : at) - (looks[look - 1] ?? 0);
        yield { chapter, wrong, look, operations };
      }
    }
  }
}

/** Lets the clock jump; `reached` counts operations times clocks. */
export async function letClocksJump(jumps: Iterable<Jump>, asTheyShould: ReadonlyMap<Chapter, Lived>): Promise<Outcome> {
  const rejections = new UnhandledRejections();
  const violations: string[] = [];
  let reached = 0;
  let runs = 0;
  try {
    for (const { chapter, wrong, look, operations } of jumps) {
      const asItShould = asTheyShould.get(chapter);
      if (asItShould === undefined) throw new Error(`${chapter.name} was never lived with a clock that is right`);
      const wrongs = [...differences(await liveWithClock(chapter, wrong, look), asItShould, wrong), ...rejections.take().map((reason) => `nobody handles ${String(reason)}`)];
      violations.push(...wrongs.map((text) => `${chapter.name}, clock ${wrong.name} from look ${look} on: ${text}`));
      reached += operations;
      runs++;
    }
  } finally {
    rejections.end();
    restoreChance();
  }
  return { reached, violations, counters: { "lives, one for each look at a clock": runs } };
}

/** Who has a lock is never a matter of time. */
export async function judgeLocks(chapters: Iterable<Chapter>): Promise<readonly string[]> {
  const violations: string[] = [];
  for (const chapter of chapters) {
    for (const wrong of WRONG_CLOCKS) {
      const text = await judgeLock(chapter, wrong);
      if (text !== undefined) violations.push(`${chapter.name}, clock ${wrong.name}: ${text}`);
    }
  }
  return violations;
}

function partFor(subject: Subject): Part {
  const run = async (work: Work): Promise<Outcome> => {
    const asTheyShould = new Map<Chapter, Lived>();
    for (const chapter of await chaptersOf(subject)) asTheyShould.set(chapter, await liveWithClock(chapter));
    const jumps = [...shareOf(jumpsOf(asTheyShould), work)];
    const outcome = await letClocksJump(jumps, asTheyShould);
    const locks = await judgeLocks(asTheyShould.keys());
    const counters = { clocks: WRONG_CLOCKS.length, ...outcome.counters, "judgements of locks": WRONG_CLOCKS.length * asTheyShould.size };
    return { ...outcome, all: jumps.reduce((sum, { operations }) => sum + operations, 0), violations: [...outcome.violations, ...locks], counters };
  };
  return { name: subject.stack.name, goal: "all", seconds: 5, run };
}

/** Time is for labels and intervals: wherever a clock jumps, stops or lies, what is recovered, kept, newest and locked stays the same. */
export const wrongClocks: Row = {
  number: 14,
  title: "wrong clocks, from every operation on",
  unit: "operations × clocks",
  parts: [partFor({ stack: byHand, lives: BY_HAND }), partFor({ stack: durableState, lives: DURABLE_STATE })],
};
