import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Budgets, type Finding, judge } from "./budget.ts";
import type { BudgetOptions } from "./budget-options.ts";
import { hotPaths } from "./hot-paths.ts";
import { measures, type Weight, weighingFlags } from "./weigh.ts";

const program = fileURLToPath(new URL("weigh-process.js", import.meta.url));

/** Weighs the hot paths, prints what an operation of each costs, and resolves to whether all are within their budgets. */
export function runBudgets({ only, file, write }: BudgetOptions): boolean {
  const budgets = JSON.parse(readFileSync(file, "utf8")) as Budgets;
  const weighed = new Map<string, Weight>();
  const findings: Finding[] = [];
  print("an operation", measures);
  for (const { name, per } of hotPaths.filter((path) => only === undefined || path.name === only)) {
    const weight = weighInChild(name);
    weighed.set(name, weight);
    print(`${name}: ${per}`, measures.map((measure) => shown(weight[measure])));
    findings.push(...judge(name, weight, budgets));
  }
  if (write) writeFileSync(file, `${JSON.stringify({ ...budgets, ...Object.fromEntries(weighed) }, undefined, 2)}\n`);
  else for (const finding of findings) process.stdout.write(`${descriptions[finding.kind](finding)}\n`);
  return write || findings.every(({ kind }) => kind === "stale");
}

/** In a process of its own, which begins with nothing compiled. */
export function weighInChild(name: string): Weight {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...weighingFlags, program, name], { encoding: "utf8" });
  if (status !== 0) throw new Error(`weighing ${name} ended with ${status}\n${stderr}`);
  return rounded(JSON.parse(stdout) as Weight);
}

/** As exact as it repeats: hundredths of a byte, and of a call what one in a hundred thousand operations makes. Memory that was given back counts as none. */
function rounded(weight: Weight): Weight {
  const figures = measures.map((measure) => [measure, Math.max(0, Number(weight[measure].toFixed(/bytes/i.test(measure) ? 2 : 5)))] as const);
  return Object.fromEntries(figures) as unknown as Weight;
}

const descriptions: Readonly<Record<Finding["kind"], (finding: Finding) => string>> = {
  over: ({ path, measure, budget, actual }) =>
    `OVER BUDGET  ${path}: ${measure} ${shown(actual)} instead of ${shown(budget)}. Find what it pays for; if that is worth it, record it: bench --budgets --write`,
  stale: ({ path, measure, budget, actual }) =>
    `stale        ${path}: ${measure} ${shown(actual)}, far below its budget of ${shown(budget)}. Record the gain: bench --budgets --write`,
  missing: ({ path, measure, actual }) => `NO BUDGET    ${path}: ${measure} ${shown(actual)}. Record it: bench --budgets --write`,
};

const shown = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : `${Number(value.toPrecision(3))}`);

function print(title: string, cells: readonly string[]): void {
  process.stdout.write(`${title.padEnd(64)}${cells.map((cell) => cell.padStart(13)).join("")}\n`);
}
