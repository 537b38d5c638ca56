/** Lines of columns; those with a number in `right` are aligned to the right. */
export function alignRows(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string {
  const widths: number[] = [];
  const width = (i: number): number => widths[i] ?? 0;
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(width(i), cell.length);
  const padded = (cell: string, i: number): string => (right.has(i) ? cell.padStart(width(i)) : cell.padEnd(width(i)));
  return rows.map((row) => `${row.map(padded).join("  ").trimEnd()}\n`).join("");
}

/** Moves each line that isn't empty to the right. */
export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

/** A number with what it counts. */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** A number of bytes in MB, without the unit. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** Characters that a terminal may obey, and those that make a line look like another one. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** `text` with what can't be seen written as in JSON. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (found) => found.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""));
}

/** A name from disk or from the command line, which may hold anything. */
export function quote(name: string): string {
  return visible(JSON.stringify(name));
}

/** JSON over several lines that a terminal shows as it is. It parses to the same. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, undefined, 2).split("\n").map((line) => `${visible(line)}\n`).join("");
}
