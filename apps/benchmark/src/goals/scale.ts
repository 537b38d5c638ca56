import type { Result } from "../row.ts";
import { anchorRow, referenceNumbers } from "../rows/reference.ts";
import { isRate, medianOf } from "../statistics.ts";

/** The anchor that published numbers are scaled by: like the reference it works on bytes in memory, and syncs once. */
const by = "lmdb";

/** How many times as fast as the published machine this one is; `undefined` when the anchor wasn't measured. */
export function scaleOf(results: readonly Result[]): number | undefined {
  const here = results.find(({ row, name }) => row === anchorRow && name === by);
  const rate = here && medianOf(here);
  return rate === undefined ? undefined : rate / referenceNumbers.anchors[by];
}

/** Puts beside each published number what it would be here. */
export function withScaled(results: readonly Result[]): readonly Result[] {
  const scale = scaleOf(results);
  if (scale === undefined) return results;
  return results.flatMap((result) => (result.role === "published" && result.row !== anchorRow ? [result, scaled(result, scale)] : [result]));
}

function scaled(result: Result, scale: number): Result {
  const samples = result.samples.map(({ value }) => ({ value: isRate(result.unit) ? value * scale : value / scale }));
  return { ...result, name: `the same, scaled by ${by}: × ${scale.toFixed(2)}`, role: "scaled", samples };
}
