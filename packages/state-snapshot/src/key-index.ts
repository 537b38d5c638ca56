/** What the index is over: it knows hashes and numbers, and asks here whether a number's key is the one that is looked for. */
export interface IndexedKeys {
  /** Whether the key of entry `id` is the bytes from `start` to `end`. */
  matches(id: number, bytes: Uint8Array, start: number, end: number): boolean;
  /** Whether the record of entry `id` is at that place. */
  isAt(id: number, chunk: number, offset: number): boolean;
  /** Whether two entries have the same key. */
  areAlike(id: number, other: number): boolean;
}

export const NO_ID = -1;

/** Slots of a new index. */
const SLOTS_MIN = 16;
/** Of a segment's slots, the share that an index made for a number of entries fills: its fullest segments aren't full then. */
const PRESIZED_SHARE = 0.82;
/** A segment of this many slots is split instead of enlarged: moving its entries takes some ten microseconds, so no `insert` stalls. */
const SLOTS_MAX = 4096;
/** With so many segments a full one is enlarged after all; and so it is when hashes don't differ enough to split it. */
const DEPTH_MAX = 16;

/** A part of the index: open addressing with linear probing, in order of the hash's upper bits. */
interface Segment {
  /** The hash and the id + 1 of each slot, 0 for an empty one; of hashes only those whose low `depth` bits are this segment's. */
  readonly slots: Int32Array;
  readonly mask: number;
  /** A hash shifted right by this is the slot where the search begins. */
  readonly shift: number;
  readonly depth: number;
  count: number;
}

/**
 * Finds entries by their keys' hashes. An extendible hash table: a directory by the hash's low bits of segments of bounded size,
 * of which only the full one grows. A slot holds the hash beside the id, which saves going to the key's memory for nearly
 * every slot passed by, and for every slot when a segment is split. 8 bytes a slot, seven to fourteen of sixteen used.
 */
export class KeyIndex {
  readonly #keys: IndexedKeys;
  #directory: Segment[] = [segmentOf(SLOTS_MIN, 0)];
  /** The slots of the segment that was split last, zero again, for the next one: without it a growing index takes twice the memory. */
  #spare: Int32Array | undefined;
  #sought: Segment = segmentOf(0, 0);
  #soughtSlot = 0;
  /** Depends on what `warm` read, and is public: what nothing can depend on the engine leaves out. */
  warmed = 0;

  constructor(keys: IndexedKeys) {
    this.#keys = keys;
  }

