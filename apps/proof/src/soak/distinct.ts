import { appendFile, readFile } from "node:fs/promises";

const capacityMin = 1 << 16;

/** The contents that were met in any round, in memory and in a file: 8 bytes each there, 16 to 32 here. */
export class DistinctContents {
  readonly #file: string;
  /** 0 is a free place; a content of 0 is counted as 1. */
  #slots: BigUint64Array = new BigUint64Array(capacityMin);
  #size = 0;

  private constructor(file: string) {
    this.#file = file;
  }

  static async open(file: string): Promise<DistinctContents> {
    const contents = new DistinctContents(file);
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    // The end of a write that was broken off is left out.
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 8));
    for (const content of new BigUint64Array(new Uint8Array(whole).buffer)) contents.#add(content);
    return contents;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes what is new and writes it down; returns how many that were. */
  async add(contents: BigUint64Array): Promise<number> {
    const added = contents.filter((content) => this.#add(content));
    await appendFile(this.#file, new Uint8Array(added.buffer, added.byteOffset, added.byteLength));
    return added.length;
  }

  #add(content: bigint): boolean {
    const key = content === 0n ? 1n : content;
    const place = this.#place(key);
    if (this.#slots[place] === key) return false;
    this.#slots[place] = key;
    this.#size++;
    if (this.#size * 2 > this.#slots.length) this.#grow();
    return true;
  }

  #place(key: bigint): number {
    const mask = this.#slots.length - 1;
    let place = Number(key & BigInt(mask));
    while (this.#slots[place] !== 0n && this.#slots[place] !== key) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new BigUint64Array(2 * before.length);
    for (const key of before) if (key !== 0n) this.#slots[this.#place(key)] = key;
  }
}
