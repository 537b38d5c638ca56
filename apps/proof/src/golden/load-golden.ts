import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Committed, type Expected, NOTHING } from "./expected.ts";
import { DIRECTORY, type Files } from "./places.ts";

/** Where golden directories stand, those of each format in a directory of its name. */
export const GOLDEN: string = fileURLToPath(new URL("../../golden", import.meta.url));
/** In each golden directory: what the program's directory holds, and what is expected of it. */
export const DATA = "data";
export const EXPECTED = "expected.json";

/** A directory that some release left, and what has to come back from it. */
export interface Golden extends Expected {
  /** `v1/log-closed`. */
  readonly name: string;
  readonly files: Files;
}

export const newestOf = ({ commits }: Pick<Golden, "commits">): Committed => commits.at(-1) ?? NOTHING;

/** Every golden directory of every format, in the order of their names. */
export async function loadGolden(): Promise<readonly Golden[]> {
  const names: string[] = [];
  for (const version of await directoriesIn(GOLDEN)) for (const name of await directoriesIn(join(GOLDEN, version))) names.push(`${version}/${name}`);
  return Promise.all(names.map(loadOne));
}

async function directoriesIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
}

async function loadOne(name: string): Promise<Golden> {
  const directory = join(GOLDEN, name);
  const expected = JSON.parse(await readFile(join(directory, EXPECTED), "utf8")) as Expected;
  const data = join(directory, DATA);
  const found = (await readdir(data, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = new Map<string, Uint8Array>();
  for (const path of found.map((entry) => join(entry.parentPath, entry.name)).sort()) {
    files.set(`${DIRECTORY}${path.slice(data.length).replaceAll(sep, "/")}`, new Uint8Array(await readFile(path)));
  }
  return { ...expected, name, files };
}
