import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { root } from "../process.mjs";

/**
 * What can be imported from a package.
 *
 * @typedef {object} Door
 * @property {string} name `@laminar/wal/testing`
 * @property {string} folder of the package, absolute
 * @property {string} file of its types, from the package's folder
 */

/** @returns {Promise<Door[]>} those of all packages, in order */
export async function doorsOf() {
  const folders = (await readdir(path.join(root, "packages"))).sort().map((name) => path.join(root, "packages", name));
  const doors = folders.map(async (folder) => {
    const { name, exports } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    return Object.entries(exports)
      .filter(([, { types }]) => types !== undefined)
      .map(([door, { types }]) => ({ name: name + door.slice(1), folder, file: path.posix.normalize(types) }));
  });
  return (await Promise.all(doors)).flat();
}
