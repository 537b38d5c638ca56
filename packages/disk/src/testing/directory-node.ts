import type { FileNode } from "./file-node.ts";

export type Node = FileNode | DirectoryNode;

/** What a name is known to lead to, or that it leads nowhere, since a change. */
export interface Slot {
  readonly node: Node | undefined;
  readonly change: number;
}

/** The durable names of a directory. Never changed in place: images keep it. */
export type Slots = ReadonlyMap<string, Slot>;

/** A directory's names as programs see them, and those that are durable. */
export class DirectoryNode {
  readonly kind = "directory" as const;
  readonly entries: Map<string, Node> = new Map();
  durable: Slots = new Map();
}

/** A name's change that isn't durable yet; a rename is one change of two names. */
export interface NameChange {
  readonly change: number;
  readonly directory: DirectoryNode;
  readonly name: string;
  /** What the name leads to afterwards. */
  readonly node: Node | undefined;
  /** The name that a rename takes away. */
  readonly from?: { readonly directory: DirectoryNode; readonly name: string } | undefined;
  /** A sync of the directory failed: no later sync makes it durable. */
  readonly lost: boolean;
}

export function touches(change: NameChange, directory: DirectoryNode): boolean {
  return change.directory === directory || change.from?.directory === directory;
}

/**
 * Applies changes to durable names, of which `slotsOf` gives a copy that may change. Changes may come in any order and with
 * gaps: a name keeps the latest that was applied to it.
 */
export function applyChange(change: NameChange, slotsOf: (directory: DirectoryNode) => Map<string, Slot>): void {
  const slots = slotsOf(change.directory);
  if ((slots.get(change.name)?.change ?? -1) < change.change) slots.set(change.name, change);
  if (change.from === undefined) return;
  const sources = slotsOf(change.from.directory);
  const source = sources.get(change.from.name);
  // Another file may have the old name by now, and keeps it.
  if (source === undefined || (source.node === change.node && source.change < change.change)) {
    sources.set(change.from.name, { node: undefined, change: change.change });
  }
}
