import { readFileSync } from "node:fs";
import { DAMAGED, FINE, NOT_READ, WRONG_ARGUMENTS } from "./exit-codes.ts";
import { complain, OutputError, print, printError, type Streams } from "./output.ts";
import { type Question, UsageError } from "./read-arguments.ts";

/** A program of commands. */
export interface CommandLine<Name extends string, Invocation extends { readonly command: Name }> {
  /** What its user types, and what its lines on stderr begin with. */
  readonly name: string;
  /** The URL of the package.json that has its version. */
  readonly manifest: string;
  /** The usage of a command, or of all of them. */
  usage(of: Name | undefined): string;
  /** Throws `UsageError`. */
  parse(args: readonly string[]): Question<Name> | Invocation;
  /** Resolves to the exit code. */
  run(invocation: Invocation, streams: Streams): Promise<number>;
  /** An error that the program foresees, as one line; `undefined` for any other. */
  inWords(error: unknown): string | undefined;
  /** Whether an error that the program foresees says that there is damage. */
  isCorruption(error: unknown): boolean;
}

/** As much of `process` as a program uses. */
export interface CommandProcess extends Streams {
  /** The runtime, the program, and what its user gave it. */
  readonly argv: readonly string[];
}

/** Does what the command line asks for; resolves to the exit code, whatever happens. */
export async function runCommandLine<Name extends string, Invocation extends { readonly command: Name }>(
  program: CommandLine<Name, Invocation>,
  { argv, stdout, stderr }: CommandProcess,
): Promise<number> {
  const streams = { stdout, stderr };
  // Each write gives its error to whoever waits for it; a stream without a listener would end the process first.
  for (const stream of [stdout, stderr]) stream.on("error", () => undefined);
  const args = argv.slice(2);
  try {
    if (args.length === 0) {
      await printError(streams, program.usage(undefined));
      return WRONG_ARGUMENTS;
    }
    const invocation = program.parse(args);
    if (!isQuestion(invocation)) return await program.run(invocation, streams);
    await print(stdout, answerOf(invocation, program));
    return FINE;
  } catch (error) {
    return explain(error, program, streams);
  }
}

function isQuestion<Name extends string>(invocation: Question<Name> | { readonly command: Name }): invocation is Question<Name> {
  return invocation.command === "help" || invocation.command === "version";
}

function answerOf<Name extends string>(question: Question<Name>, { usage, manifest }: Pick<CommandLine<Name, never>, "usage" | "manifest">): string {
  return question.command === "help" ? usage(question.of) : `${versionIn(manifest)}\n`;
}

function versionIn(manifest: string): string {
  return (JSON.parse(readFileSync(new URL(manifest), "utf8")) as { readonly version: string }).version;
}

type Explainer = Pick<CommandLine<never, never>, "name" | "inWords" | "isCorruption">;

async function explain(error: unknown, program: Explainer, streams: Streams): Promise<number> {
  const { name } = program;
  if (error instanceof OutputError) {
    if (error.readerGone) return FINE;
    await complain(name, streams, error.message);
    return NOT_READ;
  }
  if (error instanceof UsageError) {
    await complain(name, streams, `${error.message} (${name} --help shows the usage)`);
    return WRONG_ARGUMENTS;
  }
  const words = program.inWords(error);
  if (words === undefined) {
    // Not foreseen, so that the way to it matters.
    await printError(streams, `${name}: ${error instanceof Error ? String(error.stack) : String(error)}\n`);
    return NOT_READ;
  }
  await complain(name, streams, words);
  return program.isCorruption(error) ? DAMAGED : NOT_READ;
}
