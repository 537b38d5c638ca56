/** Contents of states as 64 bits of their hashes, in the order in which they were met. */
export class Contents {
  #hashes: BigUint64Array = new BigUint64Array(1024);
  #count = 0;

  /** `content` begins with 16 hexadecimal digits. */
  add(content: string): void {
    if (this.#count === this.#hashes.length) {
      const larger = new BigUint64Array(2 * this.#count);
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    this.#hashes[this.#count++] = BigInt(`0x${content.slice(0, 16)}`);
  }

  get all(): BigUint64Array {
    return this.#hashes.slice(0, this.#count);
  }
}
