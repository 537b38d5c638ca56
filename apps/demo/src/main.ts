import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recover } from "@laminar/recovery";
import { openFlights } from "./flights.ts";
import { runInMemory } from "./job.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { openProgress } from "./progress.ts";
import { holds, type Proof, proofLine, prove } from "./proof.ts";
import { supervise } from "./supervisor.ts";
import { airportTable } from "./table.ts";
import { placesIn, stateOf } from "./worker.ts";

const DIFFERENCES_SHOWN = 10;

async function chooseDirectory({ dir }: Options): Promise<string> {
  if (dir === undefined) return mkdtemp(join(tmpdir(), "laminar-demo-"));
  await mkdir(dir, { recursive: true });
  if ((await readdir(dir)).length > 0) throw new RangeError(`--dir: ${dir} is not empty, and the demo begins from nothing`);
  return dir;
}

async function run(options: Options, directory: string): Promise<Proof> {
  const { kills, events, commitEvery, checkpointEvery, seed, adoptUncommittedOnce } = options;
  console.log(`Counting ${events.toLocaleString("en")} departures of early 2001, with ${kills} kills on the way (seed ${seed}).`);
  const progress = openProgress(events);
  const outcome = await supervise({
    order: { directory, events, commitEvery, checkpointEvery },
    kills,
    seed,
    adoptUncommittedOnce,
    onStart(start, { checkpoint, replayed, discarded, milliseconds, from }) {
      const base = checkpoint === undefined ? "no checkpoint" : `checkpoint ${checkpoint}`;
      progress.line(`start ${start}: ${base}, ${replayed} log entries replayed, ${discarded} discarded, ${milliseconds.toFixed(0)} ms; goes on from event ${from}`);
    },
    onKill: (kill, acknowledged) => progress.line(`kill ${kill}: SIGKILL, with ${acknowledged} events acknowledged`),
    onProgress: (acknowledged) => progress.update(acknowledged),
  });
  progress.stop();
  const recovered = await recover({ ...placesIn(directory), mustExist: true });
  const state = stateOf(recovered);
  const proof = prove(state, runInMemory(openFlights(events), commitEvery));
  console.log(`\n${airportTable(state)}\n`);
  console.log(`${outcome.kills} kills; the state is ${holds(proof) ? "byte for byte" : "NOT"} that of a run without any.`);
  console.log(proofLine(proof));
  return proof;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const directory = await chooseDirectory(options);
  try {
    const proof = await run(options, directory);
    for (const difference of proof.differences.slice(0, DIFFERENCES_SHOWN)) console.error(`differs: ${difference}`);
    const more = proof.differences.length - DIFFERENCES_SHOWN;
    if (more > 0) console.error(`... and ${more} more`);
    return holds(proof) ? 0 : 1;
  } finally {
    if (options.keep) console.log(`kept: ${directory}`);
    else await rm(directory, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
