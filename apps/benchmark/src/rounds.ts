import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import Table from "cli-table3";

export interface Sample {
  readonly value: number;
  readonly bytesPerEntry?: number;
}

export interface Measure {
  /** Rows of one title and unit are compared with the one that is written by hand. */
  readonly title: string;
  readonly name: string;
  readonly unit: "ns an entry" | "commits/s" | "ms";
  /** Measures once, in an empty directory. */
  run(directory: string): Promise<Sample>;
}

export interface Row extends Measure {
  readonly samples: Sample[];
}

/** Runs everything in turn, so that a slow minute of the machine hits all alike. The first round isn't counted, for all. */
export async function runRounds(measures: readonly Measure[], rounds: number, parent: string): Promise<readonly Row[]> {
  const rows = measures.map((measure): Row => ({ ...measure, samples: [] }));
  for (let round = 0; round <= rounds; round++) {
    process.stderr.write(round === 0 ? "warming up\n" : `round ${round} of ${rounds}\n`);
    for (const row of rows) {
      const directory = await mkdtemp(join(parent, "laminar-bench-"));
      try {
        const sample = await row.run(directory);
        if (round > 0) row.samples.push(sample);
      } finally {
        await rm(directory, { recursive: true });
      }
    }
  }
  return rows;
}

const valuesOf = ({ samples }: Row): number[] => samples.map(({ value }) => value).sort((a, b) => a - b);
const medianOf = (row: Row): number => valuesOf(row)[Math.floor(row.samples.length / 2)] ?? 0;
const shown = (value: number): string => (value >= 10_000 ? `${(value / 1000).toFixed(1)} k` : value.toFixed(value < 100 ? 1 : 0));

function speedAgainstByHand(row: Row, rows: readonly Row[]): string {
  const byHand = rows.find(({ title, name, unit }) => title === row.title && unit === row.unit && name.startsWith("by hand"));
  if (!byHand) return "";
  const ratio = medianOf(row) / medianOf(byHand);
  return (row.unit === "commits/s" ? ratio : 1 / ratio).toFixed(2);
}

export function formatRows(rows: readonly Row[]): string {
  const head = ["", "", "median", "", "lowest to highest", "speed, by hand = 1", "bytes an entry"];
  const table = new Table({ head, colAligns: ["left", "left", "right", "left", "left", "right", "right"], style: { head: [], border: [], compact: true } });
  for (const row of rows) {
    const { title, name, unit, samples } = row;
    const values = valuesOf(row);
    const range = `${shown(values[0] ?? 0)} to ${shown(values.at(-1) ?? 0)}`;
    table.push([title, name, shown(medianOf(row)), unit, range, speedAgainstByHand(row, rows), samples[0]?.bytesPerEntry?.toFixed(1) ?? ""]);
  }
  return table.toString();
}
