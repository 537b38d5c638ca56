import { Broken, CrashExplorer } from "./crash-explorer.ts";
import type { CrashFailure, CrashFindings, CrashTest, ExploreOptions } from "./crash-test.ts";
import { shrink } from "./shrink.ts";
import type { Operation } from "./simulated-disk.ts";

/** A program that has no more states is known after so many lives that bring nothing new. */
const livesInVainMost = 100;
/** So many of the last operations are shown: a crash is explained by what came right before it. */
const shownOperations = 8;

/**
 * Lets a program live on simulated disks, life after life by seed, and crashes it before every operation that changes the disk:
 * by a kill, and by power cuts of which a selection of the images is looked at. From each distinct content it recovers once, and
 * judges what was found by what had been told until then; from a share of them it lives on, and crashes again. Ends with the
 * first promise that is broken, its steps made as few as still break one; or when a hundred lives in a row brought no new state.
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
  let livesInVain = 0;
  for (; failure === undefined && !explorer.isEnough && seed < first + lives && livesInVain < livesInVainMost; seed++) {
    const before = explorer.findings.states;
    const broken = await brokenBy<Step, Event>(() => explorer.explore(seed));
    livesInVain = explorer.findings.states > before ? 0 : livesInVain + 1;
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
  readonly kind: CrashFailure<Step>["kind"];
  readonly what: string;
  readonly seed: number;
  readonly depth: number;
  readonly steps: readonly Step[];
  readonly operation: Operation | undefined;
  readonly operationsBefore: readonly Operation[];
  readonly leftBehind: string;
  readonly cause: unknown;

  constructor(seed: number, { kind, what, start, crash, cause }: Broken<Step, Event>) {
    this.kind = kind;
    this.what = what;
    this.seed = seed;
    this.depth = start.depth;
    this.steps = start.steps;
    this.operation = crash?.operation;
    this.operationsBefore = crash?.before ?? [];
    this.leftBehind = crash?.leftBehind ?? "";
    this.cause = cause;
  }

  toString(): string {
    const crashes = this.depth === 0 ? "" : `, after ${this.depth} crashes before`;
    const steps = `seed ${this.seed}${crashes}, ${this.steps.length} steps:\n${indented(this.steps.map((step) => JSON.stringify(step)).join("\n"))}`;
    if (this.operation === undefined) return `${this.what}\n${steps}`;
    const last = this.operationsBefore.slice(-shownOperations).map(textOf);
    const crash = `crash before ${textOf(this.operation)}, after:\n${indented(last.join("\n"))}\nwhich leaves of what programs saw:\n${indented(this.leftBehind)}`;
    return `${this.what}\n${steps}\n${crash}`;
  }
}

function textOf({ kind, path, target, position, length }: Operation): string {
  return `${kind} ${path}${target === undefined ? "" : ` to ${target}`}${length === undefined ? "" : `, ${length} bytes at ${position}`}`;
}

function indented(lines: string): string {
  return lines.replace(/^/gm, "  ");
}
