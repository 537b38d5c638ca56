import { runBenchmark } from "./benchmark.ts";
import { help, parseOptions } from "./options.ts";

type Mode = (args: readonly string[]) => Promise<boolean>;

const measureRows: Mode = async (args) => {
  const options = parseOptions(args);
  if (!options.help) return runBenchmark(options);
  process.stdout.write(help);
  return true;
};

/** What the first argument may ask for instead; each takes the arguments after it and says whether all went well. */
const modes: ReadonlyMap<string, Mode> = new Map();

/** Wrong options end with 2, a contestant that failed with 1. A goal that isn't met is a result. */
async function main(): Promise<number> {
  // pnpm hands the separator on with what follows it.
  const args = process.argv.slice(2).filter((arg) => arg !== "--");
  const [first = "", ...rest] = args;
  const mode = modes.get(first);
  return (await (mode === undefined ? measureRows(args) : mode(rest))) ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  const isWrongUse = error instanceof TypeError;
  process.stderr.write(isWrongUse ? `${error.message}\n\n${help}` : `${error instanceof Error ? error.stack : String(error)}\n`);
  return isWrongUse ? 2 : 1;
});
