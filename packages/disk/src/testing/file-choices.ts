import { type Hash, minus, sum } from "./content-hash.ts";
import type { FileLength, FileNode, SectorVersion } from "./file-node.ts";
import { FileState, hashOfLength, hashOfSectors } from "./file-state.ts";
import { type Sector, sectorCount, sectorSize, zeroSector } from "./sector.ts";

/** An unsynced sector with all that it may hold after a power cut, the durable content first. */
export interface SectorChoice {
  readonly index: number;
  readonly versions: readonly SectorVersion[];
}

const alwaysThere = -1;

/** The contents that a power cut may leave of one file: any length, and each sector on its own in any version. */
export class FileChoices {
  readonly lengths: readonly FileLength[];
  readonly sectors: readonly SectorChoice[];
  readonly #durable: FileState;
  /** What the sectors that are durable as they are add to the hash. */
  readonly #settledHash: Hash;
  #all: readonly FileState[] | undefined;

  constructor(file: FileNode) {
    this.#durable = file.durableState();
    const durable = this.#durable.sectors();
    this.lengths = [{ size: this.#durable.size, change: alwaysThere }, ...file.growth];
    this.sectors = [...file.unsynced]
      .map(([index, { versions }]) => ({
        index,
        versions: [{ sector: durable[index] ?? zeroSector, change: alwaysThere }, ...versions],
      }))
      .sort((one, other) => one.index - other.index);
    let settled = hashOfSectors(durable, durable.length);
    for (const { index } of this.sectors) settled = minus(settled, (durable[index] ?? zeroSector).hashAt(index));
    this.#settledHash = settled;
  }

  /** How many different contents there are, or more than `most` when they are more than that. */
  count(most: number): number {
    let count = 0;
    // The longest first: with many sectors it alone exceeds the number that anybody asks for.
    for (let length = this.lengths.length - 1; length >= 0 && count <= most; length--) {
      let product = 1;
      for (const sector of this.#visible(length)) {
        product *= this.#contents(sector, length).length;
        if (product > most) return product;
      }
      count += product;
    }
    return count;
  }

  all(): readonly FileState[] {
    this.#all ??= this.lengths.flatMap((_, length) => this.#allOfLength(length));
    return this.#all;
  }

  /** The content of one length (by its place in `lengths`) with one version of each sector (by its place in `versions`). */
  pick(length: number, versions: readonly number[]): FileState {
    const chosen = new Map<number, Sector>();
    for (const [place, { index, versions: all }] of this.#visible(length).entries()) {
      chosen.set(index, this.#cut(index, all[versions[place] ?? 0]?.sector ?? zeroSector, length));
    }
    return this.#state(length, chosen);
  }

  #allOfLength(length: number): FileState[] {
    let partial: ReadonlyMap<number, Sector>[] = [new Map()];
    for (const sector of this.#visible(length)) {
      const contents = this.#contents(sector, length);
      partial = partial.flatMap((chosen) => contents.map((content) => new Map([...chosen, [sector.index, content]])));
    }
    return partial.map((chosen) => this.#state(length, chosen));
  }

  #state(length: number, chosen: ReadonlyMap<number, Sector>): FileState {
    const size = this.#sizeOf(length);
    let hash = sum(this.#settledHash, hashOfLength(size));
    for (const [index, sector] of chosen) hash = sum(hash, sector.hashAt(index));
    return new FileState(size, () => assemble(this.#durable.sectors(), chosen, size), hash);
  }

  #sizeOf(length: number): number {
    return this.lengths[length]?.size ?? this.#durable.size;
  }

  /** The sectors that begin before the end. */
  #visible(length: number): readonly SectorChoice[] {
    const count = sectorCount(this.#sizeOf(length));
    if ((this.sectors.at(-1)?.index ?? 0) < count) return this.sectors;
    return this.sectors.filter(({ index }) => index < count);
  }

  #contents({ index, versions }: SectorChoice, length: number): readonly Sector[] {
    const contents: Sector[] = [];
    for (const version of versions) {
      const content = this.#cut(index, version.sector, length);
      if (!contents.some((other) => other.equals(content))) contents.push(content);
    }
    return contents;
  }

  #cut(index: number, sector: Sector, length: number): Sector {
    return sector.cut(this.#sizeOf(length) - index * sectorSize);
  }
}

function assemble(durable: readonly Sector[], chosen: ReadonlyMap<number, Sector>, size: number): Sector[] {
  const sectors: Sector[] = [];
  for (let index = 0; index < sectorCount(size); index++) sectors.push(chosen.get(index) ?? durable[index] ?? zeroSector);
  return sectors;
}
