import { execFileSync } from "node:child_process";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Contestant, Row } from "../row.ts";
import { bytesBelow } from "../sizes.ts";

const packages = fileURLToPath(new URL("../../../../packages", import.meta.url));
const folders = ["disk", "wal", "state-snapshot", "checkpoint", "recovery"];

/** What is loaded over the network, and what lies on the disk afterwards with all dependencies. */
export const install: Row = {
  name: "install",
  title: "install",
  unit: "bytes",
  place: "disk",
  start: "once",
  contestants: () => [...folders.map(tarball), ...["wal", "recovery"].map(installed)],
};

/** The manifest's part that is needed. */
interface Manifest {
  readonly files: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

const manifestOf = (directory: string): Manifest => JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;

function tarballBytes(folder: string): number {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const [packed] = JSON.parse(output) as readonly { readonly size: number }[];
  if (packed === undefined) throw new Error(`npm packs nothing of ${folder}`);
  return packed.size;
}

/** What a tarball holds: what the manifest names, and what is always in it. */
function packedBytes(folder: string): number {
  const names = [...manifestOf(folder).files, "package.json", "README.md"];
  return names.map((name) => join(folder, name)).reduce((sum, path) => sum + (statSync(path).isDirectory() ? bytesBelow(path) : statSync(path).size), 0);
}

const tarball = (folder: string): Contestant => ({
  name: `@laminar/${folder}, tarball`,
  role: "ours",
  run: async () => ({ sample: { value: tarballBytes(join(packages, folder)) }, verify: () => undefined }),
});

const installed = (folder: string): Contestant => ({
  name: `@laminar/${folder}, installed`,
  role: "ours",
  run: async () => ({ sample: { value: installedBytes(join(packages, folder)) }, verify: () => undefined }),
});

/** Each package once: this repository's by what would be packed of it, others by what lies in their directory. */
function installedBytes(folder: string): number {
  const seen = new Set<string>();
  let bytes = 0;
  const add = (directory: string): void => {
    if (seen.has(directory)) return;
    seen.add(directory);
    const isOwn = directory.startsWith(packages);
    bytes += isOwn ? packedBytes(directory) : bytesBelow(directory);
    const { dependencies = {} } = manifestOf(directory);
    const neighbours = isOwn ? join(directory, "node_modules") : directory.slice(0, directory.lastIndexOf("node_modules") + "node_modules".length);
    for (const name of Object.keys(dependencies)) add(realpathSync(join(neighbours, name)));
  };
  add(folder);
  return bytes;
}
