import type { DiskImage, Operation, SimulatedDisk } from "@laminar/disk/testing";
import { hashOfLog, keyOf } from "./counters.ts";
import { type Damaged, impose, someDamage } from "./image-damage.ts";
import { changesCheckpoints, DIRECTORY, type ReadonlyTree, surveyTree, type Tree, treeOf } from "./model-directory.ts";
import type { LogOnDisk } from "./model-log.ts";
import type { Oracle } from "./oracle.ts";
import type { World } from "./world.ts";

/** Where a program is: what it has, what it was promised, and what it has done so far. */
export interface Situation {
  readonly disk: SimulatedDisk;
  readonly log: LogOnDisk;
  readonly oracle: Oracle;
  /** How many lives came before. */
  readonly depth: number;
  readonly trail: string[];
  /** Whether the process before it was killed right before a sync of the directory. */
  readonly isUnsynced: boolean;
  doing: string;
}

/** What another life may go on from. */
export interface Child {
  readonly image: DiskImage;
  readonly log: LogOnDisk;
  readonly oracle: Oracle;
  readonly trail: readonly string[];
  /** Whether it was killed right before a sync of the directory. */
  readonly isUnsynced: boolean;
}

/** What a crash leaves, to be looked at once the disk is at rest. */
interface Moment extends Child {
  readonly crash: "kill" | "power cut";
  readonly tree: Tree;
  readonly goesOn: boolean;
  readonly key: string;
}

/** A promise that isn't kept, or a disagreement. */
export class Broken extends Error {}

/** The crashes of one life: takes what they leave, and judges it once the disk is at rest. */
export class Crashes {
  readonly #world: World;
  readonly #at: Situation;
  readonly #seen = new Set<string>();
  #moments: Moment[] = [];
  readonly children: Child[] = [];

  constructor(world: World, at: Situation) {
    this.#world = world;
    this.#at = at;
  }

  /** Takes a kill and power cuts at this moment, before `operation`. */
  look(operation: Operation | undefined): void {
    if (operation && !changesCheckpoints(operation)) return;
    const { random, imagesPerOperation, goesOn } = this.#world;
    const isUnsynced = operation?.kind === "syncDirectory" && operation.path === DIRECTORY;
    this.#keep({ image: this.#at.disk.killed(), log: this.#at.log.killed(), crash: "kill", isUnsynced }, isUnsynced ? goesOn.beforeSync : goesOn.afterKill);
    for (const image of this.#at.disk.powerCuts({ limit: imagesPerOperation, seed: Math.floor(random() * 2 ** 31) })) {
      this.#keep({ image, log: this.#at.log.powerCut(random), crash: "power cut", isUnsynced: false }, goesOn.afterPowerCut);
    }
  }

  #keep({ image, log, crash, isUnsynced }: Pick<Moment, "image" | "log" | "crash" | "isUnsynced">, goesOn: number): void {
    const { counts, random, depthMost } = this.#world;
    counts.checks++;
    // Most are what the one before was, and needn't be taken apart.
    const promised = `${crash} ${image.hash} ${hashOfLog(log.current)} ${this.#at.oracle.signature}`;
    if (this.#seen.has(promised)) return;
    this.#seen.add(promised);
    const tree = treeOf(image);
    const key = keyOf(tree, log.current);
    counts.add(key, this.#at.doing, this.#at.depth, longestChain(tree));
    const goes = this.#at.depth < depthMost && random() < goesOn;
    this.#moments.push({ image, tree, log, oracle: this.#at.oracle.copy(), crash, isUnsynced, trail: [...this.#at.trail, `${crash} in ${this.#at.doing}`], goesOn: goes, key });
  }

  /** Looks at what was kept since the last time. */
  async settle(): Promise<void> {
    const moments = this.#moments;
    this.#moments = [];
    for (const moment of moments) {
      const broken = await this.#judge(moment);
      if (broken !== undefined) throw new Broken(`${moment.trail.join(" ")}: ${broken}`);
      moment.oracle.hasLostPower ||= moment.crash === "power cut";
      if (moment.goesOn) this.children.push(moment);
    }
  }

  async #judge({ crash, image, tree, log, oracle, key }: Moment): Promise<string | undefined> {
    const { counts, read, damageRandom, damages, policy } = this.#world;
    const known = counts.states.get(key);
    const { verdict, difference } = known ? { verdict: known } : await read(() => image.mount(), tree, log.current);
    counts.states.set(key, verdict);
    const broken = difference ?? oracle.judge(verdict) ?? oracle.judgeCheckpoints(surveyTree(tree), log.current, crash);
    if (broken !== undefined || known || verdict.kind === "refused" || damageRandom() > damages) return broken;
    for (const damaged of someDamage(tree, log.current, verdict, policy.maxRetained, damageRandom)) {
      const found = await this.#judgeDamaged(image, tree, damaged);
      if (found !== undefined) return `${damaged.what}: ${found}`;
    }
    return undefined;
  }

  async #judgeDamaged(image: DiskImage, tree: Tree, { what, tree: damaged, log, judge }: Damaged): Promise<string | undefined> {
    const disk = image.mount();
    await impose(disk, tree, damaged);
    this.#world.counts.addDamage(what);
    const { verdict, difference } = await this.#world.read(() => disk, damaged, log);
    return difference ?? judge(verdict);
  }
}

const longestChain = (tree: ReadonlyTree): number => Math.max(0, ...[...surveyTree(tree).metadata.values()].map(({ chain }) => chain.length));
