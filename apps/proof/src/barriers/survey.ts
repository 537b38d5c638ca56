import { alteredDisk, exploreCrashes } from "@laminar/disk/testing";
import { contentOf } from "../whole-stack/crash-test.ts";
import { type Alteration, isBeginning, isOfLock, nameOf, siteOf } from "./alterations.ts";
import { type BarrierStep, ordinary, reopened, scripted, SCRIPTS, type StepsOf } from "./barrier-steps.ts";
import { type AllTold, barrierTest, type BarrierTestOptions } from "./barrier-test.ts";
import type { CallSites } from "./call-sites.ts";

/** One kind of exploration. */
export interface World {
  readonly steps: StepsOf;
  /** The share of what its crashes leave from which another life starts. */
  readonly nested: number;
  readonly imagesPerOperation: number;
  readonly states: number;
}

/** What shows much in few states comes first. */
export const WORLDS: readonly World[] = [
  { steps: reopened, nested: 0.4, imagesPerOperation: 3, states: 1200 },
  ...SCRIPTS.map((script) => ({ steps: scripted(script), nested: 0.1, imagesPerOperation: 8, states: 300 })),
  { steps: ordinary(5, 2, 0.3), nested: 0.25, imagesPerOperation: 12, states: 500 },
  { steps: ordinary(9, 3, 0.4), nested: 0.02, imagesPerOperation: 12, states: 400 },
];

export interface Place {
  readonly world: World;
  readonly seed: number;
}

export function exploreAt({ world: { steps, states, nested, imagesPerOperation }, seed }: Place, alter: BarrierTestOptions["alter"]): ReturnType<typeof exploreCrashes<BarrierStep, AllTold>> {
  const test = barrierTest({ steps, alter });
  return exploreCrashes(test, { states, seed, lives: 1, contentOf, imagesPerOperation, nested: (depth) => (depth === 0 ? nested : 0), shrink: false });
}

/** Where each alteration would alter something. */
export class Survey {
  readonly #found: Map<string, readonly [Alteration, Place[]]> = new Map();
  readonly #sites: CallSites;
  /** What breaks with nothing altered. */
  readonly violations: string[] = [];
  states = 0;

  constructor(sites: CallSites) {
    this.#sites = sites;
  }

  /** In the order of their names. */
  found(isAsked: (alteration: Alteration) => boolean): readonly (readonly [Alteration, readonly Place[]])[] {
    return [...this.#found].filter(([, [alteration]]) => isAsked(alteration)).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found);
  }

  /** Explores the packages as they are, and notes which calls are made, one after the other. */
  async lookAt(place: Place): Promise<void> {
    const found = await exploreAt(place, (life) => {
      let last: string | undefined;
      const port = alteredDisk(life.disk, (call) => {
        const site = siteOf(call, this.#sites);
        if (site === undefined) return undefined;
        for (const how of removals(call.kind)) this.#note(place, { how, site });
        if (isOfLock(site)) return undefined;
        if (last !== undefined && canWait(last)) this.#note(place, { how: "behind", site: last, next: site });
        last = site;
        return undefined;
      });
      const tell = (event: AllTold): void => {
        if (last !== undefined && /: (sync|rename)/.test(last) && !isBeginning(event)) this.#note(place, { how: "told before", site: last });
        life.tell(event);
      };
      const { disk, depth, steps } = life;
      return { life: { disk, depth, steps, tell, get events() { return life.events; } }, port };
    });
    this.states += found.states;
    if (found.failure !== undefined) this.violations.push(`with nothing altered: ${String(found.failure)}`);
  }

  #note(place: Place, alteration: Alteration): void {
    const name = nameOf(alteration);
    const [, places] = this.#found.get(name) ?? [alteration, []];
    this.#found.set(name, [alteration, places]);
    if (places.at(-1) !== place) places.push(place);
  }
}

const removals = (kind: string): readonly ("without" | "in steps")[] =>
  kind === "rename" ? ["without", "in steps"] : kind === "sync" || kind === "syncDirectory" || kind.startsWith("remove") ? ["without"] : [];

/** Whoever creates a file goes on with it, so a create can't come later than it does. */
const canWait = (site: string): boolean => !/: create\b/.test(site);
