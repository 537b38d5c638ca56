import type { Unit } from "../row.ts";
import { isRate } from "../statistics.ts";

/** Three digits that count. */
function digits(number: number): string {
  return number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(2);
}

export function formatBytes(bytes: number): string {
  if (bytes >= 1_000_000) return `${digits(bytes / 1_000_000)} MB`;
  return bytes >= 1000 ? `${digits(bytes / 1000)} kB` : `${bytes.toFixed(0)} B`;
}

export function formatRate(perSecond: number): string {
  if (perSecond >= 1_000_000) return `${digits(perSecond / 1_000_000)} M/s`;
  return perSecond >= 1000 ? `${digits(perSecond / 1000)} k/s` : `${digits(perSecond)} /s`;
}

export function formatValue(value: number, unit: Unit): string {
  if (unit === "bytes") return formatBytes(value);
  return isRate(unit) ? formatRate(value) : `${digits(value)} ${unit}`;
}
