import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { interruption } from "../interruption.ts";
import type { Peer } from "../peers/peer.ts";
import type { Contestant, Result, Row, Sample } from "../row.ts";
import type { Settings } from "../settings.ts";
import type { Job } from "./job.ts";
import { PreparedFiles } from "./prepared-files.ts";
import { runJob } from "./run-job.ts";

export interface Places {
  readonly disk: string;
  /** A directory in memory, or the disk where there is none. */
  readonly memory: string;
}

export interface Plan {
  readonly rows: readonly Row[];
  readonly peers: readonly Peer[];
  readonly settings: Settings;
  readonly rounds: number;
  readonly places: Places;
}

interface Entrant {
  readonly row: Row;
  readonly contestant: Contestant;
  readonly samples: Sample[];
  /** It takes no further part once it has failed; the others do. */
  problem: string | undefined;
}

/** Runs everybody in turn, round by round, so that a slow minute of the machine hits all alike. In the first round it is verified that the work was done. */
export async function runRounds(plan: Plan, progress: (line: string) => void): Promise<readonly Result[]> {
  const entrants = plan.rows.flatMap((row) => row.contestants(plan.peers).map((contestant): Entrant => ({ row, contestant, samples: [], problem: undefined })));
  await inDirectory(plan.places.disk, async (directory) => {
    const prepared = new PreparedFiles(directory, plan.settings);
    progress("preparing what is read");
    for (const entrant of entrants) await attempt(entrant, () => prepared.of(entrant.row, entrant.contestant));
    for (let round = 1; round <= plan.rounds; round++) {
      progress(`round ${round} of ${plan.rounds}`);
      for (const entrant of entrants.filter(({ row }) => round === 1 || row.start !== "once")) {
        const sample = await attempt(entrant, () => runOnce(plan, entrant, round === 1 ? "run and verify" : "run", prepared));
        if (sample !== undefined) entrant.samples.push(sample);
      }
    }
  });
  return plan.rows.flatMap((row) => [...entrants.filter((entrant) => entrant.row === row).map(resultOf), ...publishedOf(row, plan.settings)]);
}

async function attempt<T>(entrant: Entrant, step: () => Promise<T>): Promise<T | undefined> {
  if (entrant.problem !== undefined) return undefined;
  try {
    return await step();
  } catch (error) {
    interruption.throwIfAborted();
    entrant.problem = error instanceof Error ? error.message : String(error);
    return undefined;
  }
}

async function inDirectory<T>(parent: string, action: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(parent, "laminar-bench-"));
  try {
    return await action(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function runOnce({ places, settings }: Plan, { row, contestant }: Entrant, step: Job["step"], prepared: PreparedFiles): Promise<Sample> {
  return inDirectory(places[row.place], async (parent) => {
    const directory = join(parent, "data");
    const files = await prepared.of(row, contestant);
    if (files === undefined) await mkdir(directory);
    else await cp(files, directory, { recursive: true });
    const sample = await runJob({ step, row: row.name, contestant: contestant.name, settings, directory });
    if (sample === undefined) throw new Error(`${row.name}, ${contestant.name}: no sample`);
    return sample;
  });
}

const resultOf = ({ row: { name: row, title, unit }, contestant: { name, role }, samples, problem }: Entrant): Result => ({ row, title, unit, name, role, samples, problem });

function publishedOf({ name: row, title, unit, published }: Row, settings: Settings): Result[] {
  return (published?.(settings) ?? []).map(({ name, ...sample }) => ({ row, title, unit, name, role: "published", samples: [sample] }));
}
