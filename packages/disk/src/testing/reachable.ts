import type { DirectoryNode, NameChange, Node } from "./directory-node.ts";
import type { FileNode } from "./file-node.ts";

export interface ReachableNodes {
  readonly directories: ReadonlySet<DirectoryNode>;
  readonly files: ReadonlySet<FileNode>;
}

/** All that a power cut could leave a name of: by durable names, and by those that may have become durable. */
export function reachableNodes(root: DirectoryNode, unsyncedNames: readonly NameChange[]): ReachableNodes {
  const directories = new Set<DirectoryNode>();
  const files = new Set<FileNode>();
  const visit = (node: Node | undefined): void => {
    if (node === undefined) return;
    if (node.kind === "file") {
      files.add(node);
      return;
    }
    if (directories.has(node)) return;
    directories.add(node);
    for (const slot of node.durable.values()) visit(slot.node);
    for (const change of unsyncedNames) if (change.directory === node) visit(change.node);
  };
  visit(root);
  return { directories, files };
}

/** The changes that matter: those of directories that still have, or could get back, a name. */
export function reachableChanges(root: DirectoryNode, unsyncedNames: readonly NameChange[]): readonly NameChange[] {
  const { directories } = reachableNodes(root, unsyncedNames);
  return unsyncedNames.filter(({ directory, from }) => directories.has(directory) || (from && directories.has(from.directory)));
}
