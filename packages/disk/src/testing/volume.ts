import type { DirectoryEntry, PathStatus } from "../disk.ts";
import { diskErrorFor, notAFileError } from "../errno.ts";
import { applyChange, DirectoryNode, type NameChange, type Node, type Slot, touches } from "./directory-node.ts";
import { FileNode } from "./file-node.ts";
import { forkNodes } from "./fork-nodes.ts";
import { reachableChanges } from "./reachable.ts";
import { remembered } from "./remembered.ts";
import { namesOf } from "./volume-path.ts";

const encoder = new TextEncoder();
const nameBytesMax = 255;
const bytesOfCharacterMax = 3;

/** The name that a call is about: it may lead to nothing yet. */
interface Place {
  readonly directory: DirectoryNode;
  readonly name: string;
  readonly node: Node | undefined;
}

/** The files and directories of a simulated disk, as programs see them and as far as they are durable. */
export class Volume {
  readonly root: DirectoryNode;
  #unsyncedNames: readonly NameChange[];
  #changes: number;
  #usedBytes: number;
  #spaceLimit = Infinity;

  constructor(root: DirectoryNode, unsyncedNames: readonly NameChange[] = [], changes = 0) {
    this.root = root;
    this.#unsyncedNames = unsyncedNames;
    this.#changes = changes;
    this.#usedBytes = sizeOfFiles(root);
  }

  /** How many changes were made: the number of the next. */
  get changes(): number {
    return this.#changes;
  }

  /** In the order in which they were made. */
  get unsyncedNames(): readonly NameChange[] {
    return this.#unsyncedNames;
  }

  /** The same state on a machine of its own. Handles stay behind. */
  fork(): Volume {
    const { root, unsyncedNames } = forkNodes(this.root, this.#unsyncedNames);
    return new Volume(root, unsyncedNames, this.#changes);
  }

  limitSpace(bytes: number): void {
    this.#spaceLimit = bytes;
  }

  stat(operation: string, path: string): PathStatus | undefined {
    if (path === "") return undefined;
    let node: Node | undefined = this.root;
    for (const name of checkedNames(operation, path)) node = node?.kind === "directory" ? node.entries.get(name) : undefined;
    if (node?.kind !== "file") return node && { kind: node.kind, size: 0, revision: "" };
    return { kind: node.kind, size: node.size, revision: node.revision };
  }

  list(operation: string, path: string): readonly DirectoryEntry[] {
    const directory = this.#directory(operation, path);
    return [...directory.entries].map(([name, { kind }]) => ({ name, kind }));
  }

  open(path: string): FileNode {
    const file = this.file("open", path);
    file.handles += 1;
    return file;
  }

  /** The file that the name leads to now. */
  file(operation: string, path: string): FileNode {
    const { node } = this.#place(operation, path);
    if (node === undefined) throw diskErrorFor(operation, path, "ENOENT");
    if (node.kind !== "file") throw notAFileError(operation, path);
    return node;
  }

  create(path: string): FileNode {
    const place = this.#place("create", path);
    if (place.node !== undefined) throw diskErrorFor("create", path, "EEXIST");
    const file = new FileNode(this.#changes++);
    file.handles = 1;
    this.#setName(place, file);
    return file;
  }

  close(file: FileNode): void {
    file.handles -= 1;
    this.#freeIfUnused(file);
  }

  makeDirectory(path: string): void {
    const place = this.#place("makeDirectory", path);
    if (place.node !== undefined) throw diskErrorFor("makeDirectory", path, "EEXIST");
    this.#setName(place, new DirectoryNode());
  }

  removeDirectory(path: string): void {
    const place = this.#place("removeDirectory", path);
    if (place.node === undefined) throw diskErrorFor("removeDirectory", path, "ENOENT");
    if (place.node.kind !== "directory") throw diskErrorFor("removeDirectory", path, "ENOTDIR");
    if (place.node === this.root) throw diskErrorFor("removeDirectory", path, "EBUSY");
    if (place.node.entries.size > 0) throw diskErrorFor("removeDirectory", path, "ENOTEMPTY");
    this.#setName(place, undefined);
  }

  remove(path: string): void {
    const place = this.#place("remove", path);
    if (place.node === undefined) throw diskErrorFor("remove", path, "ENOENT");
    if (place.node.kind !== "file") throw diskErrorFor("remove", path, "EISDIR");
    this.#setName(place, undefined);
  }

  rename(from: string, to: string): void {
    const source = this.#place("rename", from);
    const target = this.#place("rename", to);
    const refusal = this.#refusalOfRename(source, target, to);
    if (refusal !== undefined) throw diskErrorFor("rename", from, refusal);
    if (source.node === undefined || source.node === target.node) return;
    source.directory.entries.delete(source.name);
    this.#setName(target, source.node, source);
  }

  /** The bytes that a write of `length` at `position` may take; fails when that is none. */
  takeSpace(operation: string, path: string, file: FileNode, position: number, length: number): number {
    const growth = Math.max(0, position + length - file.size);
    const free = Math.max(0, this.#spaceLimit - this.#usedBytes);
    const taken = growth <= free ? length : file.size + free - position;
    if (taken <= 0) throw diskErrorFor(operation, path, "ENOSPC");
    return taken;
  }

  write(file: FileNode, position: number, source: Uint8Array): void {
    const before = file.size;
    file.write(position, source, this.#changes++);
    this.#usedBytes += file.size - before;
  }

  /** Makes durable what was changed before the change number `end`. */
  syncDirectory(path: string, end: number): void {
    const directory = this.#directory("syncDirectory", path);
    const isSynced = (change: NameChange): boolean => !change.lost && change.change < end && touches(change, directory);
    this.#makeDurable(this.#unsyncedNames.filter(isSynced));
    const unsynced = this.#unsyncedNames.filter((change) => !isSynced(change));
    this.#unsyncedNames = reachableChanges(this.root, unsynced);
    this.#forgetRemovedNames(directory);
  }

  failSyncDirectory(path: string): void {
    const directory = this.#directory("syncDirectory", path);
    this.#unsyncedNames = this.#unsyncedNames.map((change) => (touches(change, directory) ? { ...change, lost: true } : change));
  }

  /** Fails as a sync of the directory would, without one. */
  checkDirectory(path: string): void {
    this.#directory("syncDirectory", path);
  }

  #makeDurable(changes: readonly NameChange[]): void {
    const changed = new Map<DirectoryNode, Map<string, Slot>>();
    const slotsOf = (directory: DirectoryNode): Map<string, Slot> => {
      const slots = changed.get(directory) ?? new Map(directory.durable);
      changed.set(directory, slots);
      return slots;
    };
    for (const change of changes) applyChange(change, slotsOf);
    for (const [directory, slots] of changed) directory.durable = slots;
  }

  /** A removed name is remembered only while an older change of it could still come to the disk. */
  #forgetRemovedNames(directory: DirectoryNode): void {
    if (this.#unsyncedNames.some((change) => touches(change, directory))) return;
    directory.durable = new Map([...directory.durable].filter(([, { node }]) => node !== undefined));
  }

  #setName(place: Place, node: Node | undefined, from?: Place): void {
    const { directory, name } = place;
    if (node === undefined) directory.entries.delete(name);
    else directory.entries.set(name, node);
    this.#unsyncedNames = [...this.#unsyncedNames, { change: this.#changes++, directory, name, node, from, lost: false }];
    if (place.node?.kind !== "file") return;
    place.node.isNamed = false;
    this.#freeIfUnused(place.node);
  }

  #freeIfUnused(file: FileNode): void {
    if (!file.isNamed && file.handles === 0) this.#usedBytes -= file.size;
  }

  #refusalOfRename(source: Place, target: Place, to: string): string | undefined {
    if (source.node === undefined) return "ENOENT";
    if (source.node === target.node) return undefined;
    if (source.node === this.root || target.node === this.root) return "EBUSY";
    if (source.node.kind === "file") return target.node?.kind === "directory" ? "EISDIR" : undefined;
    if (this.#leadsThrough(to, source.node)) return "EINVAL";
    if (target.node?.kind === "file") return "ENOTDIR";
    return target.node !== undefined && target.node.entries.size > 0 ? "ENOTEMPTY" : undefined;
  }

  #leadsThrough(path: string, directory: DirectoryNode): boolean {
    let node: Node | undefined = this.root;
    for (const name of namesOf(path)) {
      node = node?.kind === "directory" ? node.entries.get(name) : undefined;
      if (node === directory) return true;
    }
    return false;
  }

  #directory(operation: string, path: string): DirectoryNode {
    const { node } = this.#place(operation, path);
    if (node === undefined) throw diskErrorFor(operation, path, "ENOENT");
    if (node.kind !== "directory") throw diskErrorFor(operation, path, "ENOTDIR");
    return node;
  }

