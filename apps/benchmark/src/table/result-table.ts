import Table from "cli-table3";
import type { Result, Sample } from "../row.ts";
import { medianOf, numbersOf, timesAhead } from "../statistics.ts";
import { formatBytes, formatValue } from "./format.ts";

const head = ["measure", "contestant", "median", "range", "ours = 1", "B/entry", "peak (grown by)", "stall"];

/** Everything that was measured, those who lost to us and those who didn't. */
export function resultTable(results: readonly Result[]): string {
  const table = new Table({ head, colAligns: ["left", "left", "right", "left", "right", "right", "right", "right"], style: { head: [], border: [], compact: true } });
  let last = "";
  for (const result of results) {
    if (result.title !== last && last !== "") table.push(head.map(() => ""));
    table.push([result.title === last ? "" : result.title, ...cellsOf(result, results)]);
    last = result.title;
  }
  return table.toString();
}

function cellsOf(result: Result, results: readonly Result[]): string[] {
  const { name, unit, problem } = result;
  const shown = (metric: keyof Sample, format: (value: number) => string): string => {
    const value = medianOf(result, metric);
    return value === undefined ? "" : format(value);
  };
  const grown = shown("peakGrowth", formatBytes);
  return [
    name,
    problem === undefined ? shown("value", (value) => formatValue(value, unit)) : "FAILED",
    rangeOf(result),
    speedOf(result, results),
    shown("bytesPerEntry", (bytes) => bytes.toFixed(1)),
    shown("peak", (bytes) => `${formatBytes(bytes)} (${grown})`),
    shown("stall", (ms) => formatValue(ms, "ms")),
  ];
}

function rangeOf(result: Result): string {
  const values = numbersOf(result, "value");
  return values.length < 2 ? "" : `${formatValue(Math.min(...values), result.unit)} to ${formatValue(Math.max(...values), result.unit)}`;
}

/** How fast, or how small, where the first of ours in the row is 1. */
function speedOf(result: Result, results: readonly Result[]): string {
  const ours = results.find(({ row, role }) => row === result.row && role === "ours");
  const value = medianOf(result);
  const own = ours && medianOf(ours);
  const isComparable = result.unit !== "%" && result.unit !== "bytes";
  return isComparable && value !== undefined && own !== undefined ? timesAhead(result.unit, value, own).toFixed(2) : "";
}
