import { execFileSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
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

interface Pack {
  readonly size: number;
  readonly unpackedSize: number;
}

function pack(folder: string): Pack {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const [packed] = JSON.parse(output) as readonly Pack[];
  if (packed === undefined) throw new Error(`npm packs nothing of ${folder}`);
  return packed;
}

const tarball = (folder: string): Contestant => ({
  name: `@laminar/${folder}, tarball`,
  role: "ours",
  run: async () => ({ value: pack(join(packages, folder)).size }),
});

const installed = (folder: string): Contestant => ({
  name: `@laminar/${folder}, installed with all dependencies`,
  role: "ours",
  run: async () => ({ value: installedBytes(join(packages, folder)) }),
});

/** Each package once: this repository's by what would be packed of it, others by what lies in their directory. */
function installedBytes(folder: string): number {
  const seen = new Set<string>();
  let bytes = 0;
  const add = (directory: string): void => {
    if (seen.has(directory)) return;
    seen.add(directory);
    const isOwn = directory.startsWith(packages);
    bytes += isOwn ? pack(directory).unpackedSize : bytesBelow(directory);
    const { dependencies = {} } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { dependencies?: Record<string, string> };
    const neighbours = isOwn ? join(directory, "node_modules") : directory.slice(0, directory.lastIndexOf("node_modules") + "node_modules".length);
    for (const name of Object.keys(dependencies)) add(realpathSync(join(neighbours, name)));
  };
  add(folder);
  return bytes;
}
