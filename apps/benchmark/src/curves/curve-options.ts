import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { allCurves } from "./all-curves.ts";
import type { Limits } from "./curve.ts";

export interface CurveOptions {
  readonly limits: Limits;
  /** Which keys there are, and in which order. */
  readonly seed: number;
  /** Name of the one curve to measure. @default all */
  readonly only: string | undefined;
  /** Where numbers, pictures and the page are written. */
  readonly out: string;
  /** The disk that is measured. */
  readonly directory: string;
}

export const curveHelp: string = `bench --curves: what grows, and what stays as it is, as numbers, pictures and a page.

  --only NAME       one of ${allCurves.map(({ name }) => name).join(", ")}
  --max-bytes N     the largest log (default 10000000000, or half of what the disk has free)
  --max-keys N      the largest state (default 3000000)
  --max-segments N  the log of the most files (default 10000)
  --max-committers N  committers at once (default 1024)
  --rounds N        how often what varies is measured (default 3); medians count
  --commit-ms N     how long committers work for one number (default 500)
  --seed N          other keys (default 1)
  --out PATH        where it is written (default docs/performance)
  --dir PATH        the disk that is measured (default: the directory for temporary files)
`;

/** Throws `TypeError` for arguments that make no sense. */
export function curveOptions(args: readonly string[]): CurveOptions {
  const text = { type: "string" } as const;
  const options = {
    curves: { type: "boolean" },
    only: text,
    "max-bytes": text,
    "max-keys": text,
    "max-segments": text,
    "max-committers": text,
    rounds: text,
    "commit-ms": text,
    seed: text,
    out: { ...text, default: "docs/performance" },
    dir: { ...text, default: tmpdir() },
  } as const;
  const { values } = parseArgs({ args: args.filter((arg) => arg !== "--"), options });
  const { only } = values;
  if (only !== undefined && !allCurves.some(({ name }) => name === only)) throw new TypeError(`there is no curve "${only}", but ${allCurves.map(({ name }) => name).join(", ")}`);
  const limits = {
    bytes: Math.min(whole(values["max-bytes"], 10_000_000_000), halfOfTheFree(values.dir)),
    keys: whole(values["max-keys"], 3_000_000),
    segments: whole(values["max-segments"], 10_000),
    committers: whole(values["max-committers"], 1024),
    milliseconds: whole(values["commit-ms"], 500),
    rounds: whole(values.rounds, 3),
  };
  return { limits, seed: whole(values.seed, 1), only, out: values.out, directory: values.dir };
}

function whole(value: string | undefined, otherwise: number): number {
  const number = Number(value ?? otherwise);
  if (!Number.isSafeInteger(number) || number < 1) throw new TypeError(`a whole number above 0 is wanted, not "${value}"`);
  return number;
}

function halfOfTheFree(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return Math.floor((bavail * bsize) / 2);
}
