import type { Row } from "./curve.ts";

/** What was measured, under which circumstances. */
export interface Recorded {
  /** The machine, the runtime, the seed. */
  readonly circumstances: string;
  readonly rows: readonly Row[];
}

/** A comment with the circumstances, a header, and a line for each row. */
export function formatCsv(columns: readonly string[], { circumstances, rows }: Recorded): string {
  const lines = rows.map((row) => columns.map((name) => `${Number((row[name] ?? Number.NaN).toPrecision(6))}`).join(","));
  return `# ${circumstances}\n${columns.join(",")}\n${lines.join("\n")}\n`;
}

/** What `formatCsv` wrote. Throws for anything else. */
export function parseCsv(columns: readonly string[], content: string): Recorded {
  const [first = "", header, ...lines] = content.trimEnd().split("\n");
  if (!first.startsWith("# ") || header !== columns.join(",")) throw new TypeError(`a CSV with other columns than ${columns.join(",")}: measure it anew`);
  const rows = lines.map((line) => {
    const cells = line.split(",").map(Number);
    if (cells.length !== columns.length || cells.some((value) => !Number.isFinite(value))) throw new TypeError(`no row of numbers: ${line}`);
    return Object.fromEntries(columns.map((name, index) => [name, cells[index] as number]));
  });
  return { circumstances: first.slice(2), rows };
}
