/** A value as a message about it shows it: `"3"` is told from `3`, and no large one is written out. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const kind = Object.prototype.toString.call(value).slice("[object ".length, -1);
  return `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
}
