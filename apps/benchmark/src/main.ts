import { runBenchmark } from "./benchmark.ts";
import { help, parseOptions } from "./options.ts";

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  if (options.help) process.stdout.write(help);
  else await runBenchmark(options);
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.exitCode = error instanceof TypeError ? 2 : 1;
  process.stderr.write(error instanceof TypeError ? `${error.message}\n\n${help}` : `${error instanceof Error ? error.stack : String(error)}\n`);
});
