// A stranger's project: an empty folder into which one package is installed, as it would be published.

import { cp, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { rolldown } from "rolldown";
import { capture, root } from "../process.mjs";

/** @typedef {import("./pack.mjs").Packed} Packed */

const tsc = path.join(path.dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

const strict = {
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2022"],
    types: [],
    module: "NodeNext",
    strict: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    outDir: "out",
  },
  files: ["doors.ts", "use.ts"],
};

/**
 * Installs a package and nothing else. What it needs of its siblings comes from their tarballs, as nothing is published yet;
 * optional dependencies are left out, because everything has to work without them.
 *
 * @param {string} directory
 * @param {Packed} packed
 * @param {ReadonlyMap<string, Packed>} all
 */
export async function install(directory, packed, all) {
  await mkdir(directory);
  const overrides = Object.fromEntries(packed.siblings.map((name) => [name, `file:${all.get(name)?.tarball}`]));
  const manifest = {
    name: "stranger",
    private: true,
    type: "module",
    dependencies: { [packed.name]: `file:${packed.tarball}` },
    overrides,
  };
  await writeFile(path.join(directory, "package.json"), JSON.stringify(manifest, null, 2));
  const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
  return capture("npm", ["install", "--prefer-offline", "--omit=optional", ...quiet], { cwd: directory });
}

/**
 * Imports every door, each of which must export something.
 *
 * @param {string} directory
 * @param {Packed} packed
 * @param {readonly string[]} [runtime] the program that runs it, and its arguments
 */
export async function importDoors(directory, { doors }, runtime) {
  const lines = doors.map((door) => `doors[${JSON.stringify(door)}] = await import(${JSON.stringify(door)});`);
  return runFile(directory, "doors.mjs", ["const doors = {};", ...lines, sayEmptyDoors], runtime);
}

/** Takes every door with `require()`. @param {string} directory @param {Packed} packed */
export async function requireDoors(directory, { doors }) {
  const lines = doors.map((door) => `doors[${JSON.stringify(door)}] = require(${JSON.stringify(door)});`);
  return runFile(directory, "doors.cjs", ["const doors = {};", ...lines, sayEmptyDoors]);
}

const sayEmptyDoors = `const empty = Object.keys(doors).filter((name) => Object.keys(doors[name]).length === 0);
if (empty.length > 0) throw new Error(empty.join(", ") + " exports nothing");`;

/** @param {string} directory @param {string} file @param {readonly string[]} lines @param {readonly string[]} [runtime] */
async function runFile(directory, file, lines, [program = process.execPath, ...args] = []) {
  await writeFile(path.join(directory, file), `${lines.join("\n")}\n`);
  return capture(program, [...args, file], { cwd: directory });
}

/**
 * Compiles a use of the package, and every door, with strict settings and no types of Node.
 *
 * @param {string} directory
 * @param {Packed} packed
 */
export async function compile(directory, { folder, doors }) {
  const namespaces = doors.map((door, index) => `import * as door${index} from ${JSON.stringify(door)};`);
  const exported = `export const doors: readonly object[] = [${doors.map((_, index) => `door${index}`).join(", ")}];`;
  await writeFile(path.join(directory, "doors.ts"), `${[...namespaces, exported].join("\n")}\n`);
  await cp(path.join(root, "scripts/consumers", `${path.basename(folder)}.ts`), path.join(directory, "use.ts"));
  await writeFile(path.join(directory, "tsconfig.json"), JSON.stringify(strict, null, 2));
  return capture(process.execPath, [tsc, "-p", "tsconfig.json"], { cwd: directory });
}

/**
 * Runs what `compile` made of the use: it gets an empty directory and throws if what it sees is wrong.
 *
 * @param {string} directory
 */
export async function use(directory) {
  await mkdir(path.join(directory, "data"));
  return runFile(directory, "use.mjs", [`import { use } from "./out/use.js";`, `await use("data");`]);
}

/**
 * Runs the use as it is written, by a runtime that takes TypeScript.
 *
 * @param {string} directory
 * @param {Packed} packed
 * @param {readonly string[]} runtime
 */
export async function useSource(directory, { folder }, runtime) {
  const name = path.basename(folder);
  await cp(path.join(root, "scripts/consumers", `${name}.ts`), path.join(directory, `${name}.ts`));
  await mkdir(path.join(directory, "data", name), { recursive: true });
  return runFile(directory, "use.mjs", [`import { use } from "./${name}.ts";`, `await use("data/${name}");`], runtime);
}

/** The names of all packages that the install brought, in order. @param {string} directory @returns {Promise<string[]>} */
export async function arrived(directory) {
  const modules = path.join(directory, "node_modules");
  const names = (await readdir(modules)).filter((name) => !name.startsWith("."));
  const each = names.map(async (name) => (name.startsWith("@") ? (await readdir(path.join(modules, name))).map((inner) => `${name}/${inner}`) : [name]));
  return (await Promise.all(each)).flat().sort();
}

/**
 * What everything that the main door exports adds to a program that is bundled, minified; Node's own modules stay outside.
 *
 * @param {string} directory
 * @param {string} name
 * @returns {Promise<number>} bytes
 */
export async function bundleBytes(directory, name) {
  const entry = path.join(directory, "bundled.mjs");
  await writeFile(entry, `export * from ${JSON.stringify(name)};\n`);
  const bundle = await rolldown({ input: entry, cwd: directory, platform: "node", external: /^node:/ });
  try {
    const { output } = await bundle.generate({ format: "esm", minify: true });
    return output.reduce((sum, part) => sum + (part.type === "chunk" ? Buffer.byteLength(part.code) : 0), 0);
  } finally {
    await bundle.close();
  }
}

/** What the install weighs. @param {string} directory @returns {Promise<number>} bytes */
export async function installedBytes(directory) {
  const entries = await readdir(path.join(directory, "node_modules"), { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(path.join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
