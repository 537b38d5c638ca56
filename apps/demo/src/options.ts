import { parseArgs } from "node:util";

/** What was asked for can't be done as it was asked; the message is for the person who did. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface DemoOptions {
  readonly kills: number;
  readonly events: number;
  readonly commitEvery: number;
  readonly directory: string | undefined;
  readonly keep: boolean;
  readonly seed: number;
  readonly help: boolean;
}

const defaults = { kills: 5, events: 20_000, commitEvery: 100 } as const;

const seedsEnd = 0x1_0000_0000;

export const help: string = `Counts real flights, is killed with SIGKILL again and again, and proves that every flight was counted once.

The working process keeps its counts in a state of openDurableState: it stages what a flight changes, and each commit makes a
group of flights durable together with its place in the input, whole or not at all. After a kill the next process opens the
same directory and goes on from there. In the end another recovery reads what is on disk, and compares it with a run in memory.

Usage: demo [options]

  --kills N          how often the working process is killed (default ${defaults.kills})
  --events N         how many flights to count; above 20000 the input is repeated (default ${defaults.events})
  --commit-every N   flights per commit (default ${defaults.commitEvery})
  --dir PATH         where log and checkpoints are put: a directory that is empty or not there yet (default: a temporary one)
  --keep             keep the directory, and say where it is
  --seed N           makes the same random choices again; when exactly a kill strikes stays up to the machine
  --help             this text

Exit status: 0 when the state is byte for byte that of a run that nobody killed, 1 when it is not, 2 for wrong options.
`;

function whole(option: string, value: string | undefined, otherwise: number, min: number, max: number): number {
  if (value === undefined) return otherwise;
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`--${option} takes a whole number from ${min} to ${max}, not "${value}"`);
}

export function parseOptions(args: readonly string[]): DemoOptions {
  const { values } = parseStrictly(args);
  return {
    kills: whole("kills", values.kills, defaults.kills, 0, 1000),
    events: whole("events", values.events, defaults.events, 1, 5_000_000),
    commitEvery: whole("commit-every", values["commit-every"], defaults.commitEvery, 1, 100_000),
    directory: directoryOf(values.dir),
    keep: values.keep ?? false,
    seed: whole("seed", values.seed, Math.floor(Math.random() * seedsEnd), 0, seedsEnd - 1),
    help: values.help ?? false,
  };
}

function directoryOf(value: string | undefined): string | undefined {
  if (value === "") throw new UsageError("--dir takes a path");
  return value;
}

function parseStrictly(args: readonly string[]): { readonly values: Values } {
  try {
    return parseArgs({
      // pnpm hands the separator on with what follows it.
      args: args[0] === "--" ? args.slice(1) : [...args],
      options: {
        kills: { type: "string" },
        events: { type: "string" },
        "commit-every": { type: "string" },
        dir: { type: "string" },
        keep: { type: "boolean" },
        seed: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

interface Values {
  readonly kills?: string | undefined;
  readonly events?: string | undefined;
  readonly "commit-every"?: string | undefined;
  readonly dir?: string | undefined;
  readonly keep?: boolean | undefined;
  readonly seed?: string | undefined;
  readonly help?: boolean | undefined;
}
