import { type Hash, noContent, placed, sum } from "./content-hash.ts";
import { copySectors, type Sector, sectorCount } from "./sector.ts";

const lengthPlace = -2;

/** One content of a file, never changed. Its hash is known before its bytes are put together, which few ever ask for. */
export class FileState {
  readonly size: number;
  #sectors: Sector[] | (() => Sector[]);
  #hash: Hash | undefined;
  #bytes: Uint8Array | undefined;

  constructor(size: number, sectors: Sector[] | (() => Sector[]), hash?: Hash) {
    this.size = size;
    this.#sectors = sectors;
    this.#hash = hash;
  }

  sectors(): Sector[] {
    if (typeof this.#sectors === "function") this.#sectors = this.#sectors();
    return this.#sectors;
  }

  get hash(): Hash {
    this.#hash ??= sum(hashOfLength(this.size), hashOfSectors(this.sectors(), sectorCount(this.size)));
    return this.#hash;
  }

  get bytes(): Uint8Array {
    if (this.#bytes === undefined) {
      this.#bytes = new Uint8Array(this.size);
      copySectors(this.sectors(), 0, this.#bytes);
    }
    return this.#bytes;
  }
}

export function hashOfLength(size: number): Hash {
  return placed({ high: size | 0, low: Math.floor(size / 0x1_0000_0000) }, lengthPlace);
}

/** What the first `count` of `sectors` add to their file's hash. */
export function hashOfSectors(sectors: readonly Sector[], count: number): Hash {
  let hash = noContent;
  for (let index = 0; index < Math.min(count, sectors.length); index++) {
    const sector = sectors[index];
    if (sector !== undefined) hash = sum(hash, sector.hashAt(index));
  }
  return hash;
}
