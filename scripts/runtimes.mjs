// Runs on other runtimes than this one what can differ there, and prints a table.
// Usage: node scripts/runtimes.mjs [--full] [node22] [node24] [node26] [bun] [deno] [TEST …]; all of them by default
//   --full  on a Node the whole test suite as well, which takes as long as it does on this one
//   TEST    a path with a slash: of the suite only what stands there

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { countTests } from "./count.mjs";
import { packAll } from "./packages/pack.mjs";
import { serve } from "./packages/registry.mjs";
import { capture, isMain, root, seconds, show } from "./process.mjs";
import { bring, runtimes } from "./runtimes/bring.mjs";
import { useInstalled } from "./runtimes/install.mjs";

/** @typedef {import("./count.mjs").Count} Count */
/** @typedef {import("./runtimes/bring.mjs").Runtime} Runtime */
/** @typedef {{ runtime: Runtime, what: string, count: Count, took: string }} Row */

const shortProgram = path.join(root, "apps/proof/dist/runtimes/main.js");
/** Half a suite fails by its patience alone where the processors are busy. */
const testTimeoutMs = 600_000;

/**
 * What the programme says in its last line. One that ends without it has failed, whatever its exit code.
 *
 * @param {number} code
 * @param {string} output
 * @returns {Count}
 */
export function countOf(code, output) {
  try {
    const { passed, failed, skipped } = JSON.parse(output.trimEnd().split("\n").at(-1) ?? "");
    if ([passed, failed, skipped].every(Number.isInteger)) return { passed, failed: failed === 0 && code !== 0 ? 1 : failed, skipped };
  } catch {
    // It says something else, or nothing.
  }
  return { passed: 0, failed: 1 };
}

/** @param {Runtime} runtime @param {string} program @returns {Promise<Count>} */
async function runShort({ name, args }, program) {
  const { code, output } = await capture(program, [...args, shortProgram]);
  const count = countOf(code, output);
  if (count.failed > 0) console.log(`FAILED ${name}: the short part\n${output}`);
  return count;
}

/** @param {string} program @param {readonly string[]} paths of tests; all of them if none is named @returns {Promise<Count>} */
async function runSuite(program, paths) {
  const directory = await mkdtemp(path.join(tmpdir(), "laminar-"));
  const file = path.join(directory, "tests.json");
  try {
    const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
    const args = ["run", ...paths, "--root", root, "--testTimeout", `${testTimeoutMs}`, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    // Tests that start `node` by its name are to find this one.
    const env = { ...process.env, PATH: `${path.dirname(program)}${path.delimiter}${process.env.PATH}` };
    const code = await show(program, [vitest, ...args], { env });
    return countTests(await readFile(file, "utf8").then(JSON.parse, () => undefined), code);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** @param {Runtime} runtime @param {string} what @param {(program: string) => Promise<Count>} run @returns {Promise<Row>} */
async function rowOf(runtime, what, run) {
  const started = performance.now();
  try {
    return { runtime, what, count: await run(await bring(runtime)), took: seconds(started) };
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
    return { runtime, what, count: { passed: 0, failed: 1 }, took: seconds(started) };
  }
}

/** @param {readonly Row[]} rows */
function tableOf(rows) {
  const cells = rows.map(({ runtime, what, count, took }) => [
    runtime.name, runtime.version, what, `${count.passed}`, `${count.failed}`, `${count.skipped ?? 0}`, took,
  ]);
  const lines = [["runtime", "version", "what", "passed", "failed", "skipped", "time"], ...cells];
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()).join("\n");
}

/**
 * All runtimes at once, since half of the time of each is waiting.
 *
 * @param {readonly Runtime[]} chosen
 * @returns {Promise<Row[]>}
 */
async function shortRows(chosen) {
  const directory = await mkdtemp(path.join(tmpdir(), "laminar-"));
  try {
    const all = await packAll(path.join(directory, "tarballs"));
    const registry = await serve(all);
    try {
      const rows = chosen.map(async (runtime) => [
        await rowOf(runtime, "short", (program) => runShort(runtime, program)),
        await rowOf(runtime, "installed", (program) => useInstalled(runtime, program, all, registry.url, path.join(directory, runtime.name))),
      ]);
      return (await Promise.all(rows)).flat();
    } finally {
      await registry.close();
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}

/**
 * @param {readonly string[]} names all of them if none is named
 * @param {readonly string[]} [suite] the tests of which the suites are run too, one after the other; none for all of them
 * @returns {Promise<Count>}
 */
export async function checkRuntimes(names, suite) {
  const chosen = runtimes.filter(({ name }) => names.length === 0 || names.includes(name));
  const unknown = names.filter((name) => !runtimes.some((runtime) => runtime.name === name));
  if (unknown.length > 0) throw new RangeError(`${unknown.join(", ")}: the runtimes are ${runtimes.map(({ name }) => name).join(", ")}`);
  const rows = await shortRows(chosen);
  for (const runtime of suite ? chosen.filter(({ kind }) => kind === "node") : []) {
    rows.push(await rowOf(runtime, "suite", (program) => runSuite(program, suite ?? [])));
  }
  console.log(tableOf(rows));
  /** @param {"passed" | "failed" | "skipped"} what */
  const sum = (what) => rows.reduce((total, { count }) => total + (count[what] ?? 0), 0);
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
}

if (isMain(import.meta.url)) {
  const args = process.argv.slice(2);
  const names = args.filter((name) => name !== "--full" && !name.includes("/"));
  const suite = args.includes("--full") ? args.filter((name) => name.includes("/")) : undefined;
  process.exitCode = (await checkRuntimes(names, suite)).failed === 0 ? 0 : 1;
}
