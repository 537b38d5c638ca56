import type { Axis } from "./curve.ts";

/** An axis over what is shown on it. */
export interface PlacedAxis {
  /** Where a value stands, from 0 at the low end to 1 at the high one. */
  place(value: number): number;
  readonly ticks: readonly number[];
}

/** Covers `values` between round numbers: a linear axis from 0, a logarithmic one at least a decade. */
export function placeAxis(axis: Axis, values: readonly number[]): PlacedAxis {
  return axis.scale === "linear" ? linear(axis, values) : logarithmic(axis, values);
}

function linear(axis: Axis, values: readonly number[]): PlacedAxis {
  const most = Math.max(...values, 0) || 1;
  const step = roundStep(most / 4);
  const high = Math.ceil(most / step) * step;
  const ticks = axis.ticks ?? Array.from({ length: Math.round(high / step) + 1 }, (_, i) => i * step);
  return { place: (value) => value / high, ticks };
}

/** The smallest of 1, 2, 2.5, 5 times a power of ten that isn't below `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 2.5, 5].find((step) => step * power >= least * 0.9999) ?? 10) * power;
}

function logarithmic(axis: Axis, values: readonly number[]): PlacedAxis {
  const marks = axis.ticks ?? roundMarks(Math.min(...values), Math.max(...values));
  const low = Math.log(Math.min(...marks, ...values));
  const high = Math.log(Math.max(...marks, ...values));
  return { place: (value) => (Math.log(value) - low) / (high - low || 1), ticks: marks };
}

/** Powers of ten where there are enough of them, else 1, 2 and 5 of each decade. */
function roundMarks(least: number, most: number): readonly number[] {
  const first = Math.floor(Math.log10(least) + 1e-9);
  const last = Math.max(Math.ceil(Math.log10(most) - 1e-9), first + 1);
  const steps = last - first > 2 ? [1] : [1, 2, 5];
  const marks: number[] = [];
  for (let power = first; power <= last; power++) marks.push(...steps.map((step) => step * 10 ** power));
  const from = Math.max(0, marks.filter((mark) => mark <= least * 1.0001).length - 1);
  const to = marks.findIndex((mark) => mark >= most * 0.9999);
  return marks.slice(from, Math.max(to, from + 1) + 1);
}
