import crc from "crc-32";

/** The CRC-32 in JavaScript alone; faster than the native one on short input. */
export function portableCrc32(bytes: Uint8Array, seed: number): number {
  // The package's numbers are signed.
  return crc.buf(bytes, seed) >>> 0;
}
