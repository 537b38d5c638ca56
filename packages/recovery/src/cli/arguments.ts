import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Until } from "../core/recovery-plan.ts";
import { quote } from "./layout.ts";
import { VALUE_FORMS, type ValueForm } from "./state-line.ts";

export type CommandName = "plan" | "recover" | "report";

/** What the command line asks for. */
export type Invocation =
  | { readonly command: "help"; readonly of: CommandName | undefined }
  | { readonly command: "version" }
  | RecoverInvocation
  | LookInvocation;

export interface LookInvocation {
  readonly command: "plan" | "report";
  readonly asked: Asked;
  readonly json: boolean;
}

export interface RecoverInvocation {
  readonly command: "recover";
  readonly asked: Asked;
  readonly values: ValueForm;
}

/** The recovery that is asked for, in the terms of `RecoveryConfig`. */
export interface Asked {
  readonly checkpointDir: string | undefined;
  readonly walDir: string | undefined;
  readonly until: Until | undefined;
  readonly replay: "committed" | "all";
  readonly onDamage: "refuse" | "stop";
  readonly acceptMissingLog: boolean;
  readonly mustExist: boolean;
}

/** The command line makes no sense; the message says why in one line. */
export class UsageError extends Error {}

interface Option {
  readonly type: "boolean" | "string";
}

const RECOVERY = {
  state: { type: "string" },
  checkpoints: { type: "string" },
  wal: { type: "string" },
  until: { type: "string" },
  "until-watermark": { type: "string" },
  replay: { type: "string" },
  "on-damage": { type: "string" },
  "accept-missing-log": { type: "boolean" },
  "must-exist": { type: "boolean" },
} as const;
const LOOK = { ...RECOVERY, json: { type: "boolean" } } as const;
const STATE = { ...RECOVERY, values: { type: "string" } } as const;
const COMMANDS = new Map<CommandName, ReadonlyMap<string, Option>>([
  ["plan", new Map(Object.entries(LOOK))],
  ["recover", new Map(Object.entries(STATE))],
  ["report", new Map(Object.entries(LOOK))],
]);

type Given = ReadonlyMap<string, string | true>;

/** Throws `UsageError`. */
export function parseCommandLine(args: readonly string[]): Invocation {
  // Not strict, since a person who wrote `--until -1` is better served with what is wrong with -1.
  const known = { ...LOOK, ...STATE, help: { type: "boolean", short: "h" }, version: { type: "boolean" } } as const;
  const { tokens } = parseArgs({ args: [...args], options: known, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string | true>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind === "option") given.set(token.name, token.value ?? true);
  }
  const [named, ...more] = positionals;
  const command = [...COMMANDS.keys()].find((name) => name === named);
  if (given.has("help")) return { command: "help", of: command };
  if (given.has("version")) return { command: "version" };
  const names = [...COMMANDS.keys()].join(", ");
  if (named === undefined) throw new UsageError(`give a command: ${names}`);
  if (command === undefined) throw new UsageError(`there is no command ${quote(named)}; the commands are ${names}`);
  requireOptions(command, given);
  if (more[0] !== undefined) throw new UsageError(`${quote(more[0])} is one word too many; places are given with --state, or with --checkpoints and --wal`);
  const asked = askedOf(command, given);
  if (command !== "recover") return { command, asked, json: given.has("json") };
  return { command, asked, values: oneOf(given, "values", VALUE_FORMS) ?? (given.has("state") ? "msgpack" : "text") };
}

function requireOptions(command: CommandName, given: Given): void {
  for (const [name, value] of given) {
    const option = COMMANDS.get(command)?.get(name);
    const written = name.length === 1 ? `-${name}` : `--${name}`;
    if (!option) throw new UsageError(`${command} has no option ${quote(written)}`);
    if (option.type === "string" && (value === true || value === "")) throw new UsageError(`${written} needs a value`);
    if (option.type === "boolean" && value !== true) throw new UsageError(`${written} takes no value, and ${quote(value)} was given`);
  }
}

function askedOf(command: CommandName, given: Given): Asked {
  return {
    ...placesOf(command, given),
    until: untilOf(given),
    replay: oneOf(given, "replay", ["committed", "all"]) ?? "committed",
    onDamage: oneOf(given, "on-damage", ["refuse", "stop"]) ?? "refuse",
    acceptMissingLog: given.has("accept-missing-log"),
    mustExist: given.has("must-exist"),
  };
}

function placesOf(command: CommandName, given: Given): Pick<Asked, "checkpointDir" | "walDir"> {
  const [state, checkpointDir, walDir] = [text(given, "state"), text(given, "checkpoints"), text(given, "wal")];
  if (state !== undefined) {
    if (checkpointDir !== undefined || walDir !== undefined) throw new UsageError("--state gives both places; leave out --checkpoints and --wal");
    return { checkpointDir: join(state, "checkpoints"), walDir: join(state, "log") };
  }
  if (checkpointDir === undefined && walDir === undefined) throw new UsageError(`${command} needs a place: --state, or --checkpoints and --wal, or one of the two`);
  return { checkpointDir, walDir };
}

const LEAST_WATERMARK = -(2n ** 63n);
const MOST_WATERMARK = 2n ** 64n - 1n;

function untilOf(given: Given): Until | undefined {
  const [lsn, watermark] = [text(given, "until"), text(given, "until-watermark")];
  if (lsn !== undefined && watermark !== undefined) throw new UsageError("--until and --until-watermark exclude each other");
  if (lsn !== undefined) {
    const number = Number(lsn);
    if (/^\d+$/.test(lsn) && Number.isSafeInteger(number)) return number;
    throw new UsageError(`--until takes the number of a record, from 0 to ${Number.MAX_SAFE_INTEGER}, not ${quote(lsn)}`);
  }
  if (watermark === undefined) return undefined;
  const number = /^-?\d{1,20}$/.test(watermark) ? BigInt(watermark) : undefined;
  if (number !== undefined && number >= LEAST_WATERMARK && number <= MOST_WATERMARK) return { watermark: number };
  throw new UsageError(`--until-watermark takes a whole number of 64 bits, not ${quote(watermark)}`);
}

function text(given: Given, name: string): string | undefined {
  const value = given.get(name);
  return typeof value === "string" ? value : undefined;
}

function oneOf<T extends string>(given: Given, name: string, words: readonly T[]): T | undefined {
  const value = text(given, name);
  const word = words.find((one) => one === value);
  if (value !== undefined && word === undefined) throw new UsageError(`--${name} takes ${words.map(quote).join(" or ")}, not ${quote(value)}`);
  return word;
}
