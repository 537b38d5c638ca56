import { ContentTable } from "./content-table.ts";
import { createSimulatedDisk } from "./create-simulated-disk.ts";
import type { CrashFindings, CrashState, CrashTest, ExploreOptions, Life } from "./crash-test.ts";
import { leftBehind } from "./left-behind.ts";
import { createRandom } from "./random.ts";
import type { DiskImage, Operation, SimulatedDisk } from "./simulated-disk.ts";
import { withoutHanging } from "./without-hanging.ts";

/** Where a life starts: an empty disk, or what a crash of another one left. */
export interface Start<Step, Event> {
  readonly disk: () => SimulatedDisk;
  readonly events: readonly Event[];
  readonly steps: readonly Step[];
  readonly depth: number;
}

/** A crash that broke something. */
export interface Crash {
  readonly operation: Operation;
  /** Those of its life that came before and change the disk. */
  readonly before: readonly Operation[];
  readonly leftBehind: string;
}

/** A promise that was broken, as it is met. */
export class Broken<Step, Event> {
  readonly kind: "refused" | "broken" | "failed";
  readonly what: string;
  readonly start: Start<Step, Event>;
  /** Where the life crashed; `undefined` where it failed by itself. */
  readonly crash: Crash | undefined;
  readonly cause: unknown;

  constructor(kind: "refused" | "broken" | "failed", what: string, start: Start<Step, Event>, crash?: Crash, cause?: unknown) {
    this.kind = kind;
    this.what = what;
    this.start = start;
    this.crash = crash;
    this.cause = cause;
  }
}

/** A crash whose image holds what no recovery has looked at yet. */
interface Moment<Step> extends CrashState<Step> {
  /** How much had been told. */
  readonly told: number;
  readonly crash: () => Crash;
}

const changing: ReadonlySet<Operation["kind"]> = new Set(["create", "makeDirectory", "removeDirectory", "remove", "rename", "syncDirectory", "write", "sync"]);
const imagesDefault = 16;

/** Lives, their crashes, and what was found in the contents that these leave. */
export class CrashExplorer<Step, Event> {
  readonly #test: CrashTest<Step, Event>;
  readonly #options: ExploreOptions<Step>;
  /** By the content. */
  readonly #found: ContentTable = new ContentTable();
  /** By the hash of the image, where contents are told apart by less. */
  readonly #foundByHash: ContentTable;
  readonly #byDepth: number[] = [];
  #looked = 0;
  #lives = 0;

  constructor(test: CrashTest<Step, Event>, options: ExploreOptions<Step>) {
    this.#test = test;
    this.#options = options;
    this.#foundByHash = options.contentOf === undefined ? this.#found : new ContentTable();
  }

