import * as zlib from "node:zlib";
import { checkBytes } from "./argument-checks.ts";
import { shown } from "./arguments.ts";
import { portableCrc32 } from "./portable-crc32.ts";

/** Absent from the runtimes that came before it; hence the namespace, which loads without it. */
const nativeCrc32 = (zlib as { readonly crc32?: ((bytes: Uint8Array, seed: number) => number) | undefined }).crc32;

/** Shorter input takes longer to hand over to the runtime than to work through here (Node 20: they meet near 400 bytes). */
const nativeBytesMin = 384;

/**
 * The CRC-32 (IEEE 802.3, the one of zlib and PNG) of `bytes`: an unsigned 32-bit number, the same on every runtime. `seed`
 * is the checksum of the bytes before these, so that `crc32(b, crc32(a))` is the checksum of `a` followed by `b`.
 *
 * @throws RangeError when `seed` isn't an unsigned 32-bit number; TypeError when `bytes` isn't a `Uint8Array`
 */
export function crc32(bytes: Uint8Array, seed: number = 0): number {
  checkBytes("The input of a CRC-32", bytes);
  if (typeof seed !== "number" || seed >>> 0 !== seed) throw new RangeError(`The seed of a CRC-32 is an unsigned 32-bit number, not ${shown(seed)}.`);
  if (nativeCrc32 === undefined || bytes.length < nativeBytesMin) return portableCrc32(bytes, seed);
  return nativeCrc32(bytes, seed);
}
