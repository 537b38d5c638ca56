export const keyBytes = 16;
export const valueBytes = 100;
/** What a put of the standard work takes in a log, without the batches' headers. */
export const putBytes = 121;

/** Keys of 16 bytes in an order that no structure can follow: another one for each number below 2^32, and others for another seed. */
export function keyMaker(seed: number): (number: number, target?: Uint8Array) => Uint8Array {
  return (number, target = new Uint8Array(keyBytes)) => {
    const salted = (number ^ seed) >>> 0;
    // Odd factors and shifted xors, each of which can be undone: no two numbers give one key.
    const mixed = Math.imul(salted ^ (salted >>> 15), 0x2c1b3c6d);
    const words = [mixed, Math.imul(mixed, 0x297a2d39), salted, ~mixed];
    words.forEach((word, index) => {
      for (let byte = 0; byte < 4; byte++) target[index * 4 + byte] = word >>> (byte * 8);
    });
    return target;
  };
}

export const valueOf = (length: number = valueBytes): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 37) % 251);

/** Keys made beforehand, which come round again: a measurement shall not pay for them. */
export function keyRing(seed: number, count = 65_536): (number: number) => Uint8Array {
  const keyOf = keyMaker(seed);
  const keys = Array.from({ length: count }, (_, number) => keyOf(number));
  return (number) => keys[number % count] as Uint8Array;
}

/** Every number below `count` once, in another order. */
export const shuffled = (number: number, count: number): number => Number((BigInt(number) * 7_368_787n) % BigInt(count));

/** The most memory that this process has had, in bytes. */
export const peakMemory = (): number => process.resourceUsage().maxRSS * 1024;
