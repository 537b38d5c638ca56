import { type Hash, named, sum } from "./content-hash.ts";
import type { DirectoryNode, NameChange, Slots } from "./directory-node.ts";
import type { FileChoices } from "./file-choices.ts";
import type { FileNode } from "./file-node.ts";
import type { FileState } from "./file-state.ts";
import { durableTree, type NamedFile, type NameTree } from "./name-tree.ts";
import { reachableChanges, reachableNodes } from "./reachable.ts";
import type { Volume } from "./volume.ts";

/** A tree of names, and in it the files whose content is not certain. */
export interface UnsyncedTree {
  readonly names: NameTree;
  readonly uncertain: readonly NamedFile[];
  /** Hash of everything but the uncertain files. */
  readonly hash: Hash;
}

/** Content of the files of one state, each as programs will see it. */
export type FileStates = ReadonlyMap<FileNode, FileState>;

/** What is durable on a volume at one moment and what may be; it stays as it is when the volume goes on. */
export class UnsyncedState {
  readonly changes: readonly NameChange[];
  /** The choices of each file that a power cut may leave in more than one state. */
  readonly choices: ReadonlyMap<FileNode, FileChoices>;
  /** The content of the other files. */
  readonly settled: FileStates;
  readonly #root: DirectoryNode;
  readonly #durable: ReadonlyMap<DirectoryNode, Slots>;

  constructor(volume: Volume) {
    this.#root = volume.root;
    this.changes = reachableChanges(volume.root, volume.unsyncedNames);
    const { directories, files } = reachableNodes(volume.root, this.changes);
    this.#durable = new Map([...directories].map((directory) => [directory, directory.durable]));
    const choices = new Map<FileNode, FileChoices>();
    const settled = new Map<FileNode, FileState>();
    for (const file of files) {
      const fileChoices = file.choices();
      if (fileChoices === undefined) settled.set(file, file.durableState());
      else choices.set(file, fileChoices);
    }
    this.choices = choices;
    this.settled = settled;
  }

  /** The tree in which those changes became durable that `isApplied` picks by their place. */
  tree(isApplied: (place: number) => boolean): UnsyncedTree {
    const names = durableTree(this.#root, this.#durable, this.changes.filter((_, place) => isApplied(place)));
    const uncertain: NamedFile[] = [];
    let hash = names.hash;
    for (const entry of names.files) {
      const state = this.settled.get(entry.file);
      if (state === undefined) uncertain.push(entry);
      else hash = sum(hash, named(state.hash, entry.pathHash));
    }
    return { names, uncertain, hash };
  }
}
