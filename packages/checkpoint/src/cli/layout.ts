/** Lines of columns; those with a number in `right` are aligned to the right. */
export function alignRows(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (right.has(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join("  ").trimEnd();
  return rows.map((row) => `${line(row)}\n`).join("");
}

export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
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

/** JSON that a terminal shows as it is. It parses to the same. */
export function jsonLine(value: unknown): string {
  return `${visible(JSON.stringify(value))}\n`;
}

/** The same over several lines, which are JSON's own. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, undefined, 2).split("\n").map((line) => `${visible(line)}\n`).join("");
}

/** An instant, in UTC. Metadata may hold numbers that no calendar has. */
export function instant(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? `${milliseconds} ms` : date.toISOString();
}

/** What a state's bytes are known by. */
export function bytesInWords({ size, checksum }: { readonly size: number; readonly checksum: number }): string {
  return `${count(size, "byte")}, checksum ${hex(checksum)}`;
}

export function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}
