// Which package may import what: the ranks of ARCHITECTURE.md as data, and the decisions over them.

import path from "node:path";

/** @typedef {import("./sources.mjs").Import} Import */
/** @typedef {{ file: string, imports: readonly Import[], literals: readonly string[] }} Module */
/** @typedef {{ name: string, dependencies?: Record<string, string> }} Manifest */
/** @typedef {{ place: string, rule: string }} Breach */

/** What of the disk knows no file: checksums, and how arguments are refused. */
const diskDoors = ["@laminar/disk/arguments", "@laminar/disk/checksum"];
/** What the commands of the packages are made of. */
const commandDoor = "@laminar/disk/command-line";
const messagePack = ["msgpackr/pack", "msgpackr/unpack"];

/**
 * What a package's source may name, as a type or at run time.
 *
 * @type {Readonly<Record<string, { rank: number, may: readonly string[] }>>}
 */
const packages = {
  "packages/disk": { rank: 0, may: ["crc-32"] },
  "packages/wal": { rank: 1, may: ["@laminar/disk", ...diskDoors, commandDoor, ...messagePack] },
  "packages/state-snapshot": { rank: 1, may: [...diskDoors, ...messagePack] },
  "packages/checkpoint": { rank: 2, may: ["@laminar/disk", ...diskDoors, commandDoor] },
  "packages/recovery": {
    rank: 3,
    may: ["@laminar/wal", "@laminar/state-snapshot", "@laminar/checkpoint", "@laminar/disk", ...diskDoors, commandDoor],
  },
};

/** @param {string} folder */
export function rankOf(folder) {
  return folder.startsWith("apps/") ? 4 : packages[folder]?.rank;
}

/** `packages/wal/src/log.ts` stands in `packages/wal`. @param {string} file */
export function folderOf(file) {
  return file.split("/").slice(0, 2).join("/");
}

/** `@laminar/disk/checksum` belongs to `@laminar/disk`. @param {string} module */
export function packageOf(module) {
  return module
    .split("/")
    .slice(0, module.startsWith("@") ? 2 : 1)
    .join("/");
}

const fileSystem = /^(node:)?fs(\/|$)/;
const nodeBuiltin = /^node:/;
/** @param {string} module */
const isRelative = (module) => module.startsWith(".");
/** @param {string} file */
const isTesting = (file) => /\/src\/testing\//.test(file);
/** @param {string} file */
const isCore = (file) => file.startsWith("packages/recovery/src/core/");

/**
 * The rule that one import breaks, if it breaks one.
 *
 * @param {string} file
 * @param {Import} found
 * @returns {string | undefined}
 */
export function ruleBroken(file, { module, runTime }) {
  const folder = folderOf(file);
  if (rankOf(folder) === undefined) return `${folder} has no rank`;
  if (folder.startsWith("apps/"))
    return module !== undefined && leavesFolder(file, module) ? "a relative import stays in its package" : undefined;
  if (module === undefined) return "what is imported stands in the source, not in a variable";
  if (isRelative(module)) return relativeRuleBroken(file, module, runTime);
  if (fileSystem.test(module)) return folder === "packages/disk" ? undefined : "only packages/disk imports the file system";
  if (nodeBuiltin.test(module)) return isCore(file) && runTime ? "recovery/src/core imports nothing at run time" : undefined;
  if (isCore(file) && runTime) return "recovery/src/core imports other packages as types only (`import type`)";
  if (isTesting(file) && module === "@laminar/disk/testing" && folder !== "packages/disk") return undefined;
  if (packageOf(module) === "msgpackr" && !messagePack.includes(module))
    return "msgpackr is imported as msgpackr/pack and msgpackr/unpack";
  return packages[folder]?.may.includes(module) ? undefined : `${folder} may import ${packages[folder]?.may.join(", ")}`;
}

/** @param {string} file @param {string} module @param {boolean} runTime */
function relativeRuleBroken(file, module, runTime) {
  const target = path.posix.join(path.posix.dirname(file), module);
  if (leavesFolder(file, module)) return "a relative import stays in its package";
  if (isTesting(target) && !isTesting(file)) return "only src/testing imports src/testing";
  if (isCore(file) && !isCore(target) && runTime) return "recovery/src/core imports nothing at run time from outside it";
  return undefined;
}

/** @param {string} file @param {string} module */
function leavesFolder(file, module) {
  return isRelative(module) && !path.posix.join(path.posix.dirname(file), module).startsWith(`${folderOf(file)}/src/`);
}

/**
 * Everything that is wrong with the imports of `modules` and with what their manifests declare.
 *
 * @param {readonly Module[]} modules
 * @param {ReadonlyMap<string, Manifest>} manifests by folder
 * @returns {Breach[]}
 */
export function findBreaches(modules, manifests) {
  const wrongImports = modules.flatMap(({ file, imports }) =>
    imports.flatMap((found) => {
      const rule = ruleBroken(file, found);
      const name = found.module === undefined ? "a computed import" : `"${found.module}"`;
      return rule === undefined ? [] : [{ place: `${file}:${found.line}`, rule: `${name}: ${rule}` }];
    }),
  );
  return [...wrongImports, ...[...manifests].flatMap(([folder, manifest]) => manifestBreaches(folder, manifest, modules))];
}

/**
 * Imports and `dependencies` agree, both ways. A dependency that is only named in a string (`import.meta.resolve`) is used too.
 *
 * @param {string} folder
 * @param {Manifest} manifest
 * @param {readonly Module[]} modules
 * @returns {Breach[]}
 */
function manifestBreaches(folder, manifest, modules) {
  const own = modules.filter(({ file }) => folderOf(file) === folder);
  const declared = Object.keys(manifest.dependencies ?? {});
  const named = new Set(own.flatMap(({ literals }) => literals.map(packageOf)));
  const undeclared = own.flatMap(({ file, imports }) =>
    imports
      .filter(
        ({ module }) => module !== undefined && !isRelative(module) && !nodeBuiltin.test(module) && !fileSystem.test(module),
      )
      .filter(({ module }) => !declared.includes(packageOf(module ?? "")))
      .map(({ module, line }) => ({
        place: `${file}:${line}`,
        rule: `"${module}": not among the dependencies of ${folder}/package.json`,
      })),
  );
  const unused = declared
    .filter((dependency) => !named.has(dependency))
    .map((dependency) => ({ place: `${folder}/package.json`, rule: `"${dependency}": declared, but nothing in src imports it` }));
  return [...undeclared, ...unused];
}
