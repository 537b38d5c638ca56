import { cpus, tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { budgetHelp, budgetOptions } from "./budgets/budget-options.ts";
import { runBudgets } from "./budgets/run-budgets.ts";
import { curveHelp, curveOptions } from "./curves/curve-options.ts";
import { runCurves } from "./curves/run-curves.ts";
import { appendMeasures, commitMeasures, createWork } from "./measures.ts";
import { formatRows, runRounds } from "./rounds.ts";

const help = `Measures the log beside the same work written by hand: everything in turn, round by round, medians.

  --rounds N      rounds that count, after one that warms up (default 5)
  --entries N     entries of the append rows (default 1000000)
  --commit-ms N   how long the committers of one measurement work (default 1000)
  --dir PATH      the disk that is measured (default: the directory for temporary files)
`;

function whole(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) throw new TypeError(`a whole number above 0 is wanted, not "${value}"`);
  return number;
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes("--budgets")) {
    if (args.includes("--help")) return void process.stdout.write(budgetHelp);
    if (!runBudgets(budgetOptions(args))) process.exitCode = 1;
    return;
  }
  if (args.includes("--curves")) return args.includes("--help") ? void process.stdout.write(curveHelp) : runCurves(curveOptions(args));
  const text = { type: "string" } as const;
  const options = { rounds: { ...text, default: "5" }, entries: { ...text, default: "1000000" }, "commit-ms": { ...text, default: "1000" }, dir: { ...text, default: tmpdir() }, help: { type: "boolean" } } as const;
  // pnpm hands the separator on with what follows it.
  const { values } = parseArgs({ args: args.filter((arg) => arg !== "--"), options });
  if (values.help) return void process.stdout.write(help);
  const rounds = whole(values.rounds);
  const { keys, value } = createWork(whole(values.entries));
  const rows = await runRounds([...appendMeasures(keys, value), ...commitMeasures(keys, value, whole(values["commit-ms"]))], rounds, values.dir);
  const machine = `Node.js ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}, ${values.dir}`;
  process.stdout.write(`${machine}; keys of 16 bytes, values of 100; medians of ${rounds} rounds\n${formatRows(rows)}\n`);
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.exitCode = error instanceof TypeError ? 2 : 1;
  process.stderr.write(error instanceof TypeError ? `${error.message}\n\n${help}` : `${error instanceof Error ? error.stack : String(error)}\n`);
});
