import type { Unit } from "./curve.ts";

interface Scale {
  readonly base: number;
  readonly names: readonly string[];
}

const durations: readonly string[] = ["ns", "µs", "ms", "s"];

const scales: Readonly<Record<Unit, Scale>> = {
  "binary bytes": { base: 1024, names: ["B", "KiB", "MiB", "GiB"] },
  bytes: { base: 1000, names: ["B", "kB", "MB", "GB", "TB"] },
  count: { base: 1000, names: ["", "k", "M", "G"] },
  each: { base: 1000, names: [""] },
  ns: { base: 1000, names: durations },
  ms: { base: 1000, names: durations.slice(2) },
  s: { base: 1000, names: durations.slice(3) },
};

/** A number with its unit, as people read it. */
export function shown(value: number, unit: Unit): string {
  const { base, names } = scales[unit];
  let rest = value;
  let index = 0;
  for (; rest >= base * 0.9995 && index < names.length - 1; index++) rest /= base;
  return `${grouped(rest)} ${names[index] ?? ""}`.trim();
}

/** Three figures that count, thousands apart. */
export function grouped(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return `${value}`;
  const digits = Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
  const rounded = Number(value.toFixed(digits));
  return rounded.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/** How many times as much, to one figure behind the point where it is small. */
export const times = (ratio: number): string => (ratio < 10 ? ratio.toFixed(1) : Math.round(ratio).toLocaleString("en-US"));
