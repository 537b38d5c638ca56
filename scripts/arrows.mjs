// Draws the packages and their arrows from the real imports, and checks them against the ranks.

import { findBreaches, folderOf, rankOf } from "./arrow-rules.mjs";
import { isMain } from "./process.mjs";
import { importsOf, literalsOf, repositoryFiles, textOf } from "./sources.mjs";

/** @typedef {import("./arrow-rules.mjs").Module} Module */
/** @typedef {import("./arrow-rules.mjs").Manifest} Manifest */

/** @param {readonly string[]} files @returns {Module[]} */
function readModules(files) {
  return files
    .filter((file) => /^(packages|apps)\/[^/]+\/src\/.+\.ts$/.test(file))
    .map((file) => ({ file, imports: importsOf(file, textOf(file)), literals: literalsOf(file, textOf(file)) }));
}

/** @param {readonly string[]} files @returns {Map<string, Manifest>} */
function readManifests(files) {
  const manifests = files.filter((file) => /^(packages|apps)\/[^/]+\/package\.json$/.test(file));
  return new Map(manifests.map((file) => [folderOf(file), JSON.parse(textOf(file))]));
}

/**
 * One line per package, the highest rank first: what it imports at run time, and what only as types.
 *
 * @param {readonly Module[]} modules
 * @param {ReadonlyMap<string, Manifest>} manifests
 */
function draw(modules, manifests) {
  const shown = [...manifests].sort(([a], [b]) => (rankOf(b) ?? 0) - (rankOf(a) ?? 0));
  const width = Math.max(...shown.map(([, { name }]) => name.length));
  return shown.map(([folder, { name }]) => {
    const arrows = modules
      .filter(({ file }) => folderOf(file) === folder && !file.includes("/src/testing/"))
      .flatMap(({ imports }) => imports)
      .filter(({ module }) => module !== undefined && !/^(\.|node:)/.test(module));
    const runTime = new Set(arrows.filter((arrow) => arrow.runTime).map(({ module }) => module ?? ""));
    const typesOnly = new Set(arrows.map(({ module }) => module ?? "").filter((target) => !runTime.has(target)));
    const parts = [
      runTime.size > 0 && `──▶ ${[...runTime].sort().join("  ")}`,
      typesOnly.size > 0 && `┄┄▷ ${[...typesOnly].sort().join("  ")}`,
    ];
    return `  ${rankOf(folder)}  ${name.padEnd(width)}  ${parts.filter(Boolean).join("   ")}`.trimEnd();
  });
}

/** Prints the drawing and every breach. */
export function checkArrows() {
  const files = repositoryFiles();
  const modules = readModules(files);
  const manifests = readManifests(files);
  const breaches = findBreaches(modules, manifests);
  console.log("rank, package, ──▶ imported at run time, ┄┄▷ imported as types only\n");
  console.log(`${draw(modules, manifests).join("\n")}\n`);
  for (const { place, rule } of breaches) console.log(`${place}  ${rule}`);
  const imports = modules.reduce((sum, module) => sum + module.imports.length, 0);
  const verdict = breaches.length === 0 ? "every arrow points down" : `${breaches.length} breaches`;
  console.log(`${imports} imports of ${modules.length} files: ${verdict}`);
  return breaches.length === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

if (isMain(import.meta.url)) process.exitCode = checkArrows().failed;
