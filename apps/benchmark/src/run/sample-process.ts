import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { allPeers } from "../peers/peers.ts";
import type { Sample } from "../row.ts";
import { rows } from "../rows/rows.ts";
import { warmUp } from "../settings.ts";
import { Work } from "../work.ts";
import type { Answer, Job } from "./job.ts";

/*
 * A process for one sample: no contestant finds another one's garbage, or code that another one has made hot. Its argument is a job,
 * its message the answer.
 */

async function doJob({ step, row, contestant, settings, directory }: Job): Promise<Sample | undefined> {
  const found = rows.find(({ name }) => name === row);
  const chosen = found?.contestants(allPeers(settings)).find(({ name }) => name === contestant);
  if (found === undefined || chosen === undefined) throw new Error(`there is no ${contestant} in ${row}`);
  const work = new Work(settings);
  if (step === "prepare") return chosen.prepare?.(directory, work).then(() => undefined);
  if (found.start === "warm") {
    const warm = join(directory, "warm");
    await mkdir(warm);
    const small = await chosen.run(warm, new Work(warmUp(settings)));
    if (step === "run and verify") await small.verify();
    await rm(warm, { recursive: true });
  }
  const { sample, verify } = await chosen.run(directory, work);
  if (step === "run and verify") await verify();
  return sample;
}

async function answer(): Promise<Answer> {
  try {
    return { sample: await doJob(JSON.parse(process.argv[2] ?? "") as Job) };
  } catch (error) {
    return { problem: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

// Whatever a peer has left open ends with the process.
const message = await answer();
process.send?.(message, () => process.exit());
