import { type Hash, named, noContent, sum, toHex } from "./content-hash.ts";
import { DirectoryNode, type Node, type Slot } from "./directory-node.ts";
import { FileNode } from "./file-node.ts";
import type { FileState } from "./file-state.ts";
import { cachedTree, hashOfDirectory, type NameTree } from "./name-tree.ts";
import type { DiskImage, SimulatedDisk } from "./simulated-disk.ts";
import type { FileStates } from "./unsynced-state.ts";
import { Volume } from "./volume.ts";

/** Starts a machine on a volume. */
export type Start = (volume: Volume) => SimulatedDisk;

/** Names and contents of one state, and their hash. */
interface Content {
  readonly names: NameTree;
  readonly stateOf: (file: FileNode) => FileState;
  readonly hash: Hash;
}

/** What a killed process leaves: everything, and what isn't synced is still unsynced. */
export function killedImage(volume: Volume, start: Start): DiskImage {
  const frozen = volume.fork();
  const names = cachedTree(frozen.root);
  let hash = names.hash;
  for (const { file, pathHash } of names.files) hash = sum(hash, named(file.cachedState().hash, pathHash));
  return new Image({ names, stateOf: (file) => file.cachedState(), hash }, () => start(frozen.fork()));
}

/** What a power cut leaves: all of it durable. */
export function powerCutImage(names: NameTree, hash: Hash, states: readonly FileStates[], start: Start): DiskImage {
  const stateOf = (file: FileNode): FileState => {
    for (const map of states) {
      const state = map.get(file);
      if (state !== undefined) return state;
    }
    throw new Error("A file of the image has no content.");
  };
  const content = { names, stateOf, hash };
  return new Image(content, () => start(durableVolume(content)));
}

class Image implements DiskImage {
  readonly hash: string;
  readonly #content: Content;
  readonly #mount: () => SimulatedDisk;
  #files: ReadonlyMap<string, Uint8Array> | undefined;

  constructor(content: Content, mount: () => SimulatedDisk) {
    this.hash = toHex(content.hash);
    this.#content = content;
    this.#mount = mount;
  }

  get files(): ReadonlyMap<string, Uint8Array> {
    const { names, stateOf } = this.#content;
    this.#files ??= new Map(names.files.map(({ path, file }) => [path, stateOf(file).bytes]));
    return this.#files;
  }

  get directories(): ReadonlySet<string> {
    return this.#content.names.directories;
  }

  hashOf(isPart: (path: string) => boolean): string {
    const { names, stateOf } = this.#content;
    let hash = noContent;
    for (const path of names.directories) if (isPart(path)) hash = sum(hash, hashOfDirectory(path));
    for (const { path, pathHash, file } of names.files) if (isPart(path)) hash = sum(hash, named(stateOf(file).hash, pathHash));
    return toHex(hash);
  }

  mount(): SimulatedDisk {
    return this.#mount();
  }
}

function durableVolume(content: Content): Volume {
  const root = new DirectoryNode();
  const directories = new Map([["", { node: root, slots: new Map<string, Slot>() }]]);
  const put = (path: string, node: Node): void => {
    const cut = path.lastIndexOf("/");
    const name = path.slice(cut + 1);
    const parent = directories.get(path.slice(0, cut));
    parent?.node.entries.set(name, node);
    parent?.slots.set(name, { node, change: -1 });
  };
  // A directory comes before what it holds.
  for (const path of content.names.directories) {
    if (path === "/") continue;
    const node = new DirectoryNode();
    put(path, node);
    directories.set(path, { node, slots: new Map() });
  }
  // Below every change that the volume will count.
  for (const [number, { path, file }] of content.names.files.entries()) put(path, FileNode.durable(content.stateOf(file), -1 - number));
  for (const { node, slots } of directories.values()) node.durable = slots;
  return new Volume(root);
}
