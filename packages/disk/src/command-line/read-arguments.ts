import { parseArgs } from "node:util";
import { quote } from "./layout.ts";

/** The command line makes no sense; the message says why in one line. */
export class UsageError extends Error {}

/** An option of a command. */
export interface CommandOption {
  readonly type: "boolean" | "string";
  /** An empty value counts as none. */
  readonly neverEmpty?: true;
}

/** The options that each command has, in the order in which messages name the commands. */
export type Commands<Name extends string> = ReadonlyMap<Name, Readonly<Record<string, CommandOption>>>;

/** The options of a command line, `true` for those without a value. Of one that was given twice, the last. */
export type GivenOptions = ReadonlyMap<string, string | true>;

/** What every program answers by itself. */
export type Question<Name extends string> = { readonly command: "help"; readonly of: Name | undefined } | { readonly command: "version" };

/** A command, and only options that it has, each with a value if it takes one. */
export interface CommandCall<Name extends string> {
  readonly command: Name;
  readonly operands: readonly string[];
  readonly given: GivenOptions;
}

const QUESTIONS = { help: { type: "boolean", short: "h" }, version: { type: "boolean" } } as const;

/** Throws `UsageError`. `shownOption` is how the message shows an option that the command hasn't. */
export function readArguments<Name extends string>(args: readonly string[], commands: Commands<Name>, shownOption: (written: string) => string = quote): Question<Name> | CommandCall<Name> {
  const { positionals, given } = tokensOf(args, commands);
  const [named, ...operands] = positionals;
  const found = [...commands].find(([name]) => name === named);
  if (given.has("help")) return { command: "help", of: found?.[0] };
  if (given.has("version")) return { command: "version" };
  const names = [...commands.keys()].join(", ");
  if (named === undefined) throw new UsageError(`give a command: ${names}`);
  if (!found) throw new UsageError(`there is no command ${quote(named)}; the commands are ${names}`);
  const [command, options] = found;
  for (const [name, value] of given) {
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    const written = name.length === 1 ? `-${name}` : `--${name}`;
    if (!option) throw new UsageError(`${command} has no option ${shownOption(written)}`);
    requireValue(option, written, value);
  }
  return { command, operands, given };
}

function tokensOf(args: readonly string[], commands: Commands<string>): { readonly positionals: readonly string[]; readonly given: GivenOptions } {
  const options = Object.fromEntries([...commands.values(), QUESTIONS].flatMap((some) => Object.entries<CommandOption>(some)));
  // Not strict, since a person who wrote `--after -1` is better served with what is wrong with -1.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string | true>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind === "option") given.set(token.name, token.value ?? true);
  }
  return { positionals, given };
}

function requireValue({ type, neverEmpty }: CommandOption, written: string, value: string | true): void {
  if (type === "string" && (value === true || (neverEmpty && value === ""))) throw new UsageError(`${written} needs a value`);
  if (type === "boolean" && value !== true) throw new UsageError(`${written} takes no value, and ${quote(value)} was given`);
}

/** The only operand: a directory. `what` says of what. Throws `UsageError`. */
export function oneDirectory({ command, operands: [directory, excess] }: CommandCall<string>, what: string): string {
  if (!directory) throw new UsageError(`${command} needs the directory ${what}`);
  if (excess !== undefined) throw new UsageError(`${command} takes one directory; ${quote(excess)} is one too many`);
  return directory;
}

/** The value of an option. */
export function textOf(given: GivenOptions, name: string): string | undefined {
  const value = given.get(name);
  return typeof value === "string" ? value : undefined;
}

/** The value of an option that takes whole numbers from `least` on. `what` names them. Throws `UsageError`. */
export function wholeNumberOf(given: GivenOptions, name: string, { what, least }: { readonly what: string; readonly least: number }): number | undefined {
  const text = textOf(given, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new UsageError(`--${name} takes ${what} from ${least} to ${Number.MAX_SAFE_INTEGER}, not ${quote(text)}`);
}

/** The value of an option that takes one of some words. Throws `UsageError`. */
export function oneWordOf<Word extends string>(given: GivenOptions, name: string, words: readonly Word[]): Word | undefined {
  const text = textOf(given, name);
  const word = words.find((one) => one === text);
  if (text !== undefined && word === undefined) throw new UsageError(`--${name} takes ${words.map(quote).join(" or ")}, not ${quote(text)}`);
  return word;
}
