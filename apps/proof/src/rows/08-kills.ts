import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { nodeDisk } from "@laminar/disk";
import { openSmall } from "../killed/durable-state-life.ts";
import type { Way } from "../killed/live.ts";
import { momentOf } from "../killed/moments.ts";
import { isLocked } from "../killed/once-free.ts";
import { Victim } from "../killed/victim.ts";
import { Choices } from "../random.ts";
import type { Outcome, Part, Row, Work } from "../row.ts";
import { Counter } from "../whole-stack/count.ts";
import { textOfCut } from "../whole-stack/cut.ts";
import { EMPTY, judgeCut, type Told } from "../whole-stack/promises.ts";
import { recoverFrom } from "../whole-stack/session.ts";

/** So many kills befall a directory. */
const LIVES = 10;

/** What recovers a directory: the text of its cut. */
export type Look = (directory: string) => Promise<string>;

export const lookByRecovery: Look = async (directory) => textOfCut(await recoverFrom(nodeDisk, directory));

async function isRefused(way: Way): Promise<boolean> {
  try {
    await (await openSmall(way.directory)).close();
    return false;
  } catch (error) {
    if (isLocked(error)) return true;
    throw error;
  }
}

/** Whether each of the openings that a victim told of found what had been promised; goes on in `told`. */
function judgeLines(lines: Victim["lines"], told: Told[]): string | undefined {
  for (const line of lines) {
    if ("started" in line) continue;
    const wrong = "found" in line ? judgeCut(line.found, told) : undefined;
    if (wrong !== undefined) return wrong;
    if ("found" in line) told.length = 0;
    told.push(line);
  }
  return undefined;
}

/** Kills processes on one directory, one after the other, until something is wrong. */
async function* killOn(way: Omit<Way, "waiting">, kills: number, counter: Counter, look: Look): AsyncGenerator<string | undefined> {
  const choices = new Choices(way.seed);
  const told: Told[] = [{ found: EMPTY }];
  for (let life = 1; life <= kills; life++) {
    const moment = momentOf(choices, () => isRefused({ ...way, waiting: 0 }));
    const victim = new Victim({ ...way, seed: way.seed + life * 1000, waiting: moment.waiting });
    const seen = await moment.kill(victim);
    counter.add(`killed ${moment.name}`);
    if (victim.count("found") === 0) counter.add("died before they were open");
    counter.add("acknowledged commits", victim.count("durable"));
    counter.add("openings that were judged", victim.count("found") + 1);
    const wrong = seen ?? (victim.complaints || judgeLines(victim.lines, told));
    const found = wrong ? "" : await look(way.directory).catch(String);
    const violation = wrong || judgeCut(found, told);
    if (violation) yield `${way.by}, seed ${way.seed}, ${way.directory}, life ${life}, killed ${moment.name}: ${violation}`;
    if (violation) return;
    // Whoever recovers next finds the same again.
    told.splice(0, told.length, { found });
    yield undefined;
  }
}

export async function killProcesses(by: Way["by"], { goal, seed, scratch }: Work, look: Look = lookByRecovery): Promise<Outcome> {
  const counter = new Counter();
  const violations: string[] = [];
  let reached = 0;
  let nextSeed = seed;
  while (reached < goal && violations.length === 0) {
    const directory = join(scratch, `${nextSeed}`);
    await mkdir(directory);
    for await (const violation of killOn({ by, directory, seed: nextSeed }, Math.min(LIVES, goal - reached), counter, look)) {
      reached++;
      if (violation !== undefined) violations.push(violation);
    }
    if (violations.length === 0) await rm(directory, { recursive: true });
    nextSeed++;
  }
  return { reached, violations, counters: Object.fromEntries(counter.entries()), nextSeed };
}

const part = (by: Way["by"]): Part => ({ name: `by ${by}`, goal: { check: 4, proof: 100 }, seconds: 40, run: (work) => killProcesses(by, work) });

/** A process may be killed at any moment: the next one finds exactly one commit, not older than the last one acknowledged. */
export const kills: Row = { number: 8, title: "SIGKILL of real processes", unit: "kills", soakGoal: 10_000, parts: [part("hand"), part("durable state")] };
