/** Whole numbers from 0 below what is asked, the same for the same seed. */
export function randomBelow(seed: number): (below: number) => number {
  let state = Math.imul(seed, 0x2545f491) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

export function randomBytes(below: (limit: number) => number, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => below(256));
}
