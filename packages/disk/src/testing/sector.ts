import { hashWords, type Hash, noContent, placed } from "./content-hash.ts";

/** What a device writes as a whole: a power cut leaves a sector in its old or in a new state. */
export const sectorSize = 512;

/** The content of one sector, never changed: states of the disk share it. Zeros beyond the end of its file. */
export class Sector {
  readonly bytes: Uint8Array;
  #hash: Hash | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get hash(): Hash {
    this.#hash ??= hashWords(new Uint32Array(this.bytes.buffer, this.bytes.byteOffset, sectorSize / 4));
    return this.#hash;
  }

  get isZero(): boolean {
    return this.hash.high === 0 && this.hash.low === 0;
  }

  equals(other: Sector): boolean {
    return this === other || (this.hash.high === other.hash.high && this.hash.low === other.hash.low);
  }

  /** What it adds to its file's hash as sector number `index`. */
  hashAt(index: number): Hash {
    return this.isZero ? noContent : placed(this.hash, index);
  }

  /** The same with `source` written at `offset`, as far as it fits. */
  written(offset: number, source: Uint8Array): Sector {
    const bytes = new Uint8Array(sectorSize);
    if (source.length < sectorSize) bytes.set(this.bytes);
    bytes.set(source, offset);
    return new Sector(bytes);
  }

  /** The same with zeros from `length` on. */
  cut(length: number): Sector {
    if (length >= sectorSize) return this;
    const bytes = new Uint8Array(sectorSize);
    bytes.set(this.bytes.subarray(0, length));
    return new Sector(bytes);
  }
}

export const zeroSector: Sector = new Sector(new Uint8Array(sectorSize));

/** The number of sectors that `size` bytes begin. */
export function sectorCount(size: number): number {
  return Math.ceil(size / sectorSize);
}

/** Copies what `sectors` hold from `position` on into `target`. */
export function copySectors(sectors: readonly Sector[], position: number, target: Uint8Array): void {
  for (let done = 0; done < target.length; ) {
    const offset = (position + done) % sectorSize;
    const length = Math.min(sectorSize - offset, target.length - done);
    const sector = sectors[(position + done - offset) / sectorSize] ?? zeroSector;
    target.set(offset === 0 && length === sectorSize ? sector.bytes : sector.bytes.subarray(offset, offset + length), done);
    done += length;
  }
}
