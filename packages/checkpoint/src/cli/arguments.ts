import { type Commands, oneDirectory, type Question, readArguments, wholeNumberOf } from "@laminar/disk/command-line";

export type CommandName = "list" | "verify" | "show";

/** A look at checkpoints. */
export interface LookInvocation {
  readonly command: CommandName;
  readonly directory: string;
  readonly json: boolean;
  readonly id: number | undefined;
}

const LIST = { json: { type: "boolean" } } as const;
const ONE = { ...LIST, id: { type: "string" } } as const;
const COMMANDS: Commands<CommandName> = new Map<CommandName, typeof LIST | typeof ONE>([["list", LIST], ["verify", ONE], ["show", ONE]]);

/** Throws `UsageError`. */
export function parseCommandLine(args: readonly string[]): Question<CommandName> | LookInvocation {
  const call = readArguments(args, COMMANDS);
  if (call.command === "help" || call.command === "version") return call;
  const { command, given } = call;
  const directory = oneDirectory(call, "that holds the checkpoints");
  return { command, directory, json: given.has("json"), id: wholeNumberOf(given, "id", { what: "the number of a checkpoint,", least: 1 }) };
}
