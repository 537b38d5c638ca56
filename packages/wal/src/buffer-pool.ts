const FIRST_BYTES = 64 * 1024;

/**
 * Buffers of batches that were written, for the batches to come. A new one costs the zeroing and the page faults of every
 * byte of it, and the collector counts it: without this an append took twice as long.
 */
export class BufferPool {
  readonly #fullBytes: number;
  readonly #keptMax: number;
  readonly #spare: Uint8Array[] = [];
  #kept = 0;
  #lastBytes = FIRST_BYTES;

  /** Keeps at most `keptMax` bytes, for batches that are closed when they have `batchBytes`. */
  constructor(batchBytes: number, keptMax: number) {
    // The entry that fills a batch goes beyond.
    this.#fullBytes = batchBytes + (batchBytes >>> 3);
    this.#keptMax = keptMax;
  }

  /** A buffer of at least `needed` bytes that begins with the first `used` of `bytes`, which is given up. */
  larger(bytes: Uint8Array, used: number, needed: number): Uint8Array {
    const larger = this.#take(needed) ?? new Uint8Array(this.#sizeFor(bytes.length, needed));
    this.#lastBytes = Math.min(larger.length, this.#fullBytes);
    larger.set(bytes.subarray(0, used));
    return larger;
  }

  /** Doubles, but doesn't go beyond what a batch needs before it has to. */
  #sizeFor(outgrown: number, needed: number): number {
    const doubled = 2 * outgrown;
    if (needed > this.#fullBytes) return Math.max(needed, doubled);
    return Math.max(needed, Math.min(doubled, this.#fullBytes), this.#lastBytes);
  }

  #take(needed: number): Uint8Array | undefined {
    const last = this.#spare.at(-1);
    if (last === undefined || last.length < needed) return undefined;
    this.#spare.pop();
    this.#kept -= last.length;
    return last;
  }

  /** Takes back the buffer behind `bytes`, which nobody reads any more. */
  give({ buffer }: Uint8Array): void {
    if (this.#kept + buffer.byteLength > this.#keptMax) return;
    this.#spare.push(new Uint8Array(buffer));
    this.#kept += buffer.byteLength;
  }
}
