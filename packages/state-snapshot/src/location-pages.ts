/** Where records are, as it was at one moment: pages that nobody writes into any more. */
export interface FrozenPages {
  readonly pages: readonly Int32Array[];
  /** Ids given so far; some of them may be free. */
  readonly length: number;
}

/** The chunk of an id that belongs to no entry. */
export const FREE = -1;

const PAGE_BITS = 10;
const PAGE_IDS = 2 ** PAGE_BITS;
const NO_PAGE = new Int32Array(0);
const NO_NEXT = -1;
/** The index keeps id + 1 as a signed 32-bit integer. */
const IDS_MAX = 2 ** 31 - 2;

/** The chunk of entry `id` in `pages`, or `FREE`. */
export function chunkIn(pages: readonly Int32Array[], id: number): number {
  return (pages[id >>> PAGE_BITS] ?? NO_PAGE)[2 * (id & (PAGE_IDS - 1))] ?? FREE;
}

/** The offset of entry `id` in its chunk. */
export function offsetIn(pages: readonly Int32Array[], id: number): number {
  return (pages[id >>> PAGE_BITS] ?? NO_PAGE)[2 * (id & (PAGE_IDS - 1)) + 1] ?? 0;
}

/**
 * For each entry, by its id, the chunk and the offset at which its record is: 8 bytes. In pages, so that growing moves nothing,
 * and so that a moment can be kept by keeping the pages: after a freeze, the first write into a page goes into a copy of that page.
 * Ids that became free are a list through their own places.
 */
export class LocationPages {
  #pages: Int32Array[] = [];
  /** The freeze since which each page is the writer's own. */
  #ages: number[] = [];
  #age = 0;
  #length = 0;
  #firstFree = NO_NEXT;

  get length(): number {
    return this.#length;
  }

  chunkOf(id: number): number {
    return chunkIn(this.#pages, id);
  }

  offsetOf(id: number): number {
    return offsetIn(this.#pages, id);
  }

  set(id: number, chunk: number, offset: number): void {
    const page = this.#writable(id >>> PAGE_BITS);
    const at = 2 * (id & (PAGE_IDS - 1));
    page[at] = chunk;
    page[at + 1] = offset;
  }

  /** An id for a new entry, the lowest that was never given or one that is free again. */
  allocate(chunk: number, offset: number): number {
    const id = this.#firstFree === NO_NEXT ? this.#length : this.#firstFree;
    if (id > IDS_MAX) throw new RangeError(`A store holds at most ${IDS_MAX + 1} keys.`);
    const next = id === this.#length ? NO_NEXT : this.offsetOf(id);
    this.set(id, chunk, offset);
    this.#firstFree = next;
    if (id === this.#length) this.#length += 1;
    return id;
  }

  free(id: number): void {
    this.set(id, FREE, this.#firstFree);
    this.#firstFree = id;
  }

  /** The present moment, as long as somebody keeps it. Costs a copy of the list of pages. */
  freeze(): FrozenPages {
    this.#age += 1;
    return { pages: this.#pages.slice(), length: this.#length };
  }

  #writable(index: number): Int32Array {
    const page = this.#pages[index];
    if (page !== undefined && this.#ages[index] === this.#age) return page;
    const own = page === undefined ? new Int32Array(2 * PAGE_IDS) : page.slice();
    this.#pages[index] = own;
    this.#ages[index] = this.#age;
    return own;
  }
}
