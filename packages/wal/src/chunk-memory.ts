import type { ChunkMemory } from "./log.ts";

/** Each chunk gets memory of its own, for those who hand out views of it. */
export const ownMemory: ChunkMemory = {
  take: (length) => new Uint8Array(length),
  giveBack: () => undefined,
};

/** Larger pieces are worth an array of their own. */
const PIECE_BYTES_MAX = 4096;
const PIECES_BYTES = 64 * 1024;

/**
 * Memory for many small pieces, several in one array: an array for each takes longer to make, and to collect, than to read a thousand bytes
 * into it. Pieces are kept for about as long as each other, or an array lives as long as its last one.
 */
export class PieceMemory implements ChunkMemory {
  #array = new Uint8Array(0);
  #used = 0;

  take(length: number): Uint8Array {
    if (length > PIECE_BYTES_MAX) return ownMemory.take(length);
    if (this.#used + length > this.#array.length) {
      this.#array = new Uint8Array(PIECES_BYTES);
      this.#used = 0;
    }
    this.#used += length;
    return this.#array.subarray(this.#used - length, this.#used);
  }

  giveBack(): void {
    // Somebody may look at another piece of its array.
  }
}

/** Lengths differ by an entry; memory that fits the next chunk too is worth more than its last pages, which cost nothing until they are used. */
const ROUNDED_TO = 256 * 1024;
/** More than are read and looked at at the same time. */
const SPARE_MAX = 2;

/**
 * Chunks are read into the same few arrays again. Fresh memory has to be asked of the operating system page by page while it is read
 * into, which takes longer than the reading: on virtual machines, where that is dear, 123 MB take 15 ms into the same array and 330 ms
 * into fresh ones.
 */
export class ReusedMemory implements ChunkMemory {
  readonly #spare: ArrayBufferLike[] = [];

  take(length: number): Uint8Array {
    const found = this.#spare.findIndex(({ byteLength }) => byteLength >= length);
    const [buffer = new ArrayBuffer(Math.ceil(length / ROUNDED_TO) * ROUNDED_TO)] = found < 0 ? [] : this.#spare.splice(found, 1);
    return new Uint8Array(buffer, 0, length);
  }

  giveBack({ buffer }: Uint8Array): void {
    this.#spare.push(buffer);
    if (this.#spare.length > SPARE_MAX) this.#spare.shift();
  }
}
