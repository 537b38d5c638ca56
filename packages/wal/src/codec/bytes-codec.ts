import { shown } from "@laminar/disk/arguments";
import type { WalCodec } from "../wal-entry.ts";

/** The same bytes as a plain `Uint8Array`, whatever subclass (`Buffer`) they came as. */
export function plainView(bytes: Uint8Array): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`bytes must be a Uint8Array, not ${shown(bytes)}`);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * For entries that are bytes already. `append` copies them at once, so the array may be used again as soon as it returns.
 * What isn't a `Uint8Array` is a `TypeError`; a Node `Buffer` is one. What comes back is a plain `Uint8Array`, a view that
 * stays valid for ever; keeping one keeps its whole batch (about a mebibyte) in memory.
 */
export const bytesCodec: WalCodec<Uint8Array> = {
  encode(entry) {
    if (!(entry instanceof Uint8Array)) throw new TypeError(`bytesCodec: an entry must be a Uint8Array, not ${shown(entry)}`);
    return entry;
  },
  decode: plainView,
};
