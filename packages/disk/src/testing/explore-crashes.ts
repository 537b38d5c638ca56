import { Broken, CrashExplorer } from "./crash-explorer.ts";
import type { CrashFailure, CrashFindings, CrashTest, ExploreOptions } from "./crash-test.ts";
import { shrink } from "./shrink.ts";

/**
 * Lets a program live on simulated disks, life after life by seed, and crashes it before every operation that changes the disk:
 * by a kill, and by power cuts of which a selection of the images is looked at. From each distinct content it recovers once, and
 * judges what was found by what had been told until then; from a share of them it lives on, and crashes again. Ends with the
 * first promise that is broken, its steps made as few as still break one.
 *
 * Everything depends on the seeds alone if the program does: what draws random numbers or reads clocks by itself has to be given
 * other ones. The states are counted by content, so they are as many as the program's content is varied.
 */
export async function exploreCrashes<Step, Event>(test: CrashTest<Step, Event>, options: ExploreOptions<Step>): Promise<CrashFindings<Step>> {
  const { states, lives = Infinity, seed: first = 1, shrink: isShrunk = true } = options;
  if (!(states >= 1)) throw new RangeError(`The states to look at are a number from 1, not ${states}.`);
  if (!(lives >= 1)) throw new RangeError(`The lives are a number from 1, not ${lives}.`);
  if (!Number.isSafeInteger(first)) throw new RangeError(`A seed is a whole number, not ${first}.`);
  const explorer = new CrashExplorer(test, options);
  let seed = first;
  let failure: CrashFailure<Step> | undefined;
  for (; failure === undefined && !explorer.isEnough && seed < first + lives; seed++) {
    const broken = await brokenBy<Step, Event>(() => explorer.explore(seed));
    if (broken !== undefined) failure = new Failure(seed, isShrunk ? await shrunk(test, options, broken) : broken);
  }
  return { ...explorer.findings, nextSeed: seed, failure };
}

async function brokenBy<Step, Event>(explore: () => Promise<void>): Promise<Broken<Step, Event> | undefined> {
  try {
    await explore();
    return undefined;
  } catch (error) {
    if (error instanceof Broken) return error;
    throw error;
  }
}

/** The same failure with fewer steps in the life that crashed; what came before that life stays. */
async function shrunk<Step, Event>(test: CrashTest<Step, Event>, options: ExploreOptions<Step>, broken: Broken<Step, Event>): Promise<Broken<Step, Event>> {
  let least = broken;
  await shrink(broken.start.steps, async (steps) => {
    const alone = new CrashExplorer(test, { ...options, states: Infinity, nested: () => 0, onState: undefined });
    const again = await brokenBy<Step, Event>(() => alone.live({ ...broken.start, steps }));
    if (again?.kind !== broken.kind) return false;
    least = again;
    return true;
  });
  return least;
}

class Failure<Step, Event> implements CrashFailure<Step> {
  readonly seed: number;
  readonly #broken: Broken<Step, Event>;

  constructor(seed: number, broken: Broken<Step, Event>) {
    this.seed = seed;
    this.#broken = broken;
  }

  get kind(): CrashFailure<Step>["kind"] {
    return this.#broken.kind;
  }

  get what(): string {
    return this.#broken.what;
  }

  get depth(): number {
    return this.#broken.start.depth;
  }

  get steps(): readonly Step[] {
    return this.#broken.start.steps;
  }

  get operation(): CrashFailure<Step>["operation"] {
    return this.#broken.operation;
  }

  get leftBehind(): string {
    return this.#broken.leftBehind;
  }

  get cause(): unknown {
    return this.#broken.cause;
  }

  toString(): string {
    const { operation } = this;
    const target = operation?.target === undefined ? "" : ` to ${operation.target}`;
    const crash = operation === undefined ? "" : `\ncrash before operation ${operation.index}, ${operation.kind} ${operation.path}${target}, which leaves of what programs saw:\n${indented(this.leftBehind)}`;
    const steps = this.steps.map((step) => JSON.stringify(step)).join("\n");
    return `${this.what}\nseed ${this.seed}${this.depth === 0 ? "" : `, after ${this.depth} crashes before`}, ${this.steps.length} steps:\n${indented(steps)}${crash}`;
  }
}

function indented(lines: string): string {
  return lines.replace(/^/gm, "  ");
}