  get findings(): Omit<CrashFindings<Step>, "failure" | "nextSeed"> {
    return { states: this.#found.size, looked: this.#looked, lives: this.#lives, byDepth: this.#byDepth };
  }

  get isEnough(): boolean {
    return this.#found.size >= this.#options.states || this.#options.signal?.aborted === true;
  }

  /** One life on an empty disk, and those that start from what its crashes leave. Throws a {@link Broken}. */
  async explore(seed: number): Promise<void> {
    await this.live({ disk: createSimulatedDisk, events: [], steps: this.#test.steps(createRandom(seed), 0), depth: 0 });
  }

  async live(start: Start<Step, Event>): Promise<void> {
    this.#lives += 1;
    const events = [...start.events];
    const moments = await this.#run(start, events);
    for (const moment of moments) {
      if (this.isEnough) return;
      await this.#lookAt(moment, start, events.slice(0, moment.told));
    }
  }

  /** Lets the program live, judges what its crashes leave where that was recovered from before, and returns the others. */
  async #run(start: Start<Step, Event>, events: Event[]): Promise<readonly Moment<Step>[]> {
    const disk = start.disk();
    const progress = new Progress(start.steps);
    const gathered = new Gathered<Step>();
    const stop = disk.beforeEach((operation) => {
      if (changing.has(operation.kind)) this.#gather(disk, { operation, step: progress.step, depth: start.depth, told: events.length }, start, events, gathered);
    });
    const life: Life<Step, Event> = { disk, depth: start.depth, steps: progress, events, tell: (event) => void events.push(event) };
    try {
      await withoutHanging(disk, this.#test.run(life));
    } catch (error) {
      throw gathered.broken ?? new Broken("failed", String(error), start, undefined, error);
    } finally {
      stop();
    }
    if (gathered.broken !== undefined) throw gathered.broken;
    if (disk.openFiles > 0) throw new Broken("failed", `${disk.openFiles} handles are open at its end`, start);
    return gathered.moments;
  }

  #gather(disk: SimulatedDisk, at: Pick<Moment<Step>, "operation" | "step" | "depth" | "told">, start: Start<Step, Event>, events: readonly Event[], gathered: Gathered<Step>): void {
    const killed = disk.killed();
    const cuts = disk.powerCuts({ limit: this.#options.imagesPerOperation ?? imagesDefault, seed: at.operation.index });
    for (const image of [killed, ...cuts]) {
      this.#looked += 1;
      const crash = (): Crash => crashBefore(at.operation, disk.operations, leftBehind(image, killed));
      const content = this.#contentOf(image);
      const found = this.#found.get(content);
      if (found === undefined) gathered.add({ ...at, image, content, crash });
      else if (gathered.isNew(found, at.told)) gathered.broken ??= this.#judge(found, start, events, crash);
    }
  }

  #contentOf(image: DiskImage): string {
    const { contentOf } = this.#options;
    if (contentOf === undefined) return image.hash;
    const known = this.#foundByHash.get(image.hash);
    if (known !== undefined) return known;
    const content = contentOf(image);
    this.#foundByHash.set(image.hash, content);
    return content;
  }

  async #lookAt(moment: Moment<Step>, start: Start<Step, Event>, events: readonly Event[]): Promise<void> {
    const { image, content, depth } = moment;
    let found = this.#found.get(content);
    const isNew = found === undefined;
    found ??= await this.#recover(moment, start);
    if (isNew) {
      this.#found.set(content, found);
      this.#byDepth[depth] = (this.#byDepth[depth] ?? 0) + 1;
      this.#options.onState?.(moment);
    }
    const broken = this.#judge(found, start, events, moment.crash);
    if (broken !== undefined) throw broken;
    if (isNew) await this.#liveOn(image, content, events, depth);
  }

  async #recover(moment: Moment<Step>, start: Start<Step, Event>): Promise<string> {
    const disk = moment.image.mount();
    try {
      return await withoutHanging(disk, this.#test.recover(disk));
    } catch (error) {
      throw new Broken("refused", `recovery refuses it: ${String(error)}`, start, moment.crash(), error);
    }
  }

  #judge(found: string, start: Start<Step, Event>, events: readonly Event[], crash: () => Crash): Broken<Step, Event> | undefined {
    const what = this.#test.judge(found, events);
    return what === undefined ? undefined : new Broken("broken", what, start, crash());
  }

  /** Starts another life from a share of the states, by their content. */
  async #liveOn(image: DiskImage, content: string, events: readonly Event[], depth: number): Promise<void> {
    const { nested = (before): number => (before === 0 ? 0.01 : 0) } = this.#options;
    const number = Number.parseInt(content.slice(0, 8), 16);
    if (number / 0x1_0000_0000 >= nested(depth)) return;
    await this.live({ disk: () => image.mount(), events, steps: this.#test.steps(createRandom(number), depth + 1), depth: depth + 1 });
  }
}

function crashBefore(operation: Operation, operations: readonly Operation[], difference: string): Crash {
  return { operation, before: operations.filter(({ index, kind }) => index < operation.index && changing.has(kind)), leftBehind: difference };
}

/** Steps that are gone through once, and which of them is under way. */
class Progress<Step> implements Iterable<Step> {
  readonly #steps: readonly Step[];
  step: Step | "start" | "end" = "start";

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  *[Symbol.iterator](): Generator<Step, void> {
    for (const step of this.#steps) yield (this.step = step);
    this.step = "end";
  }
}

/** What one life left that is to be recovered from, and what was judged already. */
class Gathered<Step> {
  readonly moments: Moment<Step>[] = [];
  broken: Broken<Step, unknown> | undefined;
  readonly #pending: Set<string> = new Set();
  readonly #judged: Map<string, number> = new Map();

  /** The same content after more was told is judged again. */
  add(moment: Moment<Step>): void {
    const key = `${moment.content} ${moment.told}`;
    if (this.#pending.has(key)) return;
    this.#pending.add(key);
    this.moments.push(moment);
  }

  isNew(found: string, told: number): boolean {
    if (this.#judged.get(found) === told) return false;
    this.#judged.set(found, told);
    return true;
  }
}
