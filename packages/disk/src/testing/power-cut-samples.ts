import { named, sum } from "./content-hash.ts";
import type { NameChange } from "./directory-node.ts";
import type { FileChoices } from "./file-choices.ts";
import type { FileNode } from "./file-node.ts";
import type { FileState } from "./file-state.ts";
import type { PowerCut, PowerCutOptions } from "./power-cuts.ts";
import { createRandom } from "./random.ts";
import { sectorCount } from "./sector.ts";
import type { UnsyncedState, UnsyncedTree } from "./unsynced-state.ts";

/** What of the unsynced is there: places in `changes`, `lengths` and `versions`. */
interface Selection {
  isApplied(change: number): boolean;
  length(file: number, choices: FileChoices): number;
  version(file: number, sector: number, choices: FileChoices): number;
}

const newest = Number.MAX_SAFE_INTEGER;
const none: Selection = { isApplied: () => false, length: () => 0, version: () => 0 };
const all: Selection = { isApplied: () => true, length: () => newest, version: () => newest };

/** None, all, the selections a person would think of (in an order by `seed`, where they are many), then random ones. */
export function* sampledStates(unsynced: UnsyncedState, { limit, seed }: PowerCutOptions): Generator<PowerCut> {
  const files = [...unsynced.choices.values()];
  const random = createRandom(seed);
  const treeOf = remembered(unsynced);
  const powerCut = (selection: Selection): PowerCut => select(unsynced, selection, treeOf);
  yield powerCut(none);
  yield powerCut(all);
  const directed = shuffled([...oneAtATime(unsynced, files), ...prefixes(unsynced, files)], random);
  // A quarter is left for combinations that nobody thinks of.
  for (const selection of directed.slice(0, Math.ceil((limit * 3) / 4))) yield powerCut(selection);
  // Many of them may be equal, and the states may be fewer than they seemed.
  for (let attempt = 0; attempt < limit * 2 + 64; attempt++) yield powerCut(randomSelection(files, random));
}

/** Each unit alone there and each alone missing; names with and without the content, content under all names. */
function* oneAtATime(unsynced: UnsyncedState, files: readonly FileChoices[]): Generator<Selection> {
  for (let change = 0; change < unsynced.changes.length; change++) {
    yield { ...all, isApplied: (other) => other === change };
    yield { ...all, isApplied: (other) => other !== change };
    yield { ...none, isApplied: (other) => other === change };
    yield { ...none, isApplied: (other) => other !== change };
  }
  for (const [file, { lengths, sectors }] of files.entries()) {
    for (let length = 0; length < lengths.length; length++) yield { ...all, length: (other) => (other === file ? length : newest) };
    for (let sector = 0; sector < sectors.length; sector++) {
      const isIt = (otherFile: number, other: number): boolean => otherFile === file && other === sector;
      yield { ...all, version: (...other) => (isIt(other[0], other[1]) ? newest : 0) };
      yield { ...all, version: (...other) => (isIt(other[0], other[1]) ? 0 : newest) };
    }
  }
}

/** What a disk leaves that keeps the order in which things were done, down to the sectors of a write. */
function* prefixes({ changes }: UnsyncedState, files: readonly FileChoices[]): Generator<Selection> {
  for (const { change } of changes) yield prefix(changes, change, Infinity);
  for (const { sectors } of files) {
    for (const { index, versions } of sectors) for (const { change } of versions.slice(1)) yield prefix(changes, change, index);
  }
}

/** All before the change `end`, and of that the sectors up to `lastIndex`. */
function prefix(changes: readonly NameChange[], end: number, lastIndex: number): Selection {
  const isBefore = (change: number, index: number): boolean => change < end || (change === end && index <= lastIndex);
  return {
    isApplied: (place) => (changes[place]?.change ?? 0) <= end,
    length: (_, { lengths }) => lengths.filter(({ change, size }) => isBefore(change, sectorCount(size) - 1)).length - 1,
    version: (_, place, { sectors }) => {
      const { index = 0, versions = [] } = sectors[place] ?? {};
      return versions.filter(({ change }) => isBefore(change, index)).length - 1;
    },
  };
}

/** Leans to the extremes: states in which everything is mixed evenly look all alike to a reader. */
function randomSelection(files: readonly FileChoices[], random: () => number): Selection {
  const nameMode = random();
  const perFile = files.map(({ sectors }) => ({ length: random(), mode: random(), one: Math.floor(random() * sectors.length) }));
  return {
    isApplied: () => (nameMode < 0.4 ? true : nameMode < 0.45 ? false : random() < 0.6),
    length: (file, { lengths }) => {
      const mode = perFile[file]?.length ?? 0;
      return mode < 0.1 ? 0 : mode < 0.7 ? newest : Math.floor(random() * lengths.length);
    },
    version: (file, sector, { sectors }) => {
      const { mode, one } = perFile[file] ?? { mode: 1, one: 0 };
      if (mode < 0.1) return newest;
      if (mode < 0.15) return 0;
      if (mode < 0.3) return sector === one ? 0 : newest;
      if (mode < 0.45) return sector === one ? newest : 0;
      return Math.floor(random() * (sectors[sector]?.versions.length ?? 1));
    },
  };
}

type TreeOf = (applied: readonly boolean[]) => UnsyncedTree;

/** Builds each tree of names once: few of them differ. */
function remembered(unsynced: UnsyncedState): TreeOf {
  const trees = new Map<string, UnsyncedTree>();
  return (applied) => {
    const key = applied.map(Number).join("");
    const tree = trees.get(key) ?? unsynced.tree((place) => applied[place] === true);
    trees.set(key, tree);
    return tree;
  };
}

function select(unsynced: UnsyncedState, selection: Selection, treeOf: TreeOf): PowerCut {
  const tree = treeOf(unsynced.changes.map((_, place) => selection.isApplied(place)));
  const states = new Map<FileNode, FileState>();
  let number = 0;
  for (const [file, choices] of unsynced.choices) {
    const length = Math.min(selection.length(number, choices), choices.lengths.length - 1);
    const versions: number[] = [];
    for (const { versions: { length: count } } of choices.sectors) {
      versions.push(Math.min(selection.version(number, versions.length, choices), count - 1));
    }
    states.set(file, choices.pick(length, versions));
    number++;
  }
  let hash = tree.hash;
  for (const { file, pathHash } of tree.uncertain) {
    const state = states.get(file);
    if (state !== undefined) hash = sum(hash, named(state.hash, pathHash));
  }
  return { tree, states, hash };
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, order: random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ item }) => item);
}
