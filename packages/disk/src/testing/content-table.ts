const capacityMin = 1 << 12;

/** What was found in each content, by 64 bits of its hash: 24 to 48 bytes a content, for tens of millions of them. */
export class ContentTable {
  /** High and low half of the hash, and the number of what was found, counted from 1: 0 is a free place. */
  #slots: Uint32Array = new Uint32Array(3 * capacityMin);
  #mask: number = capacityMin - 1;
  #size = 0;
  readonly #found: string[] = [];
  readonly #numbers: Map<string, number> = new Map();

  get size(): number {
    return this.#size;
  }

  get(content: string): string | undefined {
    const at = this.#place(...halves(content));
    const number = this.#slots[at + 2] ?? 0;
    return number === 0 ? undefined : this.#found[number - 1];
  }

  set(content: string, found: string): void {
    const [high, low] = halves(content);
    const at = this.#place(high, low);
    if (this.#slots[at + 2] === 0) this.#size += 1;
    this.#fill(at, high, low, this.#numberOf(found));
    if (this.#size * 2 > this.#mask) this.#grow();
  }

  #numberOf(found: string): number {
    const known = this.#numbers.get(found);
    if (known !== undefined) return known;
    const number = this.#found.push(found);
    this.#numbers.set(found, number);
    return number;
  }

  #place(high: number, low: number): number {
    for (let place = low & this.#mask; ; place = (place + 1) & this.#mask) {
      const at = 3 * place;
      if (this.#slots[at + 2] === 0 || (this.#slots[at] === high && this.#slots[at + 1] === low)) return at;
    }
  }

  #fill(at: number, high: number, low: number, number: number): void {
    this.#slots[at] = high;
    this.#slots[at + 1] = low;
    this.#slots[at + 2] = number;
  }

  #grow(): void {
    const before = this.#slots;
    this.#mask = 2 * this.#mask + 1;
    this.#slots = new Uint32Array(3 * (this.#mask + 1));
    for (let at = 0; at < before.length; at += 3) {
      const [high = 0, low = 0, number = 0] = before.subarray(at, at + 3);
      if (number !== 0) this.#fill(this.#place(high, low), high, low, number);
    }
  }
}

function halves(content: string): readonly [high: number, low: number] {
  const high = Number.parseInt(content.slice(0, 8), 16);
  const low = Number.parseInt(content.slice(8, 16), 16);
  if (Number.isNaN(high) || Number.isNaN(low)) throw new TypeError(`The text of a content is 16 hexadecimal digits or more, not ${JSON.stringify(content)}.`);
  return [high, low];
}
