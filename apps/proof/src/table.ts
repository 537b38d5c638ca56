import Table from "cli-table3";
import type { Done } from "./run-jobs.ts";
import type { Row } from "./row.ts";

/** A row of the table, as it is printed and written as JSON. */
export interface Result {
  readonly row: number | undefined;
  readonly title: string;
  readonly unit: string;
  readonly goal: number;
  readonly reached: number;
  readonly violations: readonly string[];
  readonly seconds: number;
  /** By the part that counted them. */
  readonly counters: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly skipped: readonly string[];
}

/** What a row's parts reached together. */
export function resultOf(row: Row, done: readonly Done[]): Result {
  const named = (part: string, name: string): string => (row.parts.length === 1 ? name : `${part}: ${name}`);
  return {
    row: row.number,
    title: row.title,
    unit: row.unit,
    goal: sum(done, ({ job, outcome }) => outcome.all ?? job.goal),
    reached: sum(done, ({ outcome }) => outcome.reached),
    violations: done.flatMap(({ job, outcome }) => outcome.violations.map((violation) => named(job.part.name, violation))),
    seconds: sum(done, ({ seconds }) => seconds),
    counters: Object.fromEntries(done.map(({ job, outcome }) => [job.part.name, outcome.counters])),
    skipped: done.flatMap(({ job, outcome }) => (outcome.skipped === undefined ? [] : [named(job.part.name, outcome.skipped)])),
  };
}

function sum(done: readonly Done[], of: (done: Done) => number): number {
  return done.reduce((total, one) => total + of(one), 0);
}

export const isGood = ({ goal, reached, violations }: Result): boolean => reached >= goal && violations.length === 0;

const number = (value: number): string => value.toLocaleString("en-US");

export function tableOf(results: readonly Result[]): string {
  const table = new Table({ head: ["row", "what", "goal", "reached", "violations", "seconds", ""], style: { head: [], border: [] }, colAligns: ["right", "left", "right", "right", "right", "right", "left"] });
  for (const result of results) {
    const { row, title, unit, goal, reached, violations, seconds } = result;
    table.push([row ?? "", `${title} (${unit})`, number(goal), number(reached), number(violations.length), seconds.toFixed(1), isGood(result) ? "ok" : "FAILED"]);
  }
  return table.toString();
}

/** What each part counted, and every violation in full. */
export function detailsOf({ row, title, counters, violations, skipped }: Result): string {
  const lines = [`${row ?? "-"} ${title}`];
  for (const [part, counts] of Object.entries(counters)) {
    if (Object.keys(counts).length === 0) continue;
    lines.push(`  ${part}: ${Object.entries(counts).map(([name, count]) => `${name} ${number(count)}`).join(", ")}`);
  }
  for (const reason of skipped) lines.push(`  not done here: ${reason}`);
  for (const violation of violations) lines.push(violation.replace(/^/gm, "  "));
  return lines.join("\n");
}
