import { fileCheckpointStore } from "@laminar/checkpoint";
import type { Disk } from "@laminar/disk";
import type { CrashTest, Life, SimulatedDisk } from "@laminar/disk/testing";
import { fixChance } from "../identities.ts";
import { judgeCut, type Told } from "../whole-stack/promises.ts";
import { CHECKPOINTS, type Journal, Session } from "../whole-stack/session.ts";
import type { Opening } from "../whole-stack/steps.ts";
import type { BarrierStep, Fault, StepsOf } from "./barrier-steps.ts";
import { type Found, findAll } from "./find-all.ts";
import { Litter, litterOn } from "./litter.ts";
import { judgeCheckpoints, type StoreTold } from "./store-promises.ts";
import { toldStore } from "./told-store.ts";

export type AllTold = Told | StoreTold;

export interface BarrierTestOptions {
  readonly steps: StepsOf;
  /** The same life, and what the packages work on instead of its disk. */
  readonly alter?: ((life: BarrierLife) => Altered) | undefined;
}

export type BarrierLife = Life<BarrierStep, AllTold>;

export interface Altered {
  readonly life: BarrierLife;
  readonly port: Disk;
}

/** A name that isn't there: a call about it is the last one of a life, and none of the packages'. */
export const THE_END = "/the end";
const PLAIN: Opening = { do: "open", maxRetained: 1, maxChainLength: 2 };

/**
 * All packages together, by hand, with all that anybody relies on: the cut, every checkpoint that was published or found, ids
 * that are given once, the loss of a segment that shows, and that nothing is left lying around.
 */
export function barrierTest({ steps, alter = (life): Altered => ({ life, port: life.disk }) }: BarrierTestOptions): CrashTest<BarrierStep, AllTold> {
  return {
    steps,
    async run(life) {
      fixChance(life.depth + 1);
      await new Living(alter(life)).run();
    },
    recover: async (disk) => JSON.stringify(await findAll(disk)),
    judge(found, told) {
      const { cut, checkpoints, withoutNewestSegment } = JSON.parse(found) as Found;
      const ofStore = told.filter(isOfStore);
      const ofCut = told.filter(isTold);
      const silently = withoutNewestSegment === undefined ? undefined : judgeCut(withoutNewestSegment, ofCut);
      return judgeCut(cut, ofCut) ?? judgeCheckpoints(checkpoints, ofStore) ?? (silently && `the loss of the newest segment doesn't show: ${silently}`);
    },
  };
}

const isTold = (event: AllTold): event is Told => "submitted" in event || "durable" in event || "found" in event;
const isOfStore = (event: AllTold): event is StoreTold => !isTold(event);

/** A life that goes on after what a fault made fail. */
class Living {
  readonly #life: BarrierLife;
  readonly #port: Disk;
  readonly #journal: Journal;
  #session: Session | undefined;
  /** A call failed since the session was opened. */
  #isHurt = false;
  #faults = 0;

  constructor({ life, port }: Altered) {
    this.#life = life;
    this.#port = port;
    this.#journal = {
      get events() {
        return life.events.filter(isTold);
      },
      tell: (event) => life.tell(event),
    };
  }

  async run(): Promise<void> {
    const { disk, steps, depth } = this.#life;
    try {
      for (const step of steps) await this.#survive(step);
      disk.plan(undefined);
      await this.#survive(PLAIN);
      await this.#end();
      // Nothing that is held back stays behind.
      await this.#port.remove(THE_END).catch(() => undefined);
    } catch (error) {
      await this.#session?.abandon();
      throw error;
    }
    const litter = await litterOn(disk, { crashes: depth, faults: this.#faults });
    if (litter !== undefined) throw new Litter(litter);
  }

  async #survive(step: BarrierStep): Promise<void> {
    try {
      await this.#take(step);
    } catch (error) {
      if (!this.#isHurt) throw error;
      // A checkpoint that failed leaves everything else as it was; a log that failed takes nothing more.
      if (isUpkeep(step) && this.#session !== undefined) return;
      const session = this.#session;
      this.#session = undefined;
      await session?.abandon();
    }
  }

  async #take(step: BarrierStep): Promise<void> {
    if (step.do === "fault") this.#plan(step);
    else if (step.do === "open") await this.#open(step);
    else if (step.do === "stray") {
      await (this.#session ?? (await this.#open(PLAIN))).leaveStray(step.changes);
      await this.#open(PLAIN);
    } else await (this.#session ?? (await this.#open(PLAIN))).take(step);
  }

  #plan({ in: after, kind: counted }: Fault): void {
    const life = this.#life;
    const { disk } = life;
    let left = after;
    disk.plan(({ kind, path }) => {
      if (!CHANGING.has(kind) || (counted ?? kind) !== kind || path.includes("/LOCK") || --left > 0) return undefined;
      disk.plan(undefined);
      this.#isHurt = true;
      this.#faults++;
      life.tell({ fault: `${kind} ${path}` });
      return { kind: "error", errno: "EIO" };
    });
  }

  async #open(opening: Opening): Promise<Session> {
    await this.#end();
    this.#isHurt = false;
    const store = toldStore(fileCheckpointStore(CHECKPOINTS, { disk: this.#port }), (event) => this.#life.tell(event));
    return (this.#session = await Session.open(this.#port, this.#journal, opening, { place: store }));
  }

  async #end(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close().catch((error: unknown) => {
      if (!this.#isHurt) throw error;
    });
  }
}

const CHANGING: ReadonlySet<SimulatedDisk["operations"][number]["kind"]> = new Set(["create", "makeDirectory", "removeDirectory", "remove", "rename", "syncDirectory", "write", "sync"]);
const isUpkeep = ({ do: what }: BarrierStep): boolean => ["full", "delta", "compact", "clean-up", "delete newest"].includes(what);
