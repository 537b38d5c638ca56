import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Bytes of all files below a directory, by their length. */
export function bytesBelow(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
