/** Keys of 16 bytes, all different, in an order that no structure can follow, and values of 100: the standard work. */
export function keysOf(count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, number) => {
    const key = new Uint8Array(16);
    const view = new DataView(key.buffer);
    view.setUint32(0, Math.imul(number, 2_654_435_761) >>> 0);
    view.setUint32(12, number);
    return key;
  });
}

export const value: Uint8Array = new Uint8Array(100).fill(7);
