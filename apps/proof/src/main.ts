import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { rows } from "./rows.ts";
import type { Row } from "./row.ts";
import { type Done, type Job, runJobs } from "./run-jobs.ts";
import { detailsOf, isGood, resultOf, tableOf } from "./table.ts";

const usage = `proof [--row N]… [--json FILE] [--size check|proof] [--seed N]

Runs the rows of the fault model and prints one table. Exits with 1 below a goal or with any violation, with 2 for wrong options.
  --row N       only this row, and others that are named (by number or a part of the title)
  --json FILE   writes the same as JSON, beside
  --size check  the short part that "check" runs
  --seed N      the first seed of what is random, 1 if not given`;

function chosen(names: readonly string[]): readonly Row[] {
  if (names.length === 0) return rows;
  const unknown = names.find((name) => !rows.some((row) => isNamedBy(row, name)));
  if (unknown !== undefined) throw new Error(`--row: there is no row ${JSON.stringify(unknown)}; there are ${rows.map(({ number, title }) => (number === undefined ? title : String(number))).join(", ")}`);
  return rows.filter((row) => names.some((name) => isNamedBy(row, name)));
}

const isNamedBy = ({ number, title }: Row, name: string): boolean => name === String(number) || (!/^\d+$/.test(name) && title.includes(name));

function jobsOf(chosenRows: readonly Row[], size: "check" | "proof", seed: number): readonly Job[] {
  const jobs = chosenRows.flatMap((row) => row.parts.map((part) => ({ row, part, size, seed, goal: part.goal === "all" ? Infinity : part.goal[size] }))).filter(({ goal }) => goal > 0);
  return jobs.sort((one, other) => other.part.seconds - one.part.seconds);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { row: { type: "string", multiple: true, default: [] }, json: { type: "string" }, size: { type: "string", default: "proof" }, seed: { type: "string", default: "1" }, help: { type: "boolean", short: "h" } },
  });
  const { size } = values;
  const seed = Number(values.seed);
  const chosenRows = chosen(values.row);
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  if (size !== "check" && size !== "proof") throw new Error(`--size takes check or proof, not ${JSON.stringify(size)}`);
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed takes a whole number, not ${JSON.stringify(values.seed)}`);
  const jobs = jobsOf(chosenRows, size, seed);
  if (jobs.length === 0) throw new Error(`${size} has no part of what was chosen`);
  const done: Done[] = [];
  for await (const one of runJobs(jobs, availableParallelism())) {
    done.push(one);
    const { job, outcome, seconds } = one;
    console.log(`${job.row.title}, ${job.part.name}: ${outcome.reached} ${job.row.unit}, ${outcome.violations.length} violations, ${seconds.toFixed(1)} s`);
  }
  const ofRow = (row: Row): readonly Done[] => done.filter(({ job }) => job.row === row);
  // A row of which nothing was done has no result.
  const results = chosenRows.filter((row) => ofRow(row).length > 0).map((row) => resultOf(row, ofRow(row)));
  console.log(`\n${results.map(detailsOf).join("\n")}\n\n${tableOf(results)}`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ size, seed, rows: results }, undefined, 2)}\n`);
  return results.every(isGood) ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(`${error instanceof Error ? error.message : String(error)}\nTry --help.`);
  return 2;
});
