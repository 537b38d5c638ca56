import { lockDirectory, type Disk, type Owners } from "../src/index.ts";
import { createSimulatedDisk, type DiskImage, type SimulatedDisk } from "../src/testing/index.ts";
import { kernelLocks, Stands, withoutPauses, type Answer, type Program, type Stand } from "./lock-stands.ts";
import { watchedDisk } from "./watched-disk.ts";

/** The directory that everybody wants. */
export const directory = "/d";

export interface Setting {
  /** What runs at the same time, each in a process of its own. */
  readonly programs: readonly Program[];
  /** How many times each of them runs, one life after another. */
  readonly lives: number;
  /** Whether the kernel keeps a lock for as long as its owner lives, so that whoever has it knows all others to be dead. */
  readonly hasKernelLock?: boolean | undefined;
  /** What the disk, or its judgement of owners, does in another way for the life of that name. It keeps no state. */
  readonly adapt?: ((disk: Disk, name: string) => Disk) | undefined;
  /** Whether an owner that runs may have lost its entry, as it finds out by `held()`. */
  readonly mayBeBroken?: boolean | undefined;
  /** What the next one has to do before it takes the directory of the dead. */
  readonly prepare?: ((disk: Disk) => Promise<void>) | undefined;
}

export interface Findings {
  /** They differ in the content of the disk or in where a process stands. */
  readonly states: number;
  readonly transitions: number;
  /** The orders of events, from the start to an end, that the transitions make up. */
  readonly schedules: number;
  /** Different contents that were shown to the next owner, with nobody else alive. */
  readonly contents: number;
  readonly violation?: { readonly what: string; readonly schedule: readonly string[] } | undefined;
}

/** Where one of the processes stands, and how many lives are still to come after this one. */
interface Place {
  readonly stand: Stand;
  readonly left: number;
}

interface State {
  readonly content: DiskImage;
  readonly places: readonly Place[];
}

/** Something that may happen, and what it leads to. */
interface Move {
  readonly what: string;
  readonly make: () => Promise<State>;
}

interface Effect {
  readonly answer: Answer;
  readonly content: DiskImage;
}

/** So many of the images that a power cut leaves are looked at. */
const imagesPerCut = 16;

class Violation extends Error {}

/**
 * Goes through every order in which the processes of a setting can take their steps and die, and ends with the first one in
 * which the lock fails. At every content of the disk the power is cut, too.
 */
export async function searchInterleavings(setting: Setting): Promise<Findings> {
  const search = new Search(setting);
  const disk = createSimulatedDisk();
  for (const path of [directory, kernelLocks]) await disk.makeDirectory(path);
  await disk.syncDirectory("/");
  return search.from(disk.killed());
}

