import { type Commands, type GivenOptions, oneDirectory, oneWordOf, type Question, readArguments, UsageError, wholeNumberOf } from "@laminar/disk/command-line";

type CommandName = WalInvocation["command"];

/** A command on a log. */
export type WalInvocation = LookInvocation | DumpInvocation;

export interface LookInvocation {
  readonly command: "inspect" | "verify";
  readonly directory: string;
  readonly json: boolean;
}

export interface DumpInvocation {
  readonly command: "dump";
  readonly directory: string;
  readonly after: number | undefined;
  readonly limit: number;
  readonly unproven: boolean;
  readonly msgpack: boolean;
  readonly beyondDamage: "refuse" | "stop" | "salvage";
}

const LOOK = { json: { type: "boolean" } } as const;
const DUMP = {
  after: { type: "string" },
  limit: { type: "string" },
  unproven: { type: "boolean" },
  msgpack: { type: "boolean" },
  "on-damage": { type: "string" },
  salvage: { type: "boolean" },
} as const;
const COMMANDS: Commands<CommandName> = new Map<CommandName, typeof LOOK | typeof DUMP>([["inspect", LOOK], ["verify", LOOK], ["dump", DUMP]]);

const ANY_NUMBER = { what: "a whole number", least: 0 };

/** Throws `UsageError`. */
export function parseCommandLine(args: readonly string[]): Question<CommandName> | WalInvocation {
  const call = readArguments(args, COMMANDS, (option) => option);
  if (call.command === "help" || call.command === "version") return call;
  const { command, given } = call;
  const directory = oneDirectory(call, "of a log");
  if (command !== "dump") return { command, directory, json: given.has("json") };
  return {
    command,
    directory,
    after: wholeNumberOf(given, "after", ANY_NUMBER),
    limit: wholeNumberOf(given, "limit", ANY_NUMBER) ?? Number.POSITIVE_INFINITY,
    unproven: given.has("unproven"),
    msgpack: given.has("msgpack"),
    beyondDamage: beyondDamage(given),
  };
}

function beyondDamage(given: GivenOptions): DumpInvocation["beyondDamage"] {
  const onDamage = oneWordOf(given, "on-damage", ["refuse", "stop"]);
  if (!given.has("salvage")) return onDamage ?? "refuse";
  if (onDamage !== undefined) throw new UsageError("--on-damage and --salvage exclude each other");
  return "salvage";
}
