import Table from "cli-table3";
import { colors as pc } from "./colors.ts";
import type { AirportRow, WorstHour } from "./airport-ranking.ts";

const barWidth = 16;
const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar of `share` of the full width, in eighths of a character. */
export function bar(share: number, width: number = barWidth): string {
  const parts = Math.round(Math.min(Math.max(share, 0), 1) * width * 8);
  return "█".repeat(Math.floor(parts / 8)) + (eighths[parts % 8] ?? "");
}

export function formatAirports(rows: readonly AirportRow[], cities: ReadonlyMap<string, string>): string {
  const table = new Table({
    head: ["airport", "", "flights", "mean delay", "", "late > 15", "", "worst", "distance"].map((name) => pc.bold(name)),
    colAligns: ["left", "left", "right", "right", "left", "right", "left", "right", "right"],
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 2 },
    chars: plain,
  });
  const longestDelay = Math.max(0, ...rows.map((row) => row.meanDelay));
  for (const row of rows) {
    table.push([
      row.code,
      pc.dim(cities.get(row.code) ?? ""),
      String(row.flights),
      `${row.meanDelay.toFixed(1)} min`,
      pc.red(bar(longestDelay === 0 ? 0 : row.meanDelay / longestDelay)),
      `${(row.lateShare * 100).toFixed(0)} %`,
      pc.yellow(bar(row.lateShare, 10)),
      `${row.worstDelay} min`,
      `${row.meanDistance.toFixed(0)} mi`,
    ]);
  }
  return withoutTrailingSpace(table.toString());
}

export function formatWorstHour({ code, from, flights, meanDelay, closedHours }: WorstHour, cities: ReadonlyMap<string, string>): string {
  const place = cities.has(code) ? `${code} (${cities.get(code)})` : code;
  return `${closedHours} hourly windows closed; the worst: ${place}, ${from}, ${flights} flights, ${meanDelay.toFixed(0)} minutes late on average.`;
}

const sides = ["top", "bottom", "left", "right"] as const;
const edges = sides.flatMap((side) => [side, `${side}-mid`] as const);
const corners = ["top-left", "top-right", "bottom-left", "bottom-right", "mid", "mid-mid", "middle"] as const;
const plain = Object.fromEntries([...edges, ...corners].map((name) => [name, ""]));

function withoutTrailingSpace(text: string): string {
  return text.split("\n").map((line) => line.trimEnd()).join("\n");
}