class Search {
  readonly #setting: Setting;
  readonly #stands = new Stands();
  /** What a step does to a content is found out once. */
  readonly #effects: Map<string, Effect> = new Map();
  /** How many ways lead from a state to an end. */
  readonly #ways: Map<string, number> = new Map();
  readonly #shown: Set<string> = new Set();
  readonly #images: Map<string, readonly DiskImage[]> = new Map();
  readonly #cut: Set<string> = new Set();
  readonly #schedule: string[] = [];
  #transitions = 0;

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  async from(content: DiskImage): Promise<Findings> {
    let schedules = 0;
    let violation: Findings["violation"];
    try {
      const places: Place[] = [];
      for (const index of this.#setting.programs.keys()) places.push(await this.#begin(index, this.#setting.lives));
      const start = { content, places };
      schedules = await this.#visit(start, keyOf(start));
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      violation = { what: error.message, schedule: this.#schedule };
    }
    return { states: this.#ways.size, transitions: this.#transitions, schedules, contents: this.#shown.size, violation };
  }

  /** Goes on from a state in all ways, to which it resolves. Nothing leads back to a state, because every step adds an answer. */
  async #visit(state: State, key: string): Promise<number> {
    checkOwners(state, this.#setting);
    await this.#showNext(state.content, "all are killed");
    const moves = [...this.#steps(state), ...this.#deaths(state), ...(await this.#powerCuts(state))];
    let ways = moves.length === 0 ? 1 : 0;
    for (const { what, make } of moves) {
      this.#transitions += 1;
      this.#schedule.push(what);
      const next = await make();
      const nextKey = keyOf(next);
      ways += this.#ways.get(nextKey) ?? (await this.#visit(next, nextKey));
      this.#schedule.pop();
    }
    this.#ways.set(key, ways);
    return ways;
  }

  #steps({ content, places }: State): readonly Move[] {
    const alive = new Set(places.filter(({ stand }) => stand.step !== undefined).map(({ stand }) => stand.life.name));
    return [...places.entries()].flatMap(([index, { stand, left }]) => {
      if (stand.step === undefined) return [];
      const make = async (): Promise<State> => {
        const effect = await this.#effectOf(content, stand, alive);
        const next = await this.#settle(index, { stand: await this.#stands.after(stand, effect.answer), left });
        return { content: effect.content, places: replaced(places, index, next) };
      };
      return [{ what: `${stand.life.name}: ${stand.step.what}`, make }];
    });
  }

  #deaths({ content, places }: State): readonly Move[] {
    return [...places.entries()].flatMap(([index, { stand, left }]) => {
      // Who dies before its first step leaves nothing behind.
      if (stand.step === undefined || stand.answers.length === 0) return [];
      const make = async (): Promise<State> => {
        const next = await this.#settle(index, { stand: this.#stands.dead(stand), left });
        return { content, places: replaced(places, index, next) };
      };
      return [{ what: `${stand.life.name}: dies before ${stand.step.what}`, make }];
    });
  }

  /** From one of the images of a power cut those who have lives left go on, once for every content. */
  async #powerCuts({ content, places }: State): Promise<readonly Move[]> {
    // A content may have come about in several ways, of which some had lives that aren't begun in this one.
    const begun = new Set(places.flatMap(({ left }, index) => this.#namesOf(index).slice(0, this.#setting.lives - left)));
    const images = (await this.#imagesOf(content)).filter((image) => livesIn(image).every((name) => begun.has(name)));
    const key = [content.hash, ...places.map(({ left }) => left)].join(" ");
    if (this.#cut.has(key) || places.every(({ left }) => left === 0)) return [];
    this.#cut.add(key);
    const image = images[this.#cut.size % images.length] ?? content;
    const make = async (): Promise<State> => {
      const next: Place[] = [];
      for (const [index, { stand, left }] of places.entries()) next.push(await this.#settle(index, { stand: this.#stands.dead(stand), left }));
      return { content: image, places: next };
    };
    return [{ what: `the power is cut, which leaves ${namesIn(image).join(" ") || "nothing"}`, make }];
  }

  /** What a power cut leaves of a content, all of it shown to the next owner. */
  async #imagesOf(content: DiskImage): Promise<readonly DiskImage[]> {
    const known = this.#images.get(content.hash);
    if (known !== undefined) return known;
    const images = [...content.mount().powerCuts({ limit: imagesPerCut })];
    for (const image of images) await this.#showNext(image, "the power is cut");
    this.#images.set(content.hash, images);
    return images;
  }

  async #effectOf(content: DiskImage, { life, step }: Stand, alive: ReadonlySet<string>): Promise<Effect> {
    const key = [content.hash, life.name, step?.what, ...alive].join(" ");
    const known = this.#effects.get(key);
    if (known !== undefined) return known;
    const process = content.mount();
    const run = async (): Promise<unknown> => step?.run(this.#diskOf(process, life.name, alive), alive);
    const answer = await run().then((value) => ({ value }), (error: unknown) => ({ error }));
    const after = process.killed();
    const effect = { answer, content: after.hash === content.hash ? content : after };
    this.#effects.set(key, effect);
    return effect;
  }

  /** After the end of one life comes the next. */
  async #settle(index: number, place: Place): Promise<Place> {
    return place.stand.step === undefined && place.left > 0 ? this.#begin(index, place.left) : place;
  }

  async #begin(index: number, left: number): Promise<Place> {
    const { programs, lives, hasKernelLock = false } = this.#setting;
    const program = programs[index];
    if (program === undefined) throw new Error("There is no such program.");
    const name = this.#namesOf(index)[lives - left] ?? "";
    return { stand: await this.#stands.first({ name, program, hasKernelLock }), left: left - 1 };
  }

  /** The lives of a process, in their order. */
  #namesOf(index: number): readonly string[] {
    return Array.from({ length: this.#setting.lives }, (_, number) => "abc".charAt(index) + String(number + 1));
  }

  /** Whether all is well for one who comes when nobody else is alive. */
  async #showNext(content: DiskImage, after: string): Promise<void> {
    if (this.#shown.has(content.hash)) return;
    this.#shown.add(content.hash);
    const disk = this.#diskOf(content.mount(), "next", new Set(["next"]));
    const violation = await violationOfNext(disk, this.#setting);
    if (violation !== undefined) throw new Violation(`${violation} when ${after}, which leaves ${namesIn(content).join(" ")}`);
  }

  #diskOf(process: SimulatedDisk, name: string, alive: ReadonlySet<string>): Disk {
    const { hasKernelLock, adapt } = this.#setting;
    const owners: Owners = {
      identify: async () => name,
      judge: async (other) => (hasKernelLock !== true && alive.has(other) ? "alive" : "dead"),
      takeKernelLock: (path) => process.owners.takeKernelLock(path),
    };
    const list: Disk["list"] = async (path) => [...(await process.list(path))].sort((one, other) => (one.name < other.name ? -1 : 1));
    // A listing has no order; with one it is the same for the same content.
    const disk = { ...watchedDisk(process, () => undefined), clock: withoutPauses(process.clock), list, owners };
    return adapt?.(disk, name) ?? disk;
  }
}

function replaced(places: readonly Place[], index: number, place: Place): readonly Place[] {
  return [...places.slice(0, index), place, ...places.slice(index + 1)];
}

/** Equal for states that go on in the same ways. */
function keyOf({ content, places }: State): string {
  let key = content.hash;
  for (const { stand, left } of places) key += ` ${left} ${stand.id}`;
  return key;
}

const hasEnded: ReadonlySet<Stand["state"]> = new Set<Stand["state"]>(["done", "refused"]);

function checkOwners({ content, places }: State, { lives, mayBeBroken }: Setting): void {
  const stands = places.map(({ stand }) => stand);
  for (const { life, state, failure } of stands) {
    if (state === "failed") throw new Violation(`${life.name} failed: ${String(failure)}`);
  }
  const owners = stands.filter(({ state }) => state === "owner").map(({ life }) => life.name);
  const holders = owners.filter((name) => content.files.has(`${directory}/LOCK/${name}`));
  if (holders.length > 1) throw new Violation(`${holders.join(" and ")} own the directory at once`);
  const evicted = owners.find((name) => !holders.includes(name));
  if (evicted !== undefined && mayBeBroken !== true) throw new Violation(`${evicted} was evicted while it owned the directory`);
  const names = namesIn(content);
  const litterer = stands.find(({ life: { name }, state }) => hasEnded.has(state) && names.some((path) => path === `LOCK/${name}` || path.startsWith(`LOCK.${name}`)));
  if (litterer !== undefined) throw new Violation(`${litterer.life.name} left ${names.join(" ")} behind`);
  if (lives === 1 && stands.every(({ state }) => state === "refused")) throw new Violation("all were refused");
}

async function violationOfNext(disk: Disk, { prepare }: Setting): Promise<string | undefined> {
  try {
    await prepare?.(disk);
    const lock = await lockDirectory(disk, directory);
    if (!(await lock.held())) return "the next one doesn't hold what it took";
    await lock.release();
  } catch (error) {
    return `the next one fails with ${String(error)}`;
  }
  const left = await disk.list(directory);
  return left.length === 0 ? undefined : `the next one leaves ${left.map(({ name }) => name).join(" ")}`;
}

/** The lives of which something is left. */
function livesIn({ files, directories }: DiskImage): readonly string[] {
  return [...directories, ...files.keys()].flatMap((path) => /[abc]\d+$/.exec(path)?.[0] ?? []);
}

function namesIn({ files, directories }: DiskImage): readonly string[] {
  return [...directories, ...files.keys()].filter((path) => path.startsWith(`${directory}/`)).map((path) => path.slice(directory.length + 1));
}
