import { parseArgs } from "node:util";
import { rows } from "./rows/rows.ts";
import { type Settings, standardSettings } from "./settings.ts";
import { keyBytesLeast } from "./work.ts";

export interface Options {
  readonly help: boolean;
  /** Names of rows; none for all. */
  readonly only: readonly string[];
  readonly rounds: number;
  readonly settings: Settings;
  /** Where to write all samples. */
  readonly json: string | undefined;
  /** The disk that is measured; the directory for temporary files when not given. */
  readonly directory: string | undefined;
}

const names = rows.map(({ name }) => name);

export const help: string = `Measures Laminar beside its peers, the same work by hand, and the least that the disk allows: everybody in turn, round by round, medians.

  --only NAME            only this row, and others that are named: ${names.join(", ")}
  --rounds N             rounds (default 2, about five minutes; the published tables have 3)
  --entries N            entries that are appended, recovered, checkpointed (default ${standardSettings.entries})
  --key-bytes N          length of a key, at least ${keyBytesLeast} (default ${standardSettings.keyBytes})
  --value-bytes N        length of a value (default ${standardSettings.valueBytes})
  --commit-ms N          how long the committers of one sample work (default ${standardSettings.commitMs})
  --json FILE            also write machine, settings, all samples and verdicts
  --dir PATH             the disk that is measured (default: the directory for temporary files)
  --better-sqlite3 PATH  where better-sqlite3 was installed by hand, for a Node.js without node:sqlite

  --curves               how cost grows with the log, the state, the committers and the values, instead (--curves --help)
  --budgets              what an operation takes in memory and asks of the disk, against budgets, instead (--budgets --help)
`;

/** Throws `TypeError` for what can't be measured. */
export function parseOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  const options = {
    help: { type: "boolean", short: "h", default: false },
    only: { ...text, multiple: true, default: [] as string[] },
    rounds: { ...text, default: "2" },
    entries: { ...text, default: `${standardSettings.entries}` },
    "key-bytes": { ...text, default: `${standardSettings.keyBytes}` },
    "value-bytes": { ...text, default: `${standardSettings.valueBytes}` },
    "commit-ms": { ...text, default: `${standardSettings.commitMs}` },
    json: text,
    dir: text,
    "better-sqlite3": text,
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  const unknown = values.only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new TypeError(`--only: there is no row "${unknown}"; there are ${names.join(", ")}`);
  const settings: Settings = {
    entries: whole("--entries", values.entries, 100, 2 ** 32),
    keyBytes: whole("--key-bytes", values["key-bytes"], keyBytesLeast, 511),
    valueBytes: whole("--value-bytes", values["value-bytes"], 1, 16 * 1024 * 1024),
    commitMs: whole("--commit-ms", values["commit-ms"], 1, 3_600_000),
    betterSqlite3: values["better-sqlite3"],
  };
  return { help: values.help, only: values.only, rounds: whole("--rounds", values.rounds, 1, 1000), settings, json: values.json, directory: values.dir };
}

function whole(option: string, value: string, least: number, most: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= most)) throw new TypeError(`${option}: a whole number from ${least} to ${most} is wanted, not "${value}"`);
  return number;
}
