/** Lines of columns. */
export function alignRows(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows.map((row) => `${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd()}\n`).join("");
}

export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

export function count(number: number, one: string): string {
  return `${number} ${number === 1 ? one : `${one}s`}`;
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
