// Packs every package as it would be published and uses it as a stranger would.
// Usage: node scripts/check-packages.mjs [FOLDER …], with the folders' names under packages/; all of them by default

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { arrived, bundleBytes, compile, importDoors, install, installedBytes, requireDoors, use } from "./packages/consumer.mjs";
import { packAll } from "./packages/pack.mjs";
import { capture, isMain, root, seconds } from "./process.mjs";

/** @typedef {import("./packages/pack.mjs").Packed} Packed */
/** @typedef {{ name: string, problem?: string | undefined, note?: string }} Result */

const tarballBytesMost = 150_000;
const installedBytesMost = 4_000_000;

/** The most bytes that each one's main door may add to a bundle (a tenth above what it does), and all that its install brings. */
const budgets = new Map([
  ["@laminar/disk", { bundle: 22_000, brings: ["crc-32"] }],
  ["@laminar/state-snapshot", { bundle: 45_000, brings: ["@laminar/disk", "crc-32"] }],
  ["@laminar/wal", { bundle: 150_000, brings: ["@laminar/disk", "crc-32", "msgpackr"] }],
  ["@laminar/checkpoint", { bundle: 56_000, brings: ["@laminar/disk", "crc-32"] }],
  [
    "@laminar/recovery",
    { bundle: 250_000, brings: ["@laminar/checkpoint", "@laminar/disk", "@laminar/state-snapshot", "@laminar/wal", "crc-32", "msgpackr"] },
  ],
]);

/** @param {number} bytes */
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
/** @param {string} name */
const tool = (name) => path.join(root, "node_modules/.bin", name);

/** @param {string} name @param {{ code: number, output: string }} done @returns {Result} */
const outcome = (name, { code, output }) => ({ name, problem: code === 0 ? undefined : output.trim() || `exit code ${code}` });

/** @param {string} name @param {number} bytes @param {number} most @returns {Result} */
function weigh(name, bytes, most) {
  return {
    name,
    note: kilobytes(bytes),
    problem: bytes > most ? `${kilobytes(bytes)}; ${kilobytes(most)} is the most` : undefined,
  };
}

/**
 * A source file that was renamed or removed leaves its old output behind, which would be published.
 *
 * @param {Packed} packed
 * @returns {Promise<Result>}
 */
async function checkOutput({ folder }) {
  const list = async (/** @type {string} */ name) => readdir(path.join(folder, name), { recursive: true });
  const sources = new Set(await list("src"));
  const stale = (await list("dist")).filter((file) => file.endsWith(".js") && !sources.has(file.replace(/\.js$/, ".ts")));
  return {
    name: "dist mirrors src",
    problem: stale.length === 0 ? undefined : `no source for dist/${stale.join(", dist/")}: remove dist and build again`,
  };
}

/** @param {Packed} packed @param {string} directory @returns {Promise<Result>} */
async function checkArrivals({ name }, directory) {
  const wanted = [name, ...(budgets.get(name)?.brings ?? [])].sort().join(", ");
  const found = (await arrived(directory)).join(", ");
  return { name: "arrivals", problem: found === wanted ? undefined : `an install brings ${found}; it should be ${wanted}` };
}

/** @param {Packed} packed @param {ReadonlyMap<string, Packed>} all @param {string} directory @returns {AsyncGenerator<Result>} */
async function* checksOf(packed, all, directory) {
  yield checkOutput(packed);
  yield weigh("tarball", packed.bytes, tarballBytesMost);
  yield outcome("publint", await capture(tool("publint"), [packed.tarball, "--strict"]));
  yield outcome("attw", await capture(tool("attw"), [packed.tarball, "--profile", "esm-only", "--no-emoji", "--no-color"]));
  const installed = outcome("npm install", await install(directory, packed, all));
  yield installed;
  if (installed.problem !== undefined) return;
  yield weigh("installed", await installedBytes(directory), installedBytesMost);
  yield checkArrivals(packed, directory);
  yield weigh("bundle", await bundleBytes(directory, packed.name), budgets.get(packed.name)?.bundle ?? 0);
  yield outcome("import", await importDoors(directory, packed));
  yield outcome("require", await requireDoors(directory, packed));
  const compiled = outcome("strict TypeScript", await compile(directory, packed));
  yield compiled;
  if (compiled.problem === undefined) yield outcome("use", await use(directory));
}

/**
 * Prints a line for each package, and what is wrong with it.
 *
 * @param {readonly string[]} folders
 */
export async function checkPackages(folders = []) {
  const directory = await mkdtemp(path.join(tmpdir(), "laminar-"));
  const count = { passed: 0, failed: 0 };
  try {
    const all = await packAll(path.join(directory, "tarballs"));
    const chosen = [...all.values()].filter(({ folder }) => folders.length === 0 || folders.includes(path.basename(folder)));
    if (chosen.length < folders.length) throw new RangeError(`not all of ${folders.join(", ")} stand in packages/`);
    for (const packed of chosen) {
      const started = performance.now();
      const results = [];
      for await (const result of checksOf(packed, all, path.join(directory, path.basename(packed.folder)))) results.push(result);
      const words = results.map(({ name, problem, note }) =>
        [problem === undefined ? "" : "FAILED:", name, note].filter(Boolean).join(" "),
      );
      console.log(`${packed.name.padEnd(24)} ${words.join(", ")}  (${seconds(started)})`);
      const problems = results.filter(({ problem }) => problem !== undefined);
      for (const { name, problem } of problems) console.log(`\n${packed.name}: ${name}\n${problem}\n`);
      count.failed += problems.length;
      count.passed += results.length - problems.length;
    }
  } finally {
    await rm(directory, { recursive: true });
  }
  return count;
}

if (isMain(import.meta.url)) process.exitCode = (await checkPackages(process.argv.slice(2))).failed === 0 ? 0 : 1;
