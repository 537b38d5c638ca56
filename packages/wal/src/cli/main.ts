#!/usr/bin/env node
import { createRequire } from "node:module";
import { isCorruption, isWalError } from "../wal-error.ts";
import { type Invocation, parseCommandLine, UsageError } from "./arguments.ts";
import { dump } from "./dump-command.ts";
import { DAMAGED, FINE, NOT_READ, WRONG_ARGUMENTS } from "./exit-codes.ts";
import { inspect } from "./inspect-command.ts";
import { optionsInWords } from "./layout.ts";
import { OutputError, print } from "./print.ts";
import { complain, printError, type Streams } from "./streams.ts";
import { USAGE } from "./usage.ts";
import { verify } from "./verify-command.ts";

async function run(invocation: Invocation, streams: Streams): Promise<number> {
  switch (invocation.command) {
    case "help":
      await print(streams.stdout, USAGE);
      return FINE;
    case "version":
      await print(streams.stdout, `${version()}\n`);
      return FINE;
    case "inspect":
      return inspect(invocation, streams);
    case "verify":
      return verify(invocation, streams);
    case "dump":
    default:
      return dump(invocation, streams);
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
    await complain(streams, `${error.message} (laminar-wal --help shows the usage)`);
    return WRONG_ARGUMENTS;
  }
  if (!isWalError(error)) {
    // Not foreseen, so that the way to it matters.
    await complain(streams, error instanceof Error ? String(error.stack) : String(error));
    return NOT_READ;
  }
  await complain(streams, `${error.code}: ${optionsInWords(error.message)}`);
  return isCorruption(error) ? DAMAGED : NOT_READ;
}

// Each write gives its error to whoever waits for it; a stream without a listener would end the process first.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
process.exitCode = await main(process.argv.slice(2), process);
