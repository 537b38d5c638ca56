import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Result } from "../src/row.ts";

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const run = (...args: readonly string[]) => spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });

it("measures the rows that are named, prints tables of results and goals, writes all samples, and leaves nothing behind", () => {
  const directory = mkdtempSync(join(tmpdir(), "laminar-bench-test-"));
  const json = join(directory, "all.json");
  const only = ["append", "free-sync-64", "load", "delta"].flatMap((row) => ["--only", row]);
  const { status, stdout, stderr } = run(...only, "--rounds", "2", "--entries", "2000", "--commit-ms", "5", "--dir", directory, "--json", json);
  expect([status, stderr]).toEqual([0, "warming up\npreparing what is read\nround 1 of 2\nround 2 of 2\n"]);
  const { results, verdicts } = JSON.parse(readFileSync(json, "utf8")) as { results: readonly Result[]; verdicts: readonly unknown[] };
  expect([...new Set(results.map(({ row }) => row))]).toEqual(["append", "free-sync-64", "load", "delta"]);
  for (const { name, samples, problem } of results) {
    expect([problem, samples.length]).toEqual([undefined, 2]);
    expect(stdout).toContain(` ${name} `);
  }
  expect(stdout).toMatch(new RegExp(`\\d+ of ${verdicts.length} goals met`));
  expect(readdirSync(directory)).toEqual(["all.json"]);
  rmSync(directory, { recursive: true });
});

it("goes on without a contestant that fails, says so, and ends with 1", () => {
  const directory = mkdtempSync(join(tmpdir(), "laminar-bench-test-"));
  const { status, stdout } = run("--only", "commit-1", "--rounds", "1", "--entries", "100", "--commit-ms", "5", "--dir", directory, "--better-sqlite3", directory);
  const isBuiltIn = stdout.includes("node:sqlite, WAL");
  expect([status, stdout.includes(`better-sqlite3 doesn't load from ${directory}`)]).toEqual([0, !isBuiltIn]);
  rmSync(directory, { recursive: true });
  expect(run("--only", "commit-1", "--dir", directory)).toMatchObject({ status: 1, stderr: expect.stringContaining("ENOENT") });
});

it("refuses what it can't measure with 2, and says what it takes", () => {
  expect(run("--rounds", "0")).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining('--rounds: a whole number from 1 to 1000 is wanted, not "0"') });
  expect(run("--nonsense")).toMatchObject({ status: 2, stderr: expect.stringContaining("--commit-ms") });
  expect(run("--", "--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("--commit-ms") });
});
