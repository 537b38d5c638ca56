#!/usr/bin/env node
import { runCommandLine, type Streams } from "@laminar/disk/command-line";
import { isCheckpointError, isCorruption } from "../checkpoint-error.ts";
import { fileCheckpointStore } from "../file-checkpoint-store.ts";
import { type LookInvocation, parseCommandLine } from "./arguments.ts";
import { list } from "./list-command.ts";
import { NAME } from "./name.ts";
import { show } from "./show-command.ts";
import { USAGE, USAGE_OF } from "./usage.ts";
import { verify } from "./verify-command.ts";

const RUN = { list, verify, show };

const run = (invocation: LookInvocation, streams: Streams): Promise<number> => RUN[invocation.command](invocation, fileCheckpointStore(invocation.directory), streams);

const inWords = (error: unknown): string | undefined => (isCheckpointError(error) ? `${error.code}: ${error.message}` : undefined);

const manifest = new URL("../../package.json", import.meta.url).href;
process.exitCode = await runCommandLine({ name: NAME, manifest, usage: (of) => (of ? USAGE_OF[of] : USAGE), parse: parseCommandLine, run, inWords, isCorruption }, process);
