import { runChild } from "./child.ts";
import { runDemo } from "./demo.ts";
import { type DemoOptions, help, parseOptions, UsageError } from "./options.ts";
import { openWorkingDirectory } from "./working-directory.ts";

/** Only for the test that sees the demo fail: `1` makes one commit leave out the place in the input. */
const forgetOffsetOnceVariable = "LAMINAR_DEMO_FORGET_OFFSET_ONCE";

const exitStatus = { asExpected: 0, different: 1, usage: 2, interrupted: 130 } as const;

class Interrupted extends Error {
  override readonly name = "Interrupted";
}

async function runOnce(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const directory = await openWorkingDirectory(options.directory);
  let keep = options.keep;
  try {
    const forgetOffsetOnce = process.env[forgetOffsetOnceVariable] === "1";
    const asExpected = await runDemo({ ...options, directory: directory.path, forgetOffsetOnce }, process.stdout, signal);
    keep ||= !asExpected;
    return asExpected ? exitStatus.asExpected : exitStatus.different;
  } catch (error) {
    keep ||= !(error instanceof Interrupted);
    throw error;
  } finally {
    if (keep) process.stdout.write(`\nlog and checkpoints are kept in ${directory.path}\n`);
    else await directory.remove();
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(help);
    return exitStatus.asExpected;
  }
  const interruption = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interruption.abort(new Interrupted(name)));
  // Who reads along may stop reading (`demo | head`), which is not a failure of anything.
  process.stdout.on("error", () => interruption.abort(new Interrupted("stdout")));
  return runOnce(options, interruption.signal);
}

function report(error: unknown): number {
  if (error instanceof Interrupted) return exitStatus.interrupted;
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\nTry --help.\n`);
    return exitStatus.usage;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return exitStatus.different;
}

const [first, ...rest] = process.argv.slice(2);
process.exitCode =
  first === "--child"
    ? await runChild(rest[0]).then(() => exitStatus.asExpected, report)
    : await main(process.argv.slice(2)).catch(report);
