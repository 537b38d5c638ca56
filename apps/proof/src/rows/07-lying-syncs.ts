import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type Chapter, chaptersOf, type Subject } from "../faults/chapters.ts";
import { Recoveries } from "../faults/look.ts";
import { BY_HAND, DURABLE_STATE } from "../faults/program-steps.ts";
import { UnhandledRejections } from "../faults/settling.ts";
import { restoreChance } from "../identities.ts";
import { judgeLie } from "../lying-syncs/judge-lie.ts";
import { type Lie, LIES, type LiedTo } from "../lying-syncs/lies.ts";
import { type SyncPoint, syncPointsOf } from "../lying-syncs/sync-points.ts";
import { type Outcome, type Part, type Row, shareOf, type Work } from "../row.ts";
import { Counter } from "../whole-stack/count.ts";
import { byHand, durableState } from "../whole-stack/stack.ts";

export interface Case {
  readonly lie: Lie;
  readonly point: SyncPoint;
}

export function casesOf(chapters: readonly Chapter[]): readonly Case[] {
  const points = chapters.flatMap(syncPointsOf);
  return LIES.flatMap((lie) => points.filter(({ operation }) => lie.fits(operation)).map((point) => ({ lie, point })));
}

/** What a manager says where nobody waits for it: a checkpoint in the background, a round of cleaning up. */
class Reports {
  #errors = 0;
  readonly #failed = (): void => void this.#errors++;
  readonly #cleaned = (message: unknown): void => {
    if ((message as { readonly report: { readonly error: unknown } }).report.error !== undefined) this.#errors++;
  };

  constructor() {
    subscribe("laminar:checkpoint:failed", this.#failed);
    subscribe("laminar:checkpoint:cleanup", this.#cleaned);
  }

  /** Errors since the last call. */
  take(): number {
    const errors = this.#errors;
    this.#errors = 0;
    return errors;
  }

  end(): void {
    unsubscribe("laminar:checkpoint:failed", this.#failed);
    unsubscribe("laminar:checkpoint:cleanup", this.#cleaned);
  }
}

const isPoison = (error: unknown): boolean => error instanceof Error && "code" in error && (error.code === "WAL_POISONED" || error.code === "RECOVERY_STATE_FAILED");

/** How the error of a sync came to the program; `undefined` where it didn't. */
function toldBy({ program }: LiedTo, reports: number): string | undefined {
  const failures = program?.failures ?? [];
  if (failures.some(({ error }) => isPoison(error))) return "poisoned the log";
  if (failures.some(({ step }) => step === "open")) return "refused an open";
  if (failures.length > 0) return "refused a call";
  return reports > 0 ? "reported by the manager" : undefined;
}

/** What is wrong with how the program was told. */
function wrongTelling({ lie, point: { operation } }: Case, { program, isReported }: LiedTo, how: string | undefined): readonly string[] {
  const wrong = [...(program?.violations ?? [])];
  if (lie.name === "never comes back") return program?.hangs === true ? wrong : [...wrong, "nobody waited for it"];
  if (program?.hangs === true) wrong.push("it hangs");
  if (isReported && how === undefined) wrong.push("nobody was told");
  if (isReported && operation.path.startsWith("/data/log/") && how !== "poisoned the log" && how !== "refused an open") wrong.push(`the log lives on: ${how ?? "nobody was told"}`);
  return wrong;
}

/** Lets every sync lie in every way; `reached` counts the lies. */
export async function tellLies(cases: Iterable<Case>, recoveries: Recoveries = new Recoveries()): Promise<Outcome> {
  const rejections = new UnhandledRejections();
  const reports = new Reports();
  const counts = new Counter();
  const violations: string[] = [];
  const images = { looked: 0, refused: 0 };
  let reached = 0;
  try {
    for (const one of cases) {
      const { lie, point } = one;
      reports.take();
      const liedTo = await lie.tell(point);
      const how = toldBy(liedTo, reports.take());
      const verdict = await judgeLie(point, liedTo, recoveries);
      counts.add(lie.name);
      if (liedTo.isReported) counts.add(`${lie.name}: ${how ?? "nobody was told"}`);
      if (liedTo.toldBefore !== undefined) {
        images.looked += verdict.looked;
        images.refused += verdict.refused;
      }
      reached++;
      const wrong = [...wrongTelling(one, liedTo, how), ...verdict.violations, ...rejections.take().map((reason) => `nobody handles ${String(reason)}`)];
      const { kind, path, index } = point.operation;
      violations.push(...wrong.map((text) => `${point.chapter.name}, the ${kind} of ${path} at operation ${index} ${lie.name}: ${text}`));
    }
  } finally {
    rejections.end();
    reports.end();
    restoreChance();
  }
  return { reached, violations, counters: { ...Object.fromEntries(counts.entries()), "images after a yes that was none": images.looked, "of them refused": images.refused, "images looked at": recoveries.looked } };
}

function partFor(subject: Subject): Part {
  const run = async (work: Work): Promise<Outcome> => {
    const cases = [...shareOf(casesOf(await chaptersOf(subject)), work)];
    return { ...(await tellLies(cases)), all: cases.length };
  };
  return { name: subject.stack.name, goal: "all", seconds: 10, run };
}

/** A sync that fails may lie about it in five ways; what was acknowledged is there after a power cut all the same. */
export const lyingSyncs: Row = {
  number: 7,
  title: "five ways in which a sync lies, at every sync",
  unit: "lies",
  parts: [partFor({ stack: byHand, lives: BY_HAND }), partFor({ stack: durableState, lives: DURABLE_STATE })],
};
