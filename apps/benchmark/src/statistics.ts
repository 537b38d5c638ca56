import type { Result, Sample, Unit } from "./row.ts";

/** Of the numbers that are there; `undefined` of none. */
export function median(numbers: readonly number[]): number | undefined {
  const sorted = [...numbers].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}

export function numbersOf({ samples }: Result, metric: keyof Sample): number[] {
  return samples.map((sample) => sample[metric]).filter((number) => number !== undefined);
}

export function medianOf(result: Result, metric: keyof Sample = "value"): number | undefined {
  return median(numbersOf(result, metric));
}

export const isRate = (unit: Unit): boolean => unit === "entries/s" || unit === "commits/s";

/** How many times as fast, or as small, `one` is as `other`. */
export function timesAhead(unit: Unit, one: number, other: number): number {
  return isRate(unit) ? one / other : other / one;
}
