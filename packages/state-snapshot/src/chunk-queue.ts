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

  /** The next `count` bytes: a view when they lie in one chunk, else a copy. `undefined`, and nothing taken, while fewer are there. */
  take(count: number): Uint8Array | undefined {
    if (count > this.#length) return undefined;
    const first = this.#chunks[this.#first];
    if (first === undefined || first.length - this.#used < count) return this.#join(count);
    const bytes = first.subarray(this.#used, this.#used + count);
    this.#advance(first, count);
    return bytes;
  }

  #join(count: number): Uint8Array {
    const joined = new Uint8Array(count);
    for (let filled = 0; filled < count; ) {
      const chunk = this.#chunks[this.#first];
      if (chunk === undefined) break;
      const part = chunk.subarray(this.#used, this.#used + count - filled);
      joined.set(part, filled);
      filled += part.length;
      this.#advance(chunk, part.length);
    }
    return joined;
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
