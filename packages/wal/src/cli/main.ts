#!/usr/bin/env node
import { runCommandLine, type Streams } from "@laminar/disk/command-line";
import { isCorruption, isWalError } from "../wal-error.ts";
import { parseCommandLine, type WalInvocation } from "./arguments.ts";
import { dump } from "./dump-command.ts";
import { inspect } from "./inspect-command.ts";
import { optionsInWords } from "./layout.ts";
import { NAME } from "./name.ts";
import { USAGE } from "./usage.ts";
import { verify } from "./verify-command.ts";

async function run(invocation: WalInvocation, streams: Streams): Promise<number> {
  switch (invocation.command) {
    case "inspect":
      return inspect(invocation, streams);
    case "verify":
      return verify(invocation, streams);
    case "dump":
    default:
      return dump(invocation, streams);
  }
}

const inWords = (error: unknown): string | undefined => (isWalError(error) ? `${error.code}: ${optionsInWords(error.message)}` : undefined);

const manifest = new URL("../../package.json", import.meta.url).href;
process.exitCode = await runCommandLine({ name: NAME, manifest, usage: () => USAGE, parse: parseCommandLine, run, inWords, isCorruption }, process);
