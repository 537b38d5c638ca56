import Table from "cli-table3";
import { type Aggregate, decode } from "./aggregate.ts";
import { airportName, type State } from "./job.ts";

const BAR_WIDTH = 20;
const FLIGHTS_MIN = 50;

const prefix = airportName("");

function bar(share: number): string {
  const eighths = Math.round(share * BAR_WIDTH * 8);
  return "█".repeat(eighths >> 3) + ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths & 7];
}

/** The airports with the worst average delay, those with enough flights to mean something. */
export function airportTable(state: State, rows = 12): string {
  const airports: { airport: string; sum: Aggregate; mean: number }[] = [];
  for (const [name, value] of state) {
    if (!name.startsWith(prefix)) continue;
    const sum = decode(value);
    if (sum.flights >= FLIGHTS_MIN) airports.push({ airport: name.slice(prefix.length), sum, mean: sum.delaySum / sum.flights });
  }
  airports.sort((a, b) => b.mean - a.mean);
  const worst = airports[0]?.mean ?? 1;
  const table = new Table({
    head: ["airport", "flights", "mean delay", "", "late", "worst", "miles"],
    colAligns: ["left", "right", "right", "left", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const { airport, sum, mean } of airports.slice(0, rows)) {
    table.push([
      airport,
      sum.flights.toLocaleString("en"),
      `${mean.toFixed(1)} min`,
      bar(mean / worst),
      `${((100 * sum.late) / sum.flights).toFixed(0)} %`,
      `${sum.worstDelay} min`,
      sum.distance.toLocaleString("en"),
    ]);
  }
  return table.toString();
}
