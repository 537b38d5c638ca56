import { runBenchmark } from "./benchmark.ts";
import { budgetHelp, budgetOptions } from "./budgets/budget-options.ts";
import { runBudgets } from "./budgets/run-budgets.ts";
import { curveHelp, curveOptions } from "./curves/curve-options.ts";
import { runCurves } from "./curves/run-curves.ts";
import { Interrupted } from "./interruption.ts";
import { help, parseOptions } from "./options.ts";

type Mode = (args: readonly string[]) => Promise<boolean>;

const measureRows: Mode = async (args) => {
  const options = parseOptions(args);
  if (!options.help) return runBenchmark(options);
  process.stdout.write(help);
  return true;
};

const drawCurves: Mode = async (args) => {
  if (args.includes("--help")) process.stdout.write(curveHelp);
  else await runCurves(curveOptions(args));
  return true;
};

const compareBudgets: Mode = async (args) => {
  if (!args.includes("--help")) return runBudgets(budgetOptions(args));
  process.stdout.write(budgetHelp);
  return true;
};

/** The argument that asks for something else than the rows; each says whether all went well. */
const modes: ReadonlyMap<string, Mode> = new Map([
  ["--curves", drawCurves],
  ["--budgets", compareBudgets],
]);

/** Wrong options end with 2, a contestant that failed with 1. A goal that isn't met is a result. */
async function main(): Promise<number> {
  // pnpm hands the separator on with what follows it.
  const args = process.argv.slice(2).filter((arg) => arg !== "--");
  const mode = args.map((arg) => modes.get(arg)).find((found) => found !== undefined) ?? measureRows;
  return (await mode(args)) ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  // Whoever started it sees by which signal it ended.
  if (error instanceof Interrupted) process.kill(process.pid, error.signal);
  const isWrongUse = error instanceof TypeError;
  process.stderr.write(isWrongUse ? `${error.message}\nTry --help.\n` : `${error instanceof Error ? error.stack : String(error)}\n`);
  return isWrongUse ? 2 : 1;
});
