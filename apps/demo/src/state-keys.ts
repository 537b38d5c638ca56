import type { Flight } from "./flights.ts";

/** The groups that flights are counted in; a key is the group's kind and its name. Only hours that are still open can change. */
export type KeyKind = "airport" | "route" | "open-hour" | "closed-hour";

export const hourMilliseconds = 3_600_000;

export function keyOf(kind: KeyKind, name: string): string {
  return `${kind}/${name}`;
}

export function parseKey(key: string): { readonly kind: string; readonly name: string } {
  const slash = key.indexOf("/");
  return { kind: key.slice(0, slash), name: key.slice(slash + 1) };
}

export function routeName({ origin, destination }: Flight): string {
  return `${origin}-${destination}`;
}

/** An airport's hour, by its number since 1970. */
export function hourName({ origin, time }: Flight): string {
  return `${origin}/${Math.floor(time / hourMilliseconds)}`;
}

/** When the hour of an hour's name ends: from a watermark of that on, it is closed. */
export function hourEnd(name: string): number {
  return (Number(name.slice(name.indexOf("/") + 1)) + 1) * hourMilliseconds;
}
