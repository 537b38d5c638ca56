// What CI runs. Every step runs even if an earlier one failed, except that nothing built can be tested without a build.
// The last line is counted: each test is one, each other check is one.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { checkApi } from "./api-reports.mjs";
import { makeApiReference } from "./api-reference.mjs";
import { checkArrows } from "./arrows.mjs";
import { checkPackages } from "./check-packages.mjs";
import { dryRunRelease } from "./release-dry-run.mjs";
import { checkRuntimes } from "./runtimes.mjs";
import { checkStyle } from "./style.mjs";
import { closingLine, countTests } from "./count.mjs";
import { pnpm, seconds, show } from "./process.mjs";

/** @typedef {import("./count.mjs").Count} Count */

/**
 * @param {readonly [command: string, args: string[]][]} commands
 * @returns {Promise<Count>} one check, which passes if every command does
 */
async function each(...commands) {
  let good = true;
  for (const [command, args] of commands) good = (await show(command, args)) === 0 && good;
  return { passed: good ? 1 : 0, failed: good ? 0 : 1 };
}

/**
 * A step that breaks off has failed, and the next ones still run.
 *
 * @param {() => Promise<Count> | Count} run
 * @returns {Promise<Count>}
 */
async function runOrFail(run) {
  try {
    return await run();
  } catch (error) {
    console.log(error);
    return { passed: 0, failed: 1 };
  }
}

/** @returns {Promise<Count>} */
async function tests() {
  const directory = await mkdtemp(path.join(tmpdir(), "laminar-"));
  try {
    const file = path.join(directory, "tests.json");
    const code = await show(...pnpm("test", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`));
    const report = await readFile(file, "utf8").then(JSON.parse, () => undefined);
    return countTests(report, code);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** @type {readonly { name: string, run: () => Promise<Count> | Count, needsBuild?: boolean }[]} */
const steps = [
  { name: "build", run: () => each(pnpm("build")) },
  { name: "types", run: () => each(pnpm("typecheck"), pnpm("exec", "tsc", "-p", "scripts")), needsBuild: true },
  { name: "lint", run: () => each(pnpm("exec", "oxlint", "--type-aware")) },
  { name: "arrows", run: checkArrows },
  { name: "style", run: checkStyle },
  { name: "tests", run: tests, needsBuild: true },
  { name: "api", run: checkApi, needsBuild: true },
  { name: "docs", run: makeApiReference },
  { name: "packages", run: () => checkPackages(), needsBuild: true },
  { name: "release", run: dryRunRelease, needsBuild: true },
  // The newest of each kind: all of them would take twice as long.
  { name: "runtimes", run: () => checkRuntimes(["node26", "bun", "deno"]), needsBuild: true },
];

/** @type {Count} */
const total = { passed: 0, failed: 0, skipped: 0 };
const lines = [];
let built = false;

for (const { name, run, needsBuild } of steps) {
  if (needsBuild && !built) {
    lines.push(`${name.padEnd(9)} not run: the build failed`);
    continue;
  }
  console.log(`\n── ${name} ${"─".repeat(60 - name.length)}`);
  const started = performance.now();
  const count = await runOrFail(run);
  if (name === "build") built = count.failed === 0;
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped = (total.skipped ?? 0) + (count.skipped ?? 0);
  lines.push(`${name.padEnd(9)} ${count.failed === 0 ? "ok    " : "FAILED"} ${closingLine(count)}, ${seconds(started)}`);
}

console.log(`\n── all ${"─".repeat(57)}\n${lines.join("\n")}\n\n${closingLine(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;
