/** Numbers from 0 to below 1, always the same ones for a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Whole numbers from 0 below what is asked. */
export function randomBelow(seed: number): (below: number) => number {
  const random = randomOf(seed);
  return (below) => Math.floor(random() * below);
}

export function randomBytes(below: (limit: number) => number, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => below(256));
}

/** What chooses by a seed. */
export class Choices {
  readonly random: () => number;

  constructor(seed: number) {
    this.random = randomOf(seed);
  }

  /** 0 or more, below `count`. */
  whole(count: number): number {
    return Math.floor(this.random() * count);
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  one<T>(of: readonly T[]): T {
    if (of.length === 0) throw new RangeError("there is nothing to choose from");
    return of[this.whole(of.length)] as T;
  }
}
