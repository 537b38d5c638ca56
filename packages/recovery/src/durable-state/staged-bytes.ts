const PIECE_BYTES = 64 * 1024;
/** Longer ones get memory of their own, so that they don't keep what they share it with. */
const SHARED_MAX = 4 * 1024;

/**
 * Copies of keys and values, one behind the other in a piece of memory: memory of its own for each took a commit longer than to write it
 * to the log. A piece is never written twice, because who was given a copy may keep it.
 */
export class StagedBytes {
  #piece: Uint8Array = new Uint8Array(0);
  #used = 0;

  copy(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    if (length > SHARED_MAX) return new Uint8Array(bytes);
    if (length > this.#piece.length - this.#used) {
      this.#piece = new Uint8Array(PIECE_BYTES);
      this.#used = 0;
    }
    const copied = new Uint8Array(this.#piece.buffer, this.#used, length);
    copied.set(bytes);
    this.#used += length;
    return copied;
  }
}
