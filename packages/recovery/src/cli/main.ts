#!/usr/bin/env node
import { createRequire } from "node:module";
import { isCorruption } from "../core/recovery-error.ts";
import { type Invocation, parseCommandLine, UsageError } from "./arguments.ts";
import { DAMAGED, FINE, NOT_READ, WRONG_ARGUMENTS } from "./exit-codes.ts";
import { findingInWords, isFinding } from "./finding.ts";
import { complain, OutputError, print, printError, type Streams } from "./output.ts";
import { plan } from "./plan-command.ts";
import { recoverAndPrint } from "./recover-command.ts";
import { report } from "./report-command.ts";
import { USAGE, USAGE_OF } from "./usage.ts";

async function run(invocation: Invocation, streams: Streams): Promise<number> {
  switch (invocation.command) {
    case "help":
      await print(streams.stdout, invocation.of ? USAGE_OF[invocation.of] : USAGE);
      return FINE;
    case "version":
      await print(streams.stdout, `${version()}\n`);
      return FINE;
    case "plan":
      return plan(invocation, streams);
    case "report":
      return report(invocation, streams);
    case "recover":
    default:
      return recoverAndPrint(invocation, streams);
  }
}

function version(): string {
  const manifest = createRequire(import.meta.url)("../../package.json") as { readonly version: string };
  return manifest.version;
}

async function main(args: readonly string[], streams: Streams): Promise<number> {
  try {
    if (args.length === 0) {
      await printError(streams, USAGE);
      return WRONG_ARGUMENTS;
    }
    return await run(parseCommandLine(args), streams);
  } catch (error) {
    return explain(error, streams);
  }
}

async function explain(error: unknown, streams: Streams): Promise<number> {
  if (error instanceof OutputError) {
    if (error.readerGone) return FINE;
    await complain(streams, error.message);
    return NOT_READ;
  }
  if (error instanceof UsageError) {
    await complain(streams, `${error.message} (laminar-recovery --help shows the usage)`);
    return WRONG_ARGUMENTS;
  }
  if (!isFinding(error)) {
    // Not foreseen, so that the way to it matters.
    await printError(streams, `laminar-recovery: ${error instanceof Error ? String(error.stack) : String(error)}\n`);
    return NOT_READ;
  }
  await complain(streams, findingInWords(error));
  return isCorruption(error) ? DAMAGED : NOT_READ;
}

// Each write gives its error to whoever waits for it; a stream without a listener would end the process first.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
process.exitCode = await main(process.argv.slice(2), process);
