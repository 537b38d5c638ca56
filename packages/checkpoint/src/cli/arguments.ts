import { parseArgs } from "node:util";
import { quote } from "./layout.ts";

export type CommandName = "list" | "verify" | "show";

/** What the command line asks for. */
export type Invocation =
  | { readonly command: "help"; readonly of: CommandName | undefined }
  | { readonly command: "version" }
  | LookInvocation;

export interface LookInvocation {
  readonly command: CommandName;
  readonly directory: string;
  readonly json: boolean;
  readonly id: number | undefined;
}

/** The command line makes no sense; the message says why in one line. */
export class UsageError extends Error {}

interface Option {
  readonly type: "boolean" | "string";
}

const LIST = { json: { type: "boolean" } } as const;
const ONE = { ...LIST, id: { type: "string" } } as const;
const COMMANDS = new Map<CommandName, ReadonlyMap<string, Option>>([
  ["list", new Map(Object.entries(LIST))],
  ["verify", new Map(Object.entries(ONE))],
  ["show", new Map(Object.entries(ONE))],
]);

type Given = ReadonlyMap<string, string | true>;

/** Throws `UsageError`. */
export function parseCommandLine(args: readonly string[]): Invocation {
  // Not strict, since a person who wrote `--id -1` is better served with what is wrong with -1.
  const known = { ...ONE, help: { type: "boolean", short: "h" }, version: { type: "boolean" } } as const;
  const { tokens } = parseArgs({ args: [...args], options: known, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string | true>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind === "option") given.set(token.name, token.value ?? true);
  }
  const [named, directory, ...more] = positionals;
  const command = [...COMMANDS.keys()].find((name) => name === named);
  if (given.has("help")) return { command: "help", of: command };
  if (given.has("version")) return { command: "version" };
  const names = [...COMMANDS.keys()].join(", ");
  if (named === undefined) throw new UsageError(`give a command: ${names}`);
  if (command === undefined) throw new UsageError(`there is no command ${quote(named)}; the commands are ${names}`);
  requireOptions(command, given);
  if (!directory) throw new UsageError(`${command} needs the directory that holds the checkpoints`);
  if (more[0] !== undefined) throw new UsageError(`${command} takes one directory; ${quote(more[0])} is one too many`);
  return { command, directory, json: given.has("json"), id: idOf(given) };
}

function requireOptions(command: CommandName, given: Given): void {
  for (const [name, value] of given) {
    const option = COMMANDS.get(command)?.get(name);
    const written = name.length === 1 ? `-${name}` : `--${name}`;
    if (!option) throw new UsageError(`${command} has no option ${quote(written)}`);
    if (option.type === "string" && value === true) throw new UsageError(`${written} needs a value`);
    if (option.type === "boolean" && value !== true) throw new UsageError(`${written} takes no value, and ${quote(value)} was given`);
  }
}

function idOf(given: Given): number | undefined {
  const text = given.get("id");
  if (typeof text !== "string") return undefined;
  const id = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(id) && id > 0) return id;
  throw new UsageError(`--id takes the number of a checkpoint, from 1 to ${Number.MAX_SAFE_INTEGER}, not ${quote(text)}`);
}
