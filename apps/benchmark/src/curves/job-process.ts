import { jobs } from "./jobs.ts";

/** A job's name and its input as JSON come in as arguments; its result goes out as JSON. */
async function main(name: string | undefined, input: string | undefined): Promise<void> {
  const job = Object.entries(jobs).find(([known]) => known === name)?.[1] as ((given: unknown) => Promise<unknown>) | undefined;
  if (!job || input === undefined) throw new TypeError(`no job ${name}`);
  // A job that only does something gives nothing, which JSON can't say.
  process.stdout.write(JSON.stringify((await job(JSON.parse(input))) ?? null));
}

await main(process.argv[2], process.argv[3]);
