// A stranger's project on another runtime: its own package manager brings all packages from a registry, and it uses each.

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { importDoors, useSource } from "../packages/consumer.mjs";
import { capture } from "../process.mjs";

/** @typedef {import("../count.mjs").Count} Count */
/** @typedef {import("../packages/pack.mjs").Packed} Packed */
/** @typedef {import("./bring.mjs").Runtime} Runtime */

/** @type {Readonly<Record<Runtime["kind"], (program: string, names: readonly string[]) => [command: string, args: string[]]>>} */
const managers = {
  node: (_, names) => ["npm", ["install", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", ...names]],
  bun: (program, names) => [program, ["add", ...names]],
  deno: (program, names) => [program, ["add", ...names.map((name) => `npm:${name}`)]],
};

/**
 * Counts the install, and for each package whether all its doors can be imported and whether its use works. Prints what fails.
 *
 * @param {Runtime} runtime
 * @param {string} program the runtime's
 * @param {ReadonlyMap<string, Packed>} all
 * @param {string} registry where they are served
 * @param {string} directory one that isn't there yet
 * @returns {Promise<Count>}
 */
export async function useInstalled(runtime, program, all, registry, directory) {
  const count = { passed: 0, failed: 0 };
  for await (const [what, { code, output }] of steps(runtime, program, all, registry, directory)) {
    count[code === 0 ? "passed" : "failed"] += 1;
    if (code !== 0) console.log(`FAILED ${runtime.name}: ${what}\n${output}`);
  }
  return count;
}

/**
 * @param {Runtime} runtime
 * @param {string} program
 * @param {ReadonlyMap<string, Packed>} all
 * @param {string} registry
 * @param {string} directory
 * @returns {AsyncGenerator<[what: string, done: { code: number, output: string }]>}
 */
async function* steps(runtime, program, all, registry, directory) {
  await mkdir(directory);
  await writeFile(path.join(directory, "package.json"), JSON.stringify({ name: "stranger", private: true, type: "module" }));
  await writeFile(path.join(directory, ".npmrc"), `@laminar:registry=${registry}/\n`);
  // A cache that outlives this run would hold what had these versions in another one.
  const cache = path.join(directory, ".cache");
  const caches = { npm_config_cache: cache, BUN_INSTALL_CACHE_DIR: cache, DENO_DIR: cache };
  const env = { ...process.env, ...caches, PATH: `${path.dirname(program)}${path.delimiter}${process.env.PATH}` };
  const [command, args] = managers[runtime.kind](program, [...all.keys()]);
  const installed = await capture(command, args, { cwd: directory, env });
  yield ["install", installed];
  if (installed.code !== 0) return;
  const run = [program, ...runtime.args];
  for (const packed of all.values()) {
    yield [`the doors of ${packed.name}`, await importDoors(directory, packed, run)];
    yield [`a use of ${packed.name}`, await useSource(directory, packed, run)];
  }
}
