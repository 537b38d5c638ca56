import { type Hash, minus, noContent, sum } from "./content-hash.ts";
import type { FileLength, SectorVersion, UnsyncedSector } from "./file-node.ts";
import { FileState, hashOfLength, hashOfSectors } from "./file-state.ts";
import { type Sector, sectorCount, sectorSize, zeroSector } from "./sector.ts";

/** An unsynced sector with all that it may hold after a power cut, the durable content first. */
export interface SectorChoice {
  readonly index: number;
  readonly versions: readonly SectorVersion[];
  /** What each version adds to the file's hash. */
  readonly hashes: readonly Hash[];
}

const alwaysThere = -1;

/**
 * The contents that a power cut may leave of one file: any length that it had, and each sector on its own in any version.
 * A length and a version are given by their place in `lengths` and `versions`.
 */
export class FileChoices {
  readonly lengths: readonly FileLength[];
  /** In the order of the file. */
  readonly sectors: readonly SectorChoice[];
  readonly #durable: readonly Sector[];
  /** What the sectors that are durable as they are add to the hash. */
  readonly #settledHash: Hash;
  #all: readonly FileState[] | undefined;

  constructor(durable: FileState, growth: readonly FileLength[], unsynced: ReadonlyMap<number, UnsyncedSector>) {
    this.#durable = durable.sectors();
    this.lengths = [{ size: durable.size, change: alwaysThere }, ...growth];
    this.sectors = [...unsynced]
      .map(([index, { versions }]) => choiceOf(index, [{ sector: this.#durableSector(index), change: alwaysThere }, ...versions]))
      .sort((one, other) => one.index - other.index);
    let settled = hashOfSectors(this.#durable, this.#durable.length);
    for (const { hashes } of this.sectors) settled = minus(settled, hashes[0] ?? noContent);
    this.#settledHash = settled;
  }

  /** How many different contents there are, or more than `most` when they are more than that. */
  count(most: number): number {
    let count = 0;
    // The longest first: with many sectors it alone exceeds the number that anybody asks for.
    for (let length = this.lengths.length - 1; length >= 0 && count <= most; length--) {
      let product = 1;
      const visible = this.#visible(length);
      for (let place = 0; place < visible && count + product <= most; place++) {
        product *= this.#distinct(place, length).length;
      }
      count += product;
    }
    return count;
  }

  /** Every content, once. */
  all(): readonly FileState[] {
    this.#all ??= this.lengths.flatMap((_, length) => this.#allOfLength(length));
    return this.#all;
  }

  /** The content of one length with one version of each sector. */
  pick(length: number, versions: readonly number[]): FileState {
    let hash = this.#hashOfRest(length);
    const visible = this.#visible(length);
    for (let place = 0; place < visible; place++) hash = sum(hash, this.#hashOf(place, versions[place] ?? 0, length));
    return this.#state(length, versions, hash);
  }

  #allOfLength(length: number): FileState[] {
    const states: FileState[] = [];
    const distinct = Array.from({ length: this.#visible(length) }, (_, place) =>
      this.#distinct(place, length).map((version) => ({ version, hash: this.#hashOf(place, version, length) })),
    );
    const chosen: number[] = [];
    const choose = (place: number, hash: Hash): void => {
      const options = distinct[place];
      if (options === undefined) {
        states.push(this.#state(length, chosen.slice(), hash));
        return;
      }
      for (const option of options) {
        chosen[place] = option.version;
        choose(place + 1, sum(hash, option.hash));
      }
    };
    choose(0, this.#hashOfRest(length));
    return states;
  }

  #state(length: number, versions: readonly number[], hash: Hash): FileState {
    return new FileState(this.#sizeOf(length), () => this.#assemble(length, versions), hash);
  }

  #assemble(length: number, versions: readonly number[]): Sector[] {
    const sectors: Sector[] = [];
    const count = sectorCount(this.#sizeOf(length));
    for (let index = 0; index < count; index++) sectors.push(this.#durableSector(index));
    for (const [place, choice] of this.sectors.entries()) {
      if (choice.index < count) sectors[choice.index] = this.#contentOf(choice, versions[place] ?? 0, length);
    }
    return sectors;
  }

  /** What everything but the unsynced sectors adds to the hash. */
  #hashOfRest(length: number): Hash {
    return sum(this.#settledHash, hashOfLength(this.#sizeOf(length)));
  }

  #sizeOf(length: number): number {
    return this.lengths[length]?.size ?? 0;
  }

  #durableSector(index: number): Sector {
    return this.#durable[index] ?? zeroSector;
  }

  /** How many of the unsynced sectors begin before the end. */
  #visible(length: number): number {
    const count = sectorCount(this.#sizeOf(length));
    let visible = this.sectors.length;
    while (visible > 0 && (this.sectors[visible - 1]?.index ?? 0) >= count) visible--;
    return visible;
  }

  /** The versions of a sector that differ within a length. */
  #distinct(place: number, length: number): readonly number[] {
    const choice = this.sectors[place];
    if (choice === undefined) return [];
    const contents = choice.versions.map((_, version) => this.#contentOf(choice, version, length));
    return contents.flatMap((content, version) =>
      contents.findIndex((other) => other.equals(content)) === version ? [version] : [],
    );
  }

  #contentOf({ index, versions }: SectorChoice, version: number, length: number): Sector {
    return (versions[version]?.sector ?? zeroSector).cut(this.#sizeOf(length) - index * sectorSize);
  }

  #hashOf(place: number, version: number, length: number): Hash {
    const choice = this.sectors[place];
    if (choice === undefined) return noContent;
    const isCut = (choice.index + 1) * sectorSize > this.#sizeOf(length);
    return isCut ? this.#contentOf(choice, version, length).hashAt(choice.index) : (choice.hashes[version] ?? noContent);
  }
}

function choiceOf(index: number, versions: readonly SectorVersion[]): SectorChoice {
  return { index, versions, hashes: versions.map(({ sector }) => sector.hashAt(index)) };
}
