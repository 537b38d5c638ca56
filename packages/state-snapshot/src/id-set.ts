const WORD_BITS = 5;
const PAGE_BITS = 15;
const PAGE_WORDS = 2 ** (PAGE_BITS - WORD_BITS);
const NO_PAGE = new Int32Array(0);

/** A set of entry ids: a bit for each, in pages that are made when they are needed. */
export class IdSet {
  #pages: (Int32Array | undefined)[] = [];
  #size = 0;
  readonly #lowest = new Int32Array(1);

  /** All ids from 0 up to `length`. */
  static below(length: number): IdSet {
    const all = new IdSet();
    for (let start = 0; start < length; start += 2 ** PAGE_BITS) all.#pages.push(pageOf(length - start));
    all.#size = length;
    return all;
  }

  get size(): number {
    return this.#size;
  }

  has(id: number): boolean {
    const word = (this.#pages[id >>> PAGE_BITS] ?? NO_PAGE)[wordOf(id)] ?? 0;
    return (word & (1 << (id & 31))) !== 0;
  }

  add(id: number): void {
    const page = (this.#pages[id >>> PAGE_BITS] ??= new Int32Array(PAGE_WORDS));
    const word = page[wordOf(id)] ?? 0;
    const bit = 1 << (id & 31);
    if ((word & bit) !== 0) return;
    page[wordOf(id)] = word | bit;
    this.#size += 1;
  }

  delete(id: number): void {
    const page = this.#pages[id >>> PAGE_BITS];
    if (page === undefined || !this.has(id)) return;
    page[wordOf(id)] = (page[wordOf(id)] ?? 0) & ~(1 << (id & 31));
    this.#size -= 1;
  }

  /** The lowest id from `start` on, or -1. */
  next(start: number): number {
    return this.collect(start, this.#lowest) === 0 ? -1 : (this.#lowest[0] ?? -1);
  }

  /** Puts the lowest ids from `start` on into `ids`, as many as there is room for; how many they are. */
  collect(start: number, ids: Int32Array): number {
    let count = 0;
    let mask = -1 << (start & 31);
    const words = this.#pages.length * PAGE_WORDS;
    for (let at = start >>> WORD_BITS; at < words && count < ids.length; at += 1) {
      const page = this.#pages[at >>> (PAGE_BITS - WORD_BITS)];
      let word = page === undefined ? 0 : (page[at & (PAGE_WORDS - 1)] ?? 0) & mask;
      mask = -1;
      for (; word !== 0 && count < ids.length; word &= word - 1) {
        ids[count] = (at << WORD_BITS) | (31 - Math.clz32(word & -word));
        count += 1;
      }
      if (page === undefined) at |= PAGE_WORDS - 1;
    }
    return count;
  }

  /** Adds all of `other`: word by word, some ten microseconds for a million ids. */
  absorb(other: IdSet): void {
    for (const [index, page] of other.#pages.entries()) {
      if (page === undefined) continue;
      const own = this.#pages[index];
      if (own === undefined) this.#pages[index] = page.slice();
      else for (let at = 0; at < own.length; at += 1) own[at] = (own[at] ?? 0) | (page[at] ?? 0);
    }
    this.#size = this.#pages.reduce((sum, page) => sum + bitsIn(page ?? NO_PAGE), 0);
  }
}

/** The first `ids` of a page. */
function pageOf(ids: number): Int32Array {
  const page = new Int32Array(PAGE_WORDS).fill(-1, 0, ids >>> WORD_BITS);
  if (ids >>> WORD_BITS < PAGE_WORDS) page[ids >>> WORD_BITS] = (1 << (ids & 31)) - 1;
  return page;
}

const wordOf = (id: number): number => (id >>> WORD_BITS) & (PAGE_WORDS - 1);

function bitsIn(page: Int32Array): number {
  let bits = 0;
  for (let at = 0; at < page.length; at += 1) bits += bitsOf(page[at] ?? 0);
  return bits;
}

/** Sums of neighbouring bits, then of pairs, and so on, all of a word at once. */
function bitsOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
