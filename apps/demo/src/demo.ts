import { findWorstHour, rankAirports } from "./airport-ranking.ts";
import { loadCities } from "./airport-names.ts";
import { compareStates, stateBytes } from "./compare-states.ts";
import { createDisplay } from "./display.ts";
import { type FlightSource, flightSource, loadFlights } from "./flights.ts";
import { createJob } from "./job.ts";
import { planKills } from "./kill-plan.ts";
import { createMemoryState, type EncodedState } from "./memory-state.ts";
import type { WorkerSettings } from "./messages.ts";
import type { DemoOptions } from "./options.ts";
import { formatProof, proveCounts } from "./proof.ts";
import { readState } from "./read-state.ts";
import { seededRandom } from "./seeded-random.ts";
import { formatDifferences } from "./state-diff.ts";
import { superviseRun } from "./supervisor.ts";
import { formatAirports, formatWorstHour } from "./table.ts";

export interface Demo extends DemoOptions {
  readonly directory: string;
  /**
   * Breaks the rule on purpose, to see the proof fail: the first kill strikes after a group was committed without its place in the
   * input, so that the process after it takes the group again.
   */
  readonly forgetOffsetOnce: boolean;
}

/** About so many checkpoints in a run, however long it is. */
const checkpointsPerRun = 10;
const airportsShown = 12;

/** Runs the whole demo; whether the state came out as it had to. */
export async function runDemo(demo: Demo, output: NodeJS.WriteStream, signal: AbortSignal): Promise<boolean> {
  const say = (line: string): void => void output.write(`${line}\n`);
  say(`${demo.events} flights, a commit every ${demo.commitEvery}, ${demo.kills} kills, seed ${demo.seed}`);
  const started = performance.now();
  const display = createDisplay(demo.events, output);
  const run = await supervise(demo, display, signal).finally(() => display.end());
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  say(`${run.starts} starts, ${run.kills} kills, ${seconds} s`);

  const source = flightSource(loadFlights(), demo.events);
  const state = await readState(demo.directory);
  const differences = compareStates(runInMemory(source), state);
  const proof = proveCounts(state, source);
  say("");
  if (differences.length > 0) say(formatDifferences(differences));
  else say(`${state.size} keys, ${stateBytes(state)} bytes: byte for byte the state of a run in memory that nobody killed`);
  say(formatProof(proof));
  say("");
  printAirports(state, say);
  return differences.length === 0 && proof.once === proof.events;
}

async function supervise(demo: Demo, display: ReturnType<typeof createDisplay>, signal: AbortSignal): ReturnType<typeof superviseRun> {
  const kills = planKills(demo.kills, demo.events, seededRandom(demo.seed));
  return superviseRun({ kills, settingsOf: (start) => settingsOf(demo, start, kills[0]?.event), spectator: display, signal });
}

function settingsOf(demo: Demo, start: number, firstKill: number | undefined): WorkerSettings {
  const { directory, events, commitEvery, forgetOffsetOnce } = demo;
  const checkpointEvery = Math.max(commitEvery, Math.ceil(events / checkpointsPerRun));
  return { directory, events, commitEvery, checkpointEvery, forgetOffsetAt: forgetOffsetOnce && start === 1 ? firstKill : undefined };
}

function runInMemory(source: FlightSource): EncodedState {
  const state = createMemoryState();
  const job = createJob(state);
  for (let event = 0; event < source.length; event++) job.take(source.at(event));
  return state.encoded;
}

function printAirports(state: EncodedState, say: (line: string) => void): void {
  const cities = loadCities();
  const worstHour = findWorstHour(state);
  say(formatAirports(rankAirports(state, airportsShown), cities));
  if (!worstHour) return;
  say("");
  say(formatWorstHour(worstHour, cities));
}
