// Brings runtimes from the npm registry into a directory of their own: neither a dependency nor a line in the lock file.

import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { capture, root } from "../process.mjs";

/** @typedef {{ name: string, kind: "node" | "bun" | "deno", version: string, package: string, bin: string, args: readonly string[] }} Runtime */

const { platform, arch } = process;
const nodePlatform = platform === "win32" ? "win" : platform;
// What the package `node` installs by its script; taken directly, nothing that is installed here runs a script.
const nodePackage = `${platform === "darwin" && arch === "arm64" ? "node-bin" : "node"}-${nodePlatform}-${arch}`;
const nodeBin = platform === "win32" ? "bin/node.exe" : "bin/node";

/** @param {string} name @param {string} version @returns {Runtime} */
const node = (name, version) => ({ name, kind: "node", version, package: nodePackage, bin: `${nodePackage}/${nodeBin}`, args: [] });

/**
 * Exact versions, the newest of their lines when they were written here: a red run then says that Laminar changed, not that a
 * runtime did. Node 20 is what runs everything else. Of Bun and Deno the optional dependency for this machine holds the binary.
 *
 * @type {readonly Runtime[]}
 */
export const runtimes = [
  node("node22", "22.23.3"),
  node("node24", "24.21.0"),
  node("node26", "26.10.0"),
  { name: "bun", kind: "bun", version: "1.4.5", package: "bun", bin: "@oven/*/bin/bun", args: [] },
  { name: "deno", kind: "deno", version: "2.9.6", package: "deno", bin: "@deno/*/deno", args: ["run", "--allow-all"] },
];

/**
 * Installs it unless an earlier run did.
 *
 * @param {Runtime} runtime
 * @returns {Promise<string>} the path of its program
 */
export async function bring(runtime) {
  const home = path.join(root, "node_modules/.cache/laminar-runtimes");
  const directory = path.join(home, `${runtime.name}-${runtime.version}`);
  if ((await find(directory, runtime.bin)) === undefined) {
    const unfinished = path.join(home, `.${runtime.name}-${process.pid}`);
    await mkdir(unfinished, { recursive: true });
    try {
      await writeFile(path.join(unfinished, "package.json"), `${JSON.stringify({ name: "runtimes", private: true })}\n`);
      const quiet = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
      const { code, output } = await capture("npm", ["install", ...quiet, `${runtime.package}@${runtime.version}`], { cwd: unfinished });
      if (code !== 0) throw new Error(`${runtime.package}@${runtime.version} couldn't be installed:\n${output}`);
      // Half an install must not look like one to the next run.
      await rm(directory, { recursive: true, force: true });
      await rename(unfinished, directory);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  }
  const program = await find(directory, runtime.bin);
  if (program === undefined) throw new Error(`${runtime.package}@${runtime.version} brings no program for ${platform} ${arch}`);
  return program;
}

/**
 * @param {string} directory
 * @param {string} bin a path under node_modules, one part of which may be `*`
 */
async function find(directory, bin) {
  let found = [path.join(directory, "node_modules")];
  for (const part of bin.split("/")) {
    const below = found.map(async (parent) => (part === "*" ? await namesIn(parent) : [part]).map((name) => path.join(parent, name)));
    found = (await Promise.all(below)).flat();
  }
  for (const program of found) if (await stands(program)) return program;
  return undefined;
}

/** @param {string} file */
const stands = (file) => stat(file).then(() => true, () => false);
/** @param {string} directory @returns {Promise<string[]>} */
const namesIn = (directory) => readdir(directory).catch(() => []);
