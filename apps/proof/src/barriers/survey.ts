import { alteredDisk, exploreCrashes, type CrashFailure } from "@laminar/disk/testing";
import { contentOf } from "../whole-stack/crash-test.ts";
import type { Alteration } from "./alterations.ts";
import { isOfLock, nameOf } from "./alterations.ts";
import { type BarrierStep, ordinary, type StepsOf, troubled } from "./barrier-steps.ts";
import { type AllTold, barrierTest, type BarrierTestOptions } from "./barrier-test.ts";
import type { CallSites } from "./call-sites.ts";

/** One kind of exploration. */
export interface World {
  readonly steps: StepsOf;
  /** The share of what its crashes leave from which another life starts. */
  readonly nested: number;
  readonly states: number;
}

/** Lives that look at much; short ones of which many go on after a crash; and those in which something goes wrong. */
export const WORLDS: readonly World[] = [
  { steps: ordinary(9, 3, 0.4), nested: 0.02, states: 400 },
  { steps: ordinary(5, 2, 0.3), nested: 0.25, states: 500 },
  { steps: troubled, nested: 0.1, states: 400 },
];

export interface Place {
  readonly world: World;
  readonly seed: number;
}

export function exploreAt({ world, seed }: Place, alter: BarrierTestOptions["alter"]): ReturnType<typeof exploreCrashes<BarrierStep, AllTold>> {
  const test = barrierTest({ steps: world.steps, alter });
  return exploreCrashes(test, { states: world.states, seed, lives: 1, contentOf, imagesPerOperation: 12, nested: (depth) => (depth === 0 ? world.nested : 0), shrink: false });
}

/** Where each alteration would alter something. */
export class Survey {
  readonly places: Map<string, Place[]> = new Map();
  readonly alterations: Map<string, Alteration> = new Map();
  readonly sites: CallSites;
  states = 0;
  failure: CrashFailure<BarrierStep> | undefined;

  constructor(sites: CallSites) {
    this.sites = sites;
  }

  /** Explores the packages as they are, and notes which calls are made, one after the other. */
  async lookAt(place: Place): Promise<void> {
    const found = await exploreAt(place, (life) => {
      let last: string | undefined;
      const port = alteredDisk(life.disk, (call) => {
        const site = this.sites.nameOf(call);
        for (const how of removals(call.kind)) this.#note(place, { how, site });
        if (isOfLock(site)) return undefined;
        if (last !== undefined && canWait(last)) this.#note(place, { how: "behind", site: last, next: site });
        last = site;
        return undefined;
      });
      const tell = (event: AllTold): void => {
        if (last !== undefined && /: (sync|rename|remove)/.test(last) && !("submitted" in event)) this.#note(place, { how: "told before", site: last });
        life.tell(event);
      };
      const { disk, depth, steps } = life;
      return { life: { disk, depth, steps, tell, get events() { return life.events; } }, port };
    });
    this.states += found.states;
    this.failure ??= found.failure;
  }

  #note(place: Place, alteration: Alteration): void {
    const name = nameOf(alteration);
    this.alterations.set(name, alteration);
    const places = this.places.get(name) ?? [];
    this.places.set(name, places);
    if (places.at(-1) !== place) places.push(place);
  }
}

const removals = (kind: string): readonly ("without" | "in steps")[] =>
  kind === "rename" ? ["without", "in steps"] : kind === "sync" || kind === "syncDirectory" || kind.startsWith("remove") ? ["without"] : [];

/** Whoever creates a file goes on with it, so a create can't come later than it does. */
const canWait = (site: string): boolean => !/: create\b/.test(site);
