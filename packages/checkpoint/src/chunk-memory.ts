/** More than this isn't kept for the next state: chunks of a state store have 256 KiB. */
const KEPT_BYTES = 0x10_0000;
const KEPT_ARRAYS = 4;

/**
 * Memory for the chunks of states, given out again once a chunk was written. Two arrays do for any state; a new one for each chunk takes
 * longer than all that is done with it: 90 to 600 ms for 124 MB, where these take 2.
 */
export class ChunkMemory {
  readonly #lent = new WeakMap<ArrayBufferLike, Uint8Array>();
  readonly #free: Uint8Array[] = [];

  readonly allocate = (bytes: number): Uint8Array => {
    const used = this.#free.pop();
    const memory = used !== undefined && used.length >= bytes ? used : new Uint8Array(bytes);
    this.#lent.set(memory.buffer, memory);
    return memory;
  };

  /** Nobody uses the chunk any more. One that was made in other memory is its maker's. */
  release(chunk: Uint8Array): void {
    const memory = this.#lent.get(chunk.buffer);
    if (memory === undefined) return;
    this.#lent.delete(chunk.buffer);
    if (memory.length <= KEPT_BYTES && this.#free.length < KEPT_ARRAYS) this.#free.push(memory);
  }
}
