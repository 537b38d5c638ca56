import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The version of an installed package. Not every package lets its manifest be imported. */
export function packageVersion(name: string): string {
  for (let directory = dirname(createRequire(import.meta.url).resolve(name)); directory !== dirname(directory); directory = dirname(directory)) {
    const manifest = manifestOf(directory);
    if (manifest?.name === name) return manifest.version;
  }
  return "of unknown version";
}

function manifestOf(directory: string): { readonly name: string; readonly version: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { name: string; version: string };
  } catch {
    return undefined;
  }
}
