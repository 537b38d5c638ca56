import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { type Budgets, judge } from "../src/budgets/budget.ts";
import { hotPaths } from "../src/budgets/hot-paths.ts";
import { measures, type Weight, weighingFlags } from "../src/budgets/weigh.ts";

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const budgets = JSON.parse(readFileSync(pathOf("../budgets.json"), "utf8")) as Budgets;
const bench = (...args: readonly string[]) => spawnSync(process.execPath, [pathOf("../dist/main.js"), "--budgets", ...args], { encoding: "utf8" });
const minutes = 60_000;

it("has a budget for every measure of every hot path, and for nothing else", () => {
  expect(Object.keys(budgets)).toEqual(hotPaths.map(({ name }) => name));
  for (const budget of Object.values(budgets)) expect(Object.keys(budget)).toEqual(measures);
});

it("finds a codec that makes an array for each entry, and a disk on which everything is written twice", { timeout: 4 * minutes }, () => {
  const { stdout, stderr } = spawnSync(process.execPath, [...weighingFlags, pathOf("programs/weigh-planted.mjs")], { encoding: "utf8" });
  expect(stderr).toBe("");
  const weights = JSON.parse(stdout) as Record<"codec" | "copying" | "append" | "twice", Weight>;
  console.log(JSON.stringify(weights));
  const over = (name: string, weight: Weight): readonly string[] => judge(name, weight, budgets).flatMap(({ kind, measure }) => (kind === "over" ? [measure] : []));
  expect(over("append", weights.append)).toEqual([]);
  expect(over("append-codec", weights.codec)).toEqual([]);
  expect(over("append", weights.twice)).toEqual(["writes", "bytesWritten"]);
  expect(over("append-codec", weights.copying)).toEqual(["heapBytes", "bufferBytes"]);
});

it("ends with 1 when an operation costs more than its budget, and says what and by how much", { timeout: 4 * minutes }, () => {
  const directory = mkdtempSync(join(tmpdir(), "laminar-budgets-test-"));
  const file = join(directory, "budgets.json");
  try {
    const honest = budgets["append"] as Weight;
    writeFileSync(file, JSON.stringify({ append: { ...honest, bytesWritten: 100, reads: 1 } }));
    const { status, stdout } = bench("--only", "append", "--file", file);
    expect(stdout).toMatch(/^OVER BUDGET {2}append: bytesWritten 121 instead of 100\./m);
    expect(stdout).toMatch(/^stale {8}append: reads 0, far below its budget of 1\./m);
    expect(status).toBe(1);
    expect(bench("--only", "append", "--file", file, "--write").status).toBe(0);
    expect(bench("--only", "append", "--file", file)).toMatchObject({ status: 0, stderr: "" });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it("says which hot paths there are to one that it doesn't know", () => {
  const { status, stderr } = bench("--only", "sideways");
  expect([status, stderr.split("\n")[0]]).toEqual([2, 'there is no hot path "sideways", but append, append-codec, commit, visit, read, put-new, put-over, get, delete, encode, restore, recover, open-state, delta']);
});
