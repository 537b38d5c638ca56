import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Door, recoveredState } from "./doors.ts";
import { copyOf, type Golden } from "./golden.ts";
import type { Place } from "./places.ts";
import { giveToNobody } from "./modes.ts";
import { asideOf, type HostileThing, moveAside, putBack } from "./things.ts";
import { changesOf, rewritten, treeOf } from "./tree.ts";

/** Longer than any door takes on a slow machine. */
const PATIENCE_MS = 30_000;
const TYPED = /^(WAL|CHECKPOINT|SNAPSHOT|RECOVERY|DISK)_[A-Z_]+$/;

export interface HostileCase {
  readonly thing: HostileThing;
  readonly place: Place;
  readonly door: Door;
}

export interface Stage {
  readonly golden: Golden;
  readonly outside: string;
  /** Where a copy is made and removed again. */
  readonly directory: string;
  /** What each door finds where nothing is hostile. */
  readonly expected: ReadonlyMap<Door, string>;
  /** What is recovered from the golden directory. */
  readonly state: string;
}

export type Answer = { readonly found: string } | { readonly error: unknown };

export interface Judged {
  readonly how: "refused" | "right" | "told";
  readonly wrong: readonly string[];
}

/** What a door answers, within the time that anything may take. */
export async function answerOf(promise: Promise<string>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer>((resolve) => (timer = setTimeout(() => resolve({ error: new Error("it hangs") }), PATIENCE_MS)));
  const answer = promise.then((found): Answer => ({ found }), (error: unknown): Answer => ({ error }));
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** What is wrong with an error: it has a code, and a message that names where the trouble is. */
export function wrongWithError(error: unknown, path: string): readonly string[] {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string" || !TYPED.test(error.code)) return [`it fails with ${String(error)}, which has no code`];
  return error.message.includes(path) || error.message.includes(dirname(path)) ? [] : [`its message names no path: ${error.message}`];
}

/** Puts the thing there, opens the door, and takes the thing away again. */
export async function judgeCase({ thing, place, door }: HostileCase, { golden, outside, directory, expected, state }: Stage): Promise<Judged> {
  copyOf(golden, directory);
  if (thing.around) giveToNobody(directory);
  const path = join(directory, place.path);
  moveAside(path);
  thing.putAt(path);
  const before = treeOf(directory);
  const outsideBefore = treeOf(outside);
  let isAway = false;
  try {
    const open = (): Promise<string> => door.open(directory, golden);
    const answer = await answerOf(thing.around ? thing.around(open) : open());
    const wrong: string[] = changesOf(outsideBefore, treeOf(outside)).map((name) => `outside was touched: ${name}`);
    const after = treeOf(directory);
    const changed = door.writes ? rewritten(before, after) : changesOf(before, after);
    wrong.push(...changed.map((name) => `it changed ${name}`));
    if ("error" in answer) wrong.push(...wrongWithError(answer.error, path));
    else if (answer.found !== expected.get(door) && door.tells?.(answer.found) !== true) wrong.push(`it found ${answer.found} instead of ${expected.get(door)}`);
    (thing.takeAway ?? putBack)(path);
    isAway = true;
    wrong.push(...(await wrongAfterwards(directory, door, state)));
    return { how: "error" in answer ? "refused" : answer.found === expected.get(door) ? "right" : "told", wrong };
  } finally {
    if (!isAway) (thing.takeAway ?? putBack)(path);
    for (const left of [directory, asideOf(directory)]) rmSync(left, { recursive: true, force: true });
  }
}

/** Once the thing is gone all is as it was, but for what the door wrote itself. */
async function wrongAfterwards(directory: string, door: Door, state: string): Promise<readonly string[]> {
  const answer = await answerOf(recoveredState(directory));
  if ("error" in answer) return [`after the thing was taken away recovery fails: ${String(answer.error)}`];
  const isRight = answer.found === state || (door.name === "openDurableState" && answer.found === `${state} k9=1`);
  return isRight ? [] : [`after the thing was taken away ${answer.found} is recovered instead of ${state}`];
}
