import { type Hash, named, noContent, sum, toHex } from "./content-hash.ts";
import { durableVolume } from "./durable-volume.ts";
import type { FileNode } from "./file-node.ts";
import type { FileState } from "./file-state.ts";
import { cachedTree, hashOfDirectory, type NameTree } from "./name-tree.ts";
import type { DiskImage, SimulatedDisk } from "./simulated-disk.ts";
import type { FileStates } from "./unsynced-state.ts";
import type { Volume } from "./volume.ts";

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
  return new Image(content, () => start(durableVolume(names.directories, names.files.map(({ path, file }) => ({ path, state: stateOf(file) })))));
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
