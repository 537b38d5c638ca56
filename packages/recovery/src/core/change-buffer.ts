import type { ChangeRanges } from "./recovery-sink.ts";

/** Changes that count, in log order, with the commits that made them count. */
export interface CommittedChanges {
  readonly changes: readonly ChangeRanges[];
  /** For each commit: how many of the changes count up to and with it. */
  readonly ends: readonly number[];
  /** For each commit: its record. */
  readonly lsns: readonly number[];
}

/** Changes whose bytes lie in one array, and room for more of them. */
interface Stretch extends ChangeRanges {
  readonly ranges: Int32Array;
  count: number;
}

const NUMBERS_PER_CHANGE = 4;
const NOTHING = new Uint8Array(0);
const NO_NUMBERS = new Int32Array(0);

/**
 * Where changes wait for their commit, and then to be taken. An object and two views for each took five times as long as the
 * log's checksums and decoding together: four numbers take 10 ns.
 */
export class ChangeBuffer {
  #stretches: Stretch[] = [];
  #open: Stretch = noStretch();
  /** Numbers of a stretch that was taken whole, for the next one. */
  #spare: Int32Array = NO_NUMBERS;
  /** The bytes of stretches that are this buffer's own. */
  readonly #kept = new WeakSet<Uint8Array>();
  #ends: number[] = [];
  #lsns: number[] = [];
  /** Changes that are held. */
  count = 0;
  /** Of these, those that count. */
  committed = 0;

  /** A deleted key's `valueStart` is -1. `room` changes of the same array may follow, this one among them. */
  add(bytes: Uint8Array, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number, room: number): void {
    let open = this.#open;
    if (open.bytes !== bytes || open.ranges.length === NUMBERS_PER_CHANGE * open.count) open = this.#begin(bytes, room);
    const { ranges } = open;
    const at = NUMBERS_PER_CHANGE * open.count++;
    ranges[at] = keyStart;
    ranges[at + 1] = keyEnd;
    ranges[at + 2] = valueStart;
    ranges[at + 3] = valueEnd;
    this.count++;
  }

  #begin(bytes: Uint8Array, room: number): Stretch {
    const numbers = NUMBERS_PER_CHANGE * Math.max(room, 1);
    const ranges = this.#spare.length >= numbers ? this.#spare : new Int32Array(numbers);
    if (ranges === this.#spare) this.#spare = NO_NUMBERS;
    this.#open = { bytes, ranges, count: 0 };
    this.#stretches.push(this.#open);
    return this.#open;
  }

  /** All that is held counts from now on. */
  commit(lsn: number): void {
    this.committed = this.count;
    this.#ends.push(this.count);
    this.#lsns.push(lsn);
  }

  /** Lets go what doesn't count, and returns how many changes that were. */
  discard(): number {
    const discarded = this.count - this.committed;
    for (let left = discarded; left > 0; ) {
      const last = this.#stretches[this.#stretches.length - 1] as Stretch;
      const taken = Math.min(left, last.count);
      last.count -= taken;
      left -= taken;
      if (last.count === 0) this.#stretches.pop();
    }
    this.#open = this.#stretches.at(-1) ?? noStretch();
    this.count = this.committed;
    return discarded;
  }

  /** Hands over what counts, in the order of the log. Its numbers are written over after the next `add`. What doesn't count yet is copied, unless that was done before. */
  take(): CommittedChanges {
    const taken: CommittedChanges = { changes: this.#takeStretches(), ends: this.#ends, lsns: this.#lsns };
    this.#ends = [];
    this.#lsns = [];
    this.count -= this.committed;
    this.committed = 0;
    return taken;
  }

  #takeStretches(): readonly ChangeRanges[] {
    const changes: ChangeRanges[] = [];
    const kept: Stretch[] = [];
    let left = this.committed;
    for (const stretch of this.#stretches) {
      const { bytes, ranges, count } = stretch;
      const counting = Math.min(left, count);
      left -= counting;
      if (counting > 0) changes.push({ bytes, ranges, count: counting });
      if (counting < count) kept.push(this.#kept.has(bytes) ? stretch : this.#copied(bytes, ranges.slice(NUMBERS_PER_CHANGE * counting, NUMBERS_PER_CHANGE * count)));
      else if (ranges.length > this.#spare.length) this.#spare = ranges;
    }
    this.#stretches = kept;
    this.#open = noStretch();
    return changes;
  }

  /** The same changes with bytes of their own. */
  #copied(bytes: Uint8Array, ranges: Int32Array): Stretch {
    const start = ranges[0] as number;
    const end = Math.max(ranges.at(-3) as number, ranges.at(-1) as number);
    const own = bytes.slice(start, end);
    for (let at = 0; at < ranges.length; at++) if (ranges[at] !== -1) ranges[at] = (ranges[at] as number) - start;
    this.#kept.add(own);
    return { bytes: own, ranges, count: ranges.length / NUMBERS_PER_CHANGE };
  }
}

const noStretch = (): Stretch => ({ bytes: NOTHING, ranges: NO_NUMBERS, count: 0 });
