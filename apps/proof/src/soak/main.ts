import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { rows } from "../rows.ts";
import { type Job, runJobs } from "../run-jobs.ts";
import { SoakState } from "./soak-state.ts";

const usage = `soak --minutes N [--state DIRECTORY]

Runs the rows that have a goal for it, round after round with new seeds, and goes on where the last run ended. Exits with 1 when any
round of any run found a violation, with 2 for wrong options.
  --minutes N          begins no further round after so many minutes; a round takes a minute or two
  --state DIRECTORY    what all rounds have come to, "soak" if not given`;

/** A round reaches so much of what `proof` asks for. */
const shareOfRound = 1 / 20;

const soaked = rows.filter(({ soakGoal }) => soakGoal !== undefined);

/** Once more every part but those of which `proof` went through all there is. */
function roundOf(state: SoakState): readonly Job[] {
  return soaked.flatMap((row) =>
    row.parts.flatMap((part): Job[] => {
      if (part.goal === "all") return [];
      return [{ row, part, size: "soak", goal: Math.ceil(part.goal.proof * shareOfRound), seed: state.part({ row, part }).nextSeed }];
    }),
  );
}

function tableOf(state: SoakState): string {
  const table = new Table({ head: ["row", "what", "goal", "reached in all rounds", "done"], style: { head: [], border: [] }, colAligns: ["right", "left", "right", "right", "right"] });
  for (const row of soaked) {
    const [goal, reached] = [row.soakGoal ?? 0, state.reached(row)];
    table.push([row.number ?? "", `${row.title} (${row.unit})`, goal.toLocaleString("en-US"), reached.toLocaleString("en-US"), `${((100 * reached) / goal).toFixed(1)} %`]);
  }
  return table.toString();
}

async function soak(minutes: number, directory: string): Promise<number> {
  const state = await SoakState.open(directory);
  const deadline = performance.now() + minutes * 60_000;
  while (performance.now() < deadline) {
    for await (const done of runJobs(roundOf(state), availableParallelism())) {
      await state.add(done);
      const { job, outcome, seconds } = done;
      console.log(`${job.row.title}, ${job.part.name}, seed ${job.seed}: ${outcome.reached} ${job.row.unit}, ${outcome.violations.length} violations, ${seconds.toFixed(1)} s`);
      for (const violation of outcome.violations) console.log(violation.replace(/^/gm, "  "));
    }
    console.log(`\n${tableOf(state)}\n${state.violations.length} violations\n`);
  }
  return state.violations.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { minutes: { type: "string" }, state: { type: "string", default: "soak" }, help: { type: "boolean", short: "h" } } });
  const minutes = Number(values.minutes);
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  if (!(minutes > 0)) throw new Error(`--minutes takes a number above 0${values.minutes === undefined ? "" : `, not ${JSON.stringify(values.minutes)}`}`);
  return soak(minutes, values.state);
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(`${error instanceof Error ? error.message : String(error)}\nTry --help.`);
  return 2;
});
