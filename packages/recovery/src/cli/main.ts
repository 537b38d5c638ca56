#!/usr/bin/env node
import { runCommandLine, type Streams } from "@laminar/disk/command-line";
import { isCorruption } from "../core/recovery-error.ts";
import { parseCommandLine, type RecoveryInvocation } from "./arguments.ts";
import { findingInWords, isFinding } from "./finding.ts";
import { NAME } from "./name.ts";
import { plan } from "./plan-command.ts";
import { recoverAndPrint } from "./recover-command.ts";
import { report } from "./report-command.ts";
import { USAGE, USAGE_OF } from "./usage.ts";

async function run(invocation: RecoveryInvocation, streams: Streams): Promise<number> {
  switch (invocation.command) {
    case "plan":
      return plan(invocation, streams);
    case "report":
      return report(invocation, streams);
    case "recover":
    default:
      return recoverAndPrint(invocation, streams);
  }
}

const inWords = (error: unknown): string | undefined => (isFinding(error) ? findingInWords(error) : undefined);

const manifest = new URL("../../package.json", import.meta.url).href;
process.exitCode = await runCommandLine({ name: NAME, manifest, usage: (of) => (of ? USAGE_OF[of] : USAGE), parse: parseCommandLine, run, inWords, isCorruption }, process);
