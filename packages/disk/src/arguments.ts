/*
 * How every package refuses an argument that a compiler would have refused: in words that show it, before anything has changed. Here because
 * all of them stand on this one.
 */

/** A value as a message about it shows it: `"3"` is told from `3`, and no large one is written out. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const kind = Object.prototype.toString.call(value).slice("[object ".length, -1);
  return `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
}

/** Throws `TypeError` for a name in `options` that isn't in `known` and has a value: misspelt, it would leave the default in place without a word. */
export function requireKnownNames(options: object, known: Readonly<Record<string, true>>, whose: string): void {
  // Some calls come by here for each commit, so nothing is made of the names.
  for (const name in options) {
    if (Object.hasOwn(known, name) || Reflect.get(options, name) === undefined) continue;
    throw new TypeError(`${whose} has no option ${shown(name)}; there are ${Object.keys(known).join(", ")}`);
  }
}

/** `undefined`, which leaves the default in place, `true` or `false`; anything else is a `TypeError`. */
export function requireFlag(value: unknown, name: string): void {
  if (value !== undefined && typeof value !== "boolean") throw new TypeError(`${name} must be true or false, not ${shown(value)}`);
}
