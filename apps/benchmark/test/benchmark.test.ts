import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Result } from "../src/row.ts";

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
// SQLite of Node.js 22 and 24 says of itself, in the errors, that it is an experiment.
const run = (...args: readonly string[]) => spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", program, ...args], { encoding: "utf8" });

it("measures the rows that are named, prints tables of results and goals, writes all samples, and leaves nothing behind", () => {
  const directory = mkdtempSync(join(tmpdir(), "laminar-bench-test-"));
  const json = join(directory, "all.json");
  const only = ["free-sync-1", "load"].flatMap((row) => ["--only", row]);
  const { status, stdout, stderr } = run(...only, "--rounds", "2", "--entries", "2000", "--commit-ms", "5", "--dir", directory, "--json", json);
  expect([status, stderr]).toEqual([0, "preparing what is read\nround 1 of 2\nround 2 of 2\n"]);
  const { results, verdicts } = JSON.parse(readFileSync(json, "utf8")) as { results: readonly Result[]; verdicts: readonly unknown[] };
  expect([...new Set(results.map(({ row }) => row))]).toEqual(["free-sync-1", "load"]);
  for (const { name, samples, problem } of results) {
    expect([problem, samples.length]).toEqual([undefined, 2]);
    expect(stdout).toContain(` ${name} `);
  }
  expect(stdout).toMatch(new RegExp(`\\d+ of ${verdicts.length} goals met`));
  expect(readdirSync(directory)).toEqual(["all.json"]);
  rmSync(directory, { recursive: true });
});

// A limit on the size of files is the simplest disk that is full.
it.skipIf(process.platform === "win32")("goes on with the others when a contestant fails, says which and why, and ends with 1", () => {
  const directory = mkdtempSync(join(tmpdir(), "laminar-bench-test-"));
  const args = ["--only", "append", "--only", "install", "--rounds", "1", "--entries", "4000", "--dir", directory];
  const { status, stdout } = spawnSync("sh", ["-c", `ulimit -f 400; exec "$@"`, "sh", process.execPath, program, ...args], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stdout).toMatch(/ by hand +│ +FAILED/);
  expect(stdout).toMatch(/^FAILED: append, by hand: .*(EFBIG|SIGXFSZ)/m);
  expect(stdout).toMatch(/@laminar\/disk, tarball +│ +\d/);
  expect(readdirSync(directory)).toEqual([]);
  rmSync(directory, { recursive: true });
});

it("says which peers don't run, and why", () => {
  const directory = mkdtempSync(join(tmpdir(), "laminar-bench-test-"));
  const { status, stdout } = run("--only", "free-sync-1", "--rounds", "1", "--entries", "100", "--commit-ms", "1", "--dir", directory, "--better-sqlite3", directory);
  expect(status).toBe(0);
  expect(stdout).toMatch(/lmdb \d.*classic-level \d/);
  expect(stdout).toContain(stdout.includes("node:sqlite, WAL") ? " SQLite " : `SQLite did not run: better-sqlite3 doesn't load from ${directory}`);
  rmSync(directory, { recursive: true });
});

it("refuses what it can't measure with 2, and says what it takes", () => {
  expect(run("--rounds", "0")).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining('--rounds: a whole number from 1 to 1000 is wanted, not "0"') });
  expect(run("--nonsense")).toMatchObject({ status: 2, stdout: "", stderr: "Unknown option '--nonsense'\nTry --help.\n" });
  expect(run("--", "--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("--commit-ms") });
});

it.skipIf(process.platform === "win32").each([
  ["a sample", ["--only", "append", "--entries", "200000"], "round 1"],
  ["a curve", ["--curves", "--only", "segments"], "10 segments"],
])("removes what it made, and ends by the signal, when it is interrupted during %s", async (_, args, begun) => {
  const directory = mkdtempSync(join(tmpdir(), "laminar-bench-test-"));
  const out = mkdtempSync(join(tmpdir(), "laminar-bench-test-"));
  const child = spawn(process.execPath, [program, ...args, "--dir", directory, ...(args.includes("--curves") ? ["--out", out] : [])], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  for await (const text of child.stderr.setEncoding("utf8")) {
    if (!String(text).includes(begun)) continue;
    while (readdirSync(directory, { recursive: true }).length < 2) await new Promise(setImmediate);
    child.kill("SIGINT");
  }
  expect(await ended).toEqual([null, "SIGINT"]);
  expect(readdirSync(directory)).toEqual([]);
  for (const made of [directory, out]) rmSync(made, { recursive: true });
});
