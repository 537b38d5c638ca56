import type { InspectedEnd } from "../inspection.ts";

/** Lines of columns; those with a number in `right` are aligned to the right. */
export function alignRows(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (right.has(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join("  ").trimEnd();
  return rows.map((row) => `${line(row)}\n`).join("");
}

export function endInWords({ kind, file, offset, bytes }: InspectedEnd): string {
  const place = `at offset ${offset} of ${file}`;
  if (kind === "clean") return `it ends clean ${place}`;
  if (kind === "damaged") return `it ends ${place}, and records are damaged or missing`;
  return `it ends ${place}, before ${bytes} bytes of a write that never finished or is under way, which count for nothing`;
}

export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Messages name the options of a program; here they are called otherwise. */
export function optionsInWords(message: string): string {
  return message.replaceAll('onDamage: "stop"', "dump --on-damage stop").replaceAll("acceptMissingLog", "--accept-missing-log of npx @laminar/recovery");
}
