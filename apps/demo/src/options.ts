import { parseArgs } from "node:util";

export interface Options {
  readonly kills: number;
  readonly events: number;
  readonly commitEvery: number;
  readonly checkpointEvery: number;
  readonly dir: string | undefined;
  readonly keep: boolean;
  readonly seed: number;
  readonly help: boolean;
  /** For the test that sees the proof fail: one start recovers what was never committed, too. */
  readonly adoptUncommittedOnce: boolean;
}

export const HELP = `Counts real flights, is killed at random moments, and proves that every flight was counted once.

Usage: npx --yes pnpm@12 demo [options]

  --kills N         kill the job N times (default 6)
  --events N        flights to count; above 20000 the input repeats (default 20000)
  --commit-every N  flights a commit covers (default 50)
  --dir PATH        where the log and the checkpoints go (default: a temporary directory); must be empty or absent
  --keep            keep that directory and say where it is
  --seed N          choose the moments of the kills (default: by chance, and printed)
  --help            show this
`;

function whole(name: string, value: string | undefined, otherwise: number, min: number): number {
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (value.trim() === "" || !Number.isSafeInteger(number) || number < min) throw new RangeError(`--${name} takes a whole number, at least ${min}, not "${value}"`);
  return number;
}

/** Throws `TypeError` or `RangeError` with a sentence for people. */
export function readOptions(args: readonly string[]): Options {
  // pnpm hands the separator on with what follows it.
  const given = args[0] === "--" ? args.slice(1) : [...args];
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({
    args: given,
    options: {
      kills: text, events: text, "commit-every": text, "checkpoint-every": text, dir: text, seed: text,
      keep: flag, help: { ...flag, short: "h" }, "adopt-uncommitted-once": flag,
    },
  });
  return {
    kills: whole("kills", values.kills, 6, 0),
    events: whole("events", values.events, 20_000, 1),
    commitEvery: whole("commit-every", values["commit-every"], 50, 1),
    checkpointEvery: whole("checkpoint-every", values["checkpoint-every"], 40, 1),
    dir: values.dir,
    keep: values.keep,
    seed: whole("seed", values.seed, Math.floor(Math.random() * 2 ** 31), 0),
    help: values.help,
    adoptUncommittedOnce: values["adopt-uncommitted-once"],
  };
}
