#!/usr/bin/env node
import { createRequire } from "node:module";
import { isCheckpointError, isCorruption } from "../checkpoint-error.ts";
import { fileCheckpointStore } from "../file-checkpoint-store.ts";
import { type Invocation, parseCommandLine, UsageError } from "./arguments.ts";
import { DAMAGED, FINE, NOT_READ, WRONG_ARGUMENTS } from "./exit-codes.ts";
import { list } from "./list-command.ts";
import { complain, OutputError, print, printError, type Streams } from "./output.ts";
import { show } from "./show-command.ts";
import { USAGE, USAGE_OF } from "./usage.ts";
import { verify } from "./verify-command.ts";

async function run(invocation: Invocation, streams: Streams): Promise<number> {
  switch (invocation.command) {
    case "help":
      await print(streams.stdout, invocation.of ? USAGE_OF[invocation.of] : USAGE);
      return FINE;
    case "version":
      await print(streams.stdout, `${version()}\n`);
      return FINE;
    case "list":
      return list(invocation, fileCheckpointStore(invocation.directory), streams);
    case "verify":
      return verify(invocation, fileCheckpointStore(invocation.directory), streams);
    case "show":
    default:
      return show(invocation, fileCheckpointStore(invocation.directory), streams);
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
    await complain(streams, `${error.message} (laminar-checkpoint --help shows the usage)`);
    return WRONG_ARGUMENTS;
  }
  if (!isCheckpointError(error)) {
    // Not foreseen, so that the way to it matters.
    await printError(streams, `laminar-checkpoint: ${error instanceof Error ? String(error.stack) : String(error)}\n`);
    return NOT_READ;
  }
  await complain(streams, `${error.code}: ${error.message}`);
  return isCorruption(error) ? DAMAGED : NOT_READ;
}

// Each write gives its error to whoever waits for it; a stream without a listener would end the process first.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
process.exitCode = await main(process.argv.slice(2), process);
