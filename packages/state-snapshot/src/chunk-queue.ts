const NO_BYTES = new Uint8Array(0);

/** Bytes that arrived in chunks of any size, given out in pieces of any other; takes memory only for bytes that are there. */
export class ChunkQueue {
  #chunks: Uint8Array[] = [];
  /** Chunks before this one are used up. */
  #first = 0;
  /** Bytes used of the first chunk. */
  #used = 0;
  #length = 0;

  /** Bytes that are there. */
  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.#first > 0 && this.#first * 2 >= this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
    // A Buffer becomes a plain Uint8Array here: the two don't agree on what `slice` means.
    this.#chunks.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#length += chunk.length;
  }

  /** The next `count` bytes as views of the chunks in which they lie. `undefined`, and nothing taken, while fewer are there. */
  takePieces(count: number): readonly Uint8Array[] | undefined {
    if (count > this.#length) return undefined;
    const pieces: Uint8Array[] = [];
    for (let left = count; left > 0; ) {
      const chunk = this.#chunks[this.#first] ?? NO_BYTES;
      const piece = chunk.subarray(this.#used, this.#used + left);
      pieces.push(piece);
      left -= piece.length;
      this.#advance(chunk, piece.length);
    }
    return pieces;
  }

  #advance(chunk: Uint8Array, count: number): void {
    this.#used += count;
    this.#length -= count;
    if (this.#used < chunk.length) return;
    this.#used = 0;
    this.#first += 1;
    if (this.#length > 0) return;
    this.#chunks = [];
    this.#first = 0;
  }
}

/** All bytes of `pieces`: the piece where there is one, else a copy. */
export function wholeFrom(pieces: readonly Uint8Array[]): Uint8Array {
  const [first = NO_BYTES] = pieces;
  return pieces.length <= 1 ? first : bytesFrom(pieces, 0, 0, pieces.reduce((sum, piece) => sum + piece.length, 0));
}

/** A copy of `count` bytes of `pieces`, from offset `at` of piece number `first` on. */
export function bytesFrom(pieces: readonly Uint8Array[], first: number, at: number, count: number): Uint8Array {
  const joined = new Uint8Array(count);
  let filled = 0;
  for (let index = first; filled < count; index += 1) {
    const piece = pieces[index] ?? NO_BYTES;
    const start = index === first ? at : 0;
    const part = piece.subarray(start, start + count - filled);
    joined.set(part, filled);
    filled += part.length;
  }
  return joined;
}
