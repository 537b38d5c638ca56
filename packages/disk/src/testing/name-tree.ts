import { type Hash, hashText, named, noContent, sum, toHex } from "./content-hash.ts";
import { applyChange, type DirectoryNode, type NameChange, type Slot, type Slots } from "./directory-node.ts";
import type { FileNode } from "./file-node.ts";
import { remembered } from "./remembered.ts";

export interface NamedFile {
  readonly path: string;
  readonly pathHash: Hash;
  readonly file: FileNode;
}

/** Which names lead where, in one state of the disk. */
export interface NameTree {
  readonly directories: ReadonlySet<string>;
  readonly files: readonly NamedFile[];
  /** Hash of the directories' paths. */
  readonly hash: Hash;
}

const directoryMark: Hash = { high: 0x5d1ec701, low: 0x3c6ef372 };

/** The hash of a directory's path, which is part of a tree's. */
export const hashOfDirectory: (path: string) => Hash = remembered((path) => named(directoryMark, hashText(path === "/" ? "" : path)));

/** The names that are durable, with those `changes` that happened to become so. */
export function durableTree(
  root: DirectoryNode,
  durable: ReadonlyMap<DirectoryNode, Slots>,
  changes: readonly NameChange[],
): NameTree {
  const changed = new Map<DirectoryNode, Map<string, Slot>>();
  const slotsOf = (directory: DirectoryNode): Map<string, Slot> => {
    const slots = changed.get(directory) ?? new Map(durable.get(directory));
    changed.set(directory, slots);
    return slots;
  };
  for (const change of changes) applyChange(change, slotsOf);
  return walk(root, (directory, visit) => {
    for (const [name, { node }] of changed.get(directory) ?? durable.get(directory) ?? []) if (node) visit(name, node);
  });
}

/** The names that programs see. */
export function cachedTree(root: DirectoryNode): NameTree {
  return walk(root, (directory, visit) => {
    for (const [name, node] of directory.entries) visit(name, node);
  });
}

type Visit = (name: string, node: FileNode | DirectoryNode) => void;

function walk(root: DirectoryNode, eachEntry: (directory: DirectoryNode, visit: Visit) => void): NameTree {
  const directories = new Set<string>();
  const files: NamedFile[] = [];
  let hash = noContent;
  const above = new Set<DirectoryNode>();
  const enter = (directory: DirectoryNode, path: string): void => {
    // Renames of directories of which only some became durable may lead in a circle.
    if (above.has(directory)) return;
    above.add(directory);
    directories.add(path === "" ? "/" : path);
    hash = sum(hash, hashOfDirectory(path));
    eachEntry(directory, (name, node) => {
      const entryPath = `${path}/${name}`;
      if (node.kind === "directory") enter(node, entryPath);
      else files.push({ path: entryPath, pathHash: hashText(entryPath), file: node });
    });
    above.delete(directory);
  };
  enter(root, "");
  return { directories, files, hash };
}

/** Equal for trees in which the same names lead to the same files, as told apart by `numberOf`. */
export function treeKey(tree: NameTree, numberOf: (file: FileNode) => number): string {
  let key = tree.hash;
  for (const { file, pathHash } of tree.files) key = sum(key, named({ high: numberOf(file), low: 1 }, pathHash));
  return toHex(key);
}
