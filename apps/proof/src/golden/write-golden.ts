import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fixChance, restoreChance } from "../identities.ts";
import type { Expected } from "./expected.ts";
import { type GoldenLife, lives } from "./lives.ts";
import { DATA, EXPECTED, GOLDEN } from "./load-golden.ts";
import { DIRECTORY, type Files } from "./places.ts";

/** The format that this release writes. */
export const VERSION = "v1";

const bytesOf = (expected: Expected): Uint8Array => new TextEncoder().encode(`${JSON.stringify(expected, undefined, 2)}\n`);

/** All files of a golden directory as this release writes it, by path in it. */
export async function goldenFiles(life: GoldenLife, seed: number): Promise<Files> {
  fixChance(seed);
  try {
    const { files, commits } = await life.live();
    const { shows, written } = life;
    const data = [...files].map(([path, bytes]) => [`${DATA}${path.slice(DIRECTORY.length)}`, bytes] as const);
    return new Map([...data, [EXPECTED, bytesOf({ shows, written, commits })]]);
  } finally {
    restoreChance();
  }
}

/** Every golden directory of this release, by name. */
export async function allGoldenFiles(): Promise<ReadonlyMap<string, Files>> {
  const all = new Map<string, Files>();
  for (const [index, life] of lives.entries()) all.set(life.name, await goldenFiles(life, index + 1));
  return all;
}

/** Run by hand, once for a new format: `node apps/proof/dist/golden/write-golden.js`. What is there stays as it is. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, files] of await allGoldenFiles()) {
    const directory = join(GOLDEN, VERSION, name);
    await mkdir(join(GOLDEN, VERSION), { recursive: true });
    await mkdir(directory);
    for (const [path, bytes] of files) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), bytes);
    }
  }
}
