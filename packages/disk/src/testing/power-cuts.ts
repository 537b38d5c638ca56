import { type Hash, named, sum } from "./content-hash.ts";
import { powerCutImage, type Start } from "./disk-image.ts";
import type { FileNode } from "./file-node.ts";
import type { FileState } from "./file-state.ts";
import { treeKey } from "./name-tree.ts";
import { sampledStates } from "./power-cut-samples.ts";
import type { DiskImage } from "./simulated-disk.ts";
import type { FileStates, UnsyncedState, UnsyncedTree } from "./unsynced-state.ts";

/** One state that a power cut may leave. */
export interface PowerCut {
  readonly tree: UnsyncedTree;
  /** Content of the uncertain files. */
  readonly states: FileStates;
  readonly hash: Hash;
}

export interface PowerCutOptions {
  readonly limit: number;
  readonly seed: number;
}

/** All images where they are no more than `limit`, otherwise a selection; each content once. */
export function* powerCutImages(unsynced: UnsyncedState, options: PowerCutOptions, start: Start): Generator<DiskImage> {
  const trees = fewTrees(unsynced, options.limit);
  const seen = new Set<string>();
  for (const { tree, states, hash } of trees ? everyState(unsynced, trees) : sampledStates(unsynced, options)) {
    const image = powerCutImage(tree.names, hash, [states, unsynced.settled], start);
    if (seen.has(image.hash)) continue;
    seen.add(image.hash);
    yield image;
    if (seen.size >= options.limit) return;
  }
}

/** Every tree of names that the unsynced changes allow; `undefined` when there are more than `limit` states in all. */
function fewTrees(unsynced: UnsyncedState, limit: number): readonly UnsyncedTree[] | undefined {
  const subsets = 2 ** unsynced.changes.length;
  if (subsets > limit) return undefined;
  const numbers = new Map([...unsynced.choices.keys(), ...unsynced.settled.keys()].map((file, number) => [file, number]));
  const trees = new Map<string, UnsyncedTree>();
  let count = 0;
  for (let subset = 0; subset < subsets; subset++) {
    const tree = unsynced.tree((place) => (subset & (1 << place)) !== 0);
    const key = treeKey(tree.names, (file) => numbers.get(file) ?? -1);
    if (trees.has(key)) continue;
    trees.set(key, tree);
    count += countStates(unsynced, tree, limit - count);
    if (count > limit) return undefined;
  }
  return [...trees.values()];
}

function countStates(unsynced: UnsyncedState, tree: UnsyncedTree, most: number): number {
  let product = 1;
  for (const { file } of tree.uncertain) {
    product *= unsynced.choices.get(file)?.count(most) ?? 1;
    if (product > most) break;
  }
  return product;
}

function* everyState(unsynced: UnsyncedState, trees: readonly UnsyncedTree[]): Generator<PowerCut> {
  for (const tree of trees) {
    const places = tree.uncertain.map(({ file, pathHash }) => ({
      file,
      contents: (unsynced.choices.get(file)?.all() ?? []).map((state) => ({ state, hash: named(state.hash, pathHash) })),
    }));
    const chosen = places.map(() => 0);
    do {
      const states = new Map<FileNode, FileState>();
      let hash = tree.hash;
      for (const [place, { file, contents }] of places.entries()) {
        const content = contents[chosen[place] ?? 0];
        if (content === undefined) continue;
        states.set(file, content.state);
        hash = sum(hash, content.hash);
      }
      yield { tree, states, hash };
    } while (advance(chosen, (place) => places[place]?.contents.length ?? 0));
  }
}

/** The next combination, as an odometer counts; false after the last one. */
function advance(chosen: number[], lengthOf: (place: number) => number): boolean {
  for (let place = 0; place < chosen.length; place++) {
    const next = (chosen[place] ?? 0) + 1;
    if (next < lengthOf(place)) {
      chosen[place] = next;
      return true;
    }
    chosen[place] = 0;
  }
  return false;
}
