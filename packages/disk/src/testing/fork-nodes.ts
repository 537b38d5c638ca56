import { DirectoryNode, type NameChange, type Node } from "./directory-node.ts";

/** A copy of all nodes that a program sees or that a power cut could bring back. File content is shared until it changes. */
export function forkNodes(
  root: DirectoryNode,
  unsyncedNames: readonly NameChange[],
): { readonly root: DirectoryNode; readonly unsyncedNames: readonly NameChange[] } {
  const copies = new Map<Node, Node>();
  const copyOfDirectory = (directory: DirectoryNode): DirectoryNode => {
    const known = copies.get(directory);
    if (known?.kind === "directory") return known;
    const copy = new DirectoryNode();
    copies.set(directory, copy);
    for (const [name, node] of directory.entries) copy.entries.set(name, copyOf(node));
    copy.durable = new Map(
      [...directory.durable].map(([name, { node, change }]) => [name, { node: node && copyOf(node), change }]),
    );
    return copy;
  };
  const copyOf = (node: Node): Node => {
    if (node.kind === "directory") return copyOfDirectory(node);
    const copy = copies.get(node) ?? node.fork();
    copies.set(node, copy);
    return copy;
  };
  return {
    root: copyOfDirectory(root),
    unsyncedNames: unsyncedNames.map((change) => ({
      ...change,
      directory: copyOfDirectory(change.directory),
      node: change.node && copyOf(change.node),
      from: change.from && { directory: copyOfDirectory(change.from.directory), name: change.from.name },
    })),
  };
}