  #place(operation: string, path: string): Place {
    if (path === "") throw diskErrorFor(operation, path, "ENOENT");
    const names = checkedNames(operation, path);
    const name = names.at(-1);
    if (name === undefined) return { directory: this.root, name: "", node: this.root };
    let directory = this.root;
    for (const step of names.slice(0, -1)) {
      const next = directory.entries.get(step);
      if (next === undefined) throw diskErrorFor(operation, path, "ENOENT");
      if (next.kind !== "directory") throw diskErrorFor(operation, path, "ENOTDIR");
      directory = next;
    }
    return { directory, name, node: directory.entries.get(name) };
  }
}

/** What no disk takes about a path: looked for once. */
const problemOf = remembered((path): "none" | "a NUL" | "a long name" => {
  const isTooLong = (name: string): boolean => name.length * bytesOfCharacterMax > nameBytesMax && encoder.encode(name).length > nameBytesMax;
  if (path.includes("\0")) return "a NUL";
  return namesOf(path).some(isTooLong) ? "a long name" : "none";
});

function checkedNames(operation: string, path: string): readonly string[] {
  const problem = problemOf(path);
  if (problem === "a NUL") throw new TypeError(`${operation}: no path has a NUL in it: ${JSON.stringify(path)}.`);
  if (problem === "a long name") throw diskErrorFor(operation, path, "ENAMETOOLONG");
  return namesOf(path);
}

function sizeOfFiles(directory: DirectoryNode): number {
  let bytes = 0;
  for (const node of directory.entries.values()) bytes += node.kind === "file" ? node.size : sizeOfFiles(node);
  return bytes;
}
