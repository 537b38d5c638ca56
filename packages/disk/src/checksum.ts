/** CRC-32 (IEEE 802.3) of `bytes`, continuing from `seed`; an unsigned 32-bit number. Placeholder until the next commit. */
export type Crc32 = (bytes: Uint8Array, seed?: number) => number;
