import { createHash } from "node:crypto";
import type { FaultRun, Plan } from "./fault-run.ts";
import { goOn } from "./go-on.ts";
import type { Recoveries } from "./look.ts";

/**
 * What comes after a run with faults: its crashes, and the next life. It depends on what was done on the disk and on what was told
 * alone, so runs that did and told the same (as most errnos let them) share it.
 */
export class Aftermaths {
  readonly #recoveries: Recoveries;
  readonly #known: Map<string, readonly string[]> = new Map();
  /** After so many nobody can know what is durable, so power cuts of the next life say nothing. */
  beyondKnowing = 0;

  constructor(recoveries: Recoveries) {
    this.#recoveries = recoveries;
  }

  get distinct(): number {
    return this.#known.size;
  }

  /** What is wrong with it. */
  async of(run: FaultRun, plan: Plan): Promise<readonly string[]> {
    const key = createHash("md5").update(plan.chapter.name).update(run.trace).update(run.end.hash).update(JSON.stringify(run.program.events)).digest("base64");
    let wrong = this.#known.get(key);
    if (wrong === undefined) {
      wrong = await this.#look(run, plan);
      this.#known.set(key, wrong);
    }
    return wrong;
  }

  async #look({ program: { events }, disk, hit, moments, end }: FaultRun, plan: Plan): Promise<readonly string[]> {
    const wrong: string[] = [];
    for (const some of moments) {
      for (const moment of some) {
        const what = await this.#recoveries.judge(moment, events);
        if (what !== undefined) wrong.push(what);
      }
    }
    const cutsCount = hit === undefined || canBeFoundOut(disk.operations, plan);
    if (!cutsCount) this.beyondKnowing++;
    const what = await goOn(end, events, { stack: plan.chapter.stack, recoveries: this.#recoveries, cutsCount });
    return what === undefined ? wrong : [...wrong, what];
  }
}

/**
 * Whether a later process can know what isn't durable. Of a directory that stands there without being durable, since its
 * parent's sync failed and it could not be removed again either, nobody can, and every later sync says yes.
 */
function canBeFoundOut(operations: FaultRun["disk"]["operations"], { decide }: Plan): boolean {
  const isHit = (wanted: string, isPath: (path: string) => boolean): boolean =>
    operations.some((operation) => operation.kind === wanted && isPath(operation.path) && decide(operation) !== undefined);
  return !(isHit("syncDirectory", (path) => path === "/" || path === "/data") && isHit("removeDirectory", (path) => !path.includes("LOCK")));
}
