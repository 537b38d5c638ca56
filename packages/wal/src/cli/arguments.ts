import { parseArgs } from "node:util";

/** What the command line asks for. */
export type Invocation =
  | { readonly command: "help" | "version" }
  | { readonly command: "inspect" | "verify"; readonly directory: string; readonly json: boolean }
  | DumpInvocation;

export interface DumpInvocation {
  readonly command: "dump";
  readonly directory: string;
  readonly after: number | undefined;
  readonly limit: number;
  readonly unproven: boolean;
  readonly msgpack: boolean;
  readonly beyondDamage: "refuse" | "stop" | "salvage";
}

/** The command line makes no sense; the message says why in one line. */
export class UsageError extends Error {}

const LOOK = { json: { type: "boolean" } } as const;
const DUMP = {
  after: { type: "string" },
  limit: { type: "string" },
  unproven: { type: "boolean" },
  msgpack: { type: "boolean" },
  "on-damage": { type: "string" },
  salvage: { type: "boolean" },
} as const;
const COMMANDS = new Map<string, Readonly<Record<string, { readonly type: "boolean" | "string" }>>>([["inspect", LOOK], ["verify", LOOK], ["dump", DUMP]]);

type Given = ReadonlyMap<string, string | true>;

/** Throws `UsageError`. */
export function parseCommandLine(args: readonly string[]): Invocation {
  // Not strict, since a person who wrote `--after -1` is better served with what is wrong with -1.
  const known = { ...LOOK, ...DUMP, help: { type: "boolean", short: "h" }, version: { type: "boolean" } } as const;
  const { tokens } = parseArgs({ args: [...args], options: known, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string | true>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind === "option") given.set(token.name, token.value ?? true);
  }
  if (given.has("help")) return { command: "help" };
  if (given.has("version")) return { command: "version" };
  const [command, directory, ...more] = positionals;
  const options = COMMANDS.get(command ?? "");
  const names = [...COMMANDS.keys()].join(", ");
  if (command === undefined) throw new UsageError(`give a command: ${names}`);
  if (!options) throw new UsageError(`there is no command ${quote(command)}; the commands are ${names}`);
  requireOptions(command, options, given);
  if (!directory) throw new UsageError(`${command} needs the directory of a log`);
  if (more[0] !== undefined) throw new UsageError(`${command} takes one directory; ${quote(more[0])} is one too many`);
  if (command !== "dump") return { command: command as "inspect" | "verify", directory, json: given.has("json") };
  return {
    command,
    directory,
    after: wholeNumber(given, "after"),
    limit: wholeNumber(given, "limit") ?? Number.POSITIVE_INFINITY,
    unproven: given.has("unproven"),
    msgpack: given.has("msgpack"),
    beyondDamage: beyondDamage(given),
  };
}

const quote = (text: string): string => JSON.stringify(text);

function requireOptions(command: string, options: Readonly<Record<string, { readonly type: "boolean" | "string" }>>, given: Given): void {
  for (const [name, value] of given) {
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    const written = name.length === 1 ? `-${name}` : `--${name}`;
    if (!option) throw new UsageError(`${command} has no option ${written}`);
    if (option.type === "string" && value === true) throw new UsageError(`${written} needs a value`);
    if (option.type === "boolean" && value !== true) throw new UsageError(`${written} takes no value, and ${quote(value)} was given`);
  }
}

function wholeNumber(given: Given, name: string): number | undefined {
  const text = given.get(name);
  if (typeof text !== "string") return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new UsageError(`--${name} takes a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, not ${quote(text)}`);
}

function beyondDamage(given: Given): DumpInvocation["beyondDamage"] {
  const onDamage = given.get("on-damage");
  if (onDamage !== undefined && onDamage !== "stop" && onDamage !== "refuse") {
    throw new UsageError(`--on-damage takes "refuse" or "stop", not ${quote(String(onDamage))}`);
  }
  if (!given.has("salvage")) return onDamage ?? "refuse";
  if (onDamage !== undefined) throw new UsageError("--on-damage and --salvage exclude each other");
  return "salvage";
}