  /** The id of the key that is the bytes from `start` to `end`, or `NO_ID`. */
  find(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const { slots, mask, shift } = this.#segment(hash);
    for (let slot = hash >>> shift; ; slot = (slot + 1) & mask) {
      const entry = slots[2 * slot + 1] ?? 0;
      if (entry === 0) return NO_ID;
      if (slots[2 * slot] === hash && this.#keys.matches(entry - 1, bytes, start, end)) return entry - 1;
    }
  }

  /** `find`, which also makes room where there is no such key, and remembers it for `insertSought`. */
  seek(hash: number, bytes: Uint8Array, start: number, end: number): number {
    this.reserve(hash);
    const segment = this.#segment(hash);
    const { slots, mask, shift } = segment;
    let slot = hash >>> shift;
    for (let entry = slots[2 * slot + 1] ?? 0; entry !== 0; entry = slots[2 * slot + 1] ?? 0) {
      if (slots[2 * slot] === hash && this.#keys.matches(entry - 1, bytes, start, end)) return entry - 1;
      slot = (slot + 1) & mask;
    }
    this.#sought = segment;
    this.#soughtSlot = slot;
    return NO_ID;
  }

  /** Adds the entry for which the last `seek` found room; nothing may have been added or taken out since. */
  insertSought(hash: number, id: number): void {
    const { slots } = this.#sought;
    slots[2 * this.#soughtSlot] = hash;
    slots[2 * this.#soughtSlot + 1] = id + 1;
    this.#sought.count += 1;
  }

  /** The id of the entry whose record is at that place, or `NO_ID`. Saves `find`'s look at the key, where the place says enough. */
  findAt(hash: number, chunk: number, offset: number): number {
    const { slots, mask, shift } = this.#segment(hash);
    for (let slot = hash >>> shift; ; slot = (slot + 1) & mask) {
      const entry = slots[2 * slot + 1] ?? 0;
      if (entry === 0) return NO_ID;
      if (slots[2 * slot] === hash && this.#keys.isAt(entry - 1, chunk, offset)) return entry - 1;
    }
  }

  /**
   * Reads the slots at which the searches for the first `count` hashes begin. Searches wait for memory one after the other; these
   * reads don't depend on each other and wait together, and the searches that follow find their slots in the cache. Saves a quarter
   * of the time of loading a state.
   */
  warm(hashes: Int32Array, count: number): void {
    let read = 0;
    for (let at = 0; at < count; at += 1) {
      const hash = hashes[at] ?? 0;
      const { slots, shift } = this.#segment(hash);
      read ^= slots[2 * (hash >>> shift)] ?? 0;
    }
    this.warmed ^= read;
  }

  /**
   * What `warm` does, and more: puts into `ids` for each of the hashes the first entry that has it, or `NO_ID`. Nearly always that is
   * the one with the key, if there is one; whoever reads what these entries have can do it side by side too.
   */
  foresee(hashes: Int32Array, count: number, ids: Int32Array): void {
    this.warm(hashes, count);
    for (let at = 0; at < count; at += 1) {
      const hash = hashes[at] ?? 0;
      const { slots, mask, shift } = this.#segment(hash);
      let slot = hash >>> shift;
      while (slots[2 * slot + 1] !== 0 && slots[2 * slot] !== hash) slot = (slot + 1) & mask;
      ids[at] = (slots[2 * slot + 1] ?? 0) - 1;
    }
  }

  /**
   * Makes an empty index as large as so many entries need, one segment in each step: their memory is new, and the system's work for
   * that is most of it. Saves growing there, half of the time of adding a million.
   */
  *presize(entries: number): Generator<void, void> {
    let slots = SLOTS_MIN;
    let depth = 0;
    while (slots * 2 ** depth * PRESIZED_SHARE < entries && (slots < SLOTS_MAX || depth < DEPTH_MAX)) {
      if (slots < SLOTS_MAX) slots *= 2;
      else depth += 1;
    }
    const directory: Segment[] = [];
    for (let low = 0; low < 2 ** depth; low += 1) {
      directory.push(segmentOf(slots, depth));
      yield;
    }
    this.#directory = directory;
  }

  /**
   * Adds entry `id`, unless there is one with the same key: that one's id then, otherwise `NO_ID`. Goes to the slots once, where
   * `find`, `reserve` and `insert` go there three times.
   */
  add(hash: number, id: number): number {
    this.reserve(hash);
    const segment = this.#segment(hash);
    const { slots, mask, shift } = segment;
    let slot = hash >>> shift;
    for (let entry = slots[2 * slot + 1] ?? 0; entry !== 0; entry = slots[2 * slot + 1] ?? 0) {
      if (slots[2 * slot] === hash && this.#keys.areAlike(entry - 1, id)) return entry - 1;
      slot = (slot + 1) & mask;
    }
    slots[2 * slot] = hash;
    slots[2 * slot + 1] = id + 1;
    segment.count += 1;
    return NO_ID;
  }

  /** Makes room for one more entry with that hash, so that its `insert` can't fail. */
  reserve(hash: number): void {
    for (let segment = this.#segment(hash); isFull(segment); segment = this.#segment(hash)) this.#grow(segment, hash);
  }

  /** Adds an entry, which isn't there yet; after `reserve`. */
  insert(hash: number, id: number): void {
    put(this.#segment(hash), hash, id + 1);
  }

  /** Takes an entry out. Those behind it move up, so that no slot is left marked for ever. */
  remove(hash: number, id: number): void {
    const segment = this.#segment(hash);
    const { slots, mask, shift } = segment;
    let gap = hash >>> shift;
    while (slots[2 * gap + 1] !== id + 1) {
      if (slots[2 * gap + 1] === 0) return;
      gap = (gap + 1) & mask;
    }
    segment.count -= 1;
    for (let slot = (gap + 1) & mask; slots[2 * slot + 1] !== 0; slot = (slot + 1) & mask) {
      const home = (slots[2 * slot] ?? 0) >>> shift;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      slots[2 * gap] = slots[2 * slot] ?? 0;
      slots[2 * gap + 1] = slots[2 * slot + 1] ?? 0;
      gap = slot;
    }
    slots[2 * gap + 1] = 0;
  }

  #segment(hash: number): Segment {
    const directory = this.#directory;
    const segment = directory[hash & (directory.length - 1)];
    if (segment === undefined) throw new RangeError("The index has no segment for a hash.");
    return segment;
  }

  #grow(segment: Segment, hash: number): void {
    const low = hash & (2 ** segment.depth - 1);
    if (segment.mask + 1 < SLOTS_MAX || segment.depth === DEPTH_MAX) {
      const larger = segmentOf(2 * (segment.mask + 1), segment.depth);
      moveAll(segment, () => larger);
      this.#place(larger, low);
      return;
    }
    const bit = 2 ** segment.depth;
    if (bit === this.#directory.length) this.#directory = [...this.#directory, ...this.#directory];
    const lower = segmentOver(this.#spare ?? new Int32Array(2 * SLOTS_MAX), segment.depth + 1);
    const upper = segmentOf(SLOTS_MAX, segment.depth + 1);
    moveAll(segment, (moved) => ((moved & bit) === 0 ? lower : upper));
    this.#spare = segment.slots.fill(0);
    this.#place(lower, low);
    this.#place(upper, low + bit);
  }

  #place(segment: Segment, low: number): void {
    for (let at = low; at < this.#directory.length; at += 2 ** segment.depth) this.#directory[at] = segment;
  }
}

const segmentOf = (slots: number, depth: number): Segment => segmentOver(new Int32Array(2 * slots), depth);

/** An empty segment in memory that is zero. */
function segmentOver(slots: Int32Array, depth: number): Segment {
  const count = slots.length / 2;
  return { slots, mask: count - 1, shift: Math.clz32(count) + 1, depth, count: 0 };
}

/** At 7 of 8 slots. A search for a key that isn't there passes 32 of them then, a quarter of a kilobyte in a row; 6 when half are used. */
const isFull = ({ count, mask }: Segment): boolean => 8 * count >= 7 * (mask + 1);

function put(segment: Segment, hash: number, entry: number): void {
  const { slots, mask } = segment;
  let slot = hash >>> segment.shift;
  while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
  slots[2 * slot] = hash;
  slots[2 * slot + 1] = entry;
  segment.count += 1;
}

function moveAll({ slots }: Segment, target: (hash: number) => Segment): void {
  for (let at = 0; at < slots.length; at += 2) {
    const hash = slots[at] ?? 0;
    const entry = slots[at + 1] ?? 0;
    if (entry !== 0) put(target(hash), hash, entry);
  }
}
