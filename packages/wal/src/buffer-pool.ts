const FIRST_BYTES = 64 * 1024;

/**
 * Buffers of batches that were written, for the batches to come. A new one costs the zeroing and the page faults of every
 * byte of it, and the collector counts it: a million appends took twice as long without this.
 */
export class BufferPool {
  readonly #fullBytes: number;
  readonly #keptMax: number;
  readonly #spare: Uint8Array[] = [];
  #kept = 0;
  #lastBytes = FIRST_BYTES;

  /** Keeps at most `keptMax` bytes. Batches are closed at `fullBytes`, so there is no use for buffers of many more. */
  constructor(fullBytes: number, keptMax: number) {
    // The entry that fills a batch goes beyond.
    this.#fullBytes = fullBytes + (fullBytes >>> 3) ;
    this.#keptMax = keptMax;
  }

  /** A buffer of at least `needed` bytes that begins with the first `used` of `bytes`, which is given up. */
  larger(bytes: Uint8Array, used: number, needed: number): Uint8Array {
    const larger = this.#take(needed) ?? new Uint8Array(Math.max(needed, this.#lastBytes, Math.min(2 * bytes.length, this.#fullBytes)));
    this.#lastBytes = Math.min(larger.length, this.#fullBytes);
    larger.set(bytes.subarray(0, used));
    return larger;
  }

  #take(needed: number): Uint8Array | undefined {
    const last = this.#spare.at(-1);
    if (last === undefined || last.length < needed) return undefined;
    this.#spare.pop();
    this.#kept -= last.length;
    return last;
  }

  /** Takes back the buffer behind `bytes`, which nobody may read any more. */
  give(bytes: Uint8Array): void {
    const { buffer } = bytes;
    if (this.#kept + buffer.byteLength > this.#keptMax) return;
    this.#spare.push(new Uint8Array(buffer));
    this.#kept += buffer.byteLength;
  }
}
