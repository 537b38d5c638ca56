import { mkdir, readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { capture, pnpm, root } from "../process.mjs";

/**
 * @typedef {object} Packed
 * @property {string} name `@laminar/wal`
 * @property {string} folder absolute
 * @property {string} tarball absolute
 * @property {number} bytes of the tarball
 * @property {readonly string[]} doors what can be imported: `@laminar/wal`, `@laminar/wal/testing`
 * @property {readonly string[]} siblings the packages of this repository that it needs, directly or through others
 */

/**
 * Packs every package as it would be published.
 *
 * @param {string} directory takes the tarballs
 * @param {string} [top] the repository's top folder
 * @returns {Promise<Map<string, Packed>>} by name
 */
export async function packAll(directory, top = root) {
  await mkdir(directory);
  const folders = await readdir(path.join(top, "packages"));
  const manifests = new Map();
  for (const folder of folders.map((name) => path.join(top, "packages", name))) {
    const manifest = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    manifests.set(manifest.name, { folder, manifest });
  }
  const [command, args] = pnpm("--recursive", "--filter=./packages/*", "pack", "--out", path.join(directory, "%s.tgz"));
  const { code, output } = await capture(command, args, { cwd: top });
  if (code !== 0) throw new Error(`the packages can't be packed\n${output}`);
  /** @type {Map<string, Packed>} */
  const packed = new Map();
  for (const [name, { folder, manifest }] of manifests) {
    const tarball = path.join(directory, `${name.replace("@", "").replace("/", "-")}.tgz`);
    const doors = Object.keys(manifest.exports)
      .filter((door) => door !== "./package.json")
      .map((door) => name + door.slice(1));
    packed.set(name, { name, folder, tarball, bytes: (await stat(tarball)).size, doors, siblings: siblingsOf(name, manifests) });
  }
  return packed;
}

/**
 * @param {string} name
 * @param {ReadonlyMap<string, { manifest: { dependencies?: Record<string, string> } }>} manifests
 * @returns {string[]}
 */
function siblingsOf(name, manifests) {
  /** @type {Set<string>} */
  const found = new Set();
  /** @param {string} of */
  const follow = (of) => {
    for (const dependency of Object.keys(manifests.get(of)?.manifest.dependencies ?? {})) {
      if (!manifests.has(dependency) || found.has(dependency)) continue;
      found.add(dependency);
      follow(dependency);
    }
  };
  follow(name);
  return [...found];
}
