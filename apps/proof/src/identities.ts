const getRandomValues = globalThis.crypto.getRandomValues.bind(globalThis.crypto);
const now = Date.now.bind(Date);
const monotonicNow = performance.now.bind(performance);

/**
 * From now on what is random by design (a log's identity, salts) comes from `seed`, and the process's clocks stand still: equal
 * lives then leave equal bytes, and are counted once, and no work rests because the machine is slow.
 */
export function fixChance(seed: number): void {
  let state = Math.imul(seed, 0x2545f491);
  globalThis.crypto.getRandomValues = (array) => {
    const { buffer, byteOffset, byteLength } = array as unknown as Uint8Array;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    for (let i = 0; i < bytes.length; i++) {
      state = (Math.imul(state, 0x915f77f5) + 0x6d2b79f5) | 0;
      bytes[i] = state >>> 24;
    }
    return array;
  };
  Date.now = () => 0;
  performance.now = () => 0;
}

export function restoreChance(): void {
  globalThis.crypto.getRandomValues = getRandomValues;
  Date.now = now;
  performance.now = monotonicNow;
}
