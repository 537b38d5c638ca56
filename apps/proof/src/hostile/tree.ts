import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Every name below a directory with what stands there, a file with its bytes; locks aside. Nothing is followed. */
export function treeOf(directory: string): ReadonlyMap<string, string> {
  const tree = new Map<string, string>();
  look(directory, "", tree);
  return tree;
}

function look(directory: string, name: string, tree: Map<string, string>): void {
  const path = join(directory, name);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || name.split("/").some((part) => part.startsWith("LOCK"))) return;
  if (stats.isSymbolicLink()) tree.set(name, `link to ${readlinkSync(path)}`);
  else if (stats.isFile()) tree.set(name, `file ${readFileSync(path, "latin1")}`);
  else if (stats.isDirectory()) {
    tree.set(name, "directory");
    for (const child of readdirSync(path)) look(directory, name === "" ? child : `${name}/${child}`, tree);
  } else tree.set(name, `something of mode ${stats.mode.toString(8)}`);
}

/** Names that differ. */
export function changesOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
}

/** Files that were there and are still, with other bytes. */
export function rewritten(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return changesOf(before, after).filter((name) => before.get(name)?.startsWith("file ") === true && after.get(name)?.startsWith("file ") === true);
}
