import type { Unit } from "./curve.ts";

const binary = ["B", "KiB", "MiB", "GiB"] as const;
const decimal = ["B", "kB", "MB", "GB", "TB"] as const;
const counts = ["", "k", "M", "G"] as const;

/** A number with its unit, as people read it. */
export function shown(value: number, unit: Unit): string {
  switch (unit) {
    case "binary bytes":
      return scaled(value, 1024, binary);
    case "bytes":
      return scaled(value, 1000, decimal);
    case "count":
      return scaled(value, 1000, counts);
    case "ns":
    case "ms":
    case "s":
    case "MB/s":
      return `${grouped(value)} ${unit}`;
  }
}

function scaled(value: number, base: number, names: readonly string[]): string {
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
