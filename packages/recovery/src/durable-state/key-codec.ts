import { Buffer } from "node:buffer";
import { shown } from "@laminar/disk/arguments";

/** How a state's keys become bytes, and the text by which staged changes are found. */
export interface KeyCodec<K> {
  /** Throws `TypeError` for what is no key. The bytes may be the key itself: whoever keeps them takes a copy. */
  encode(key: K): Uint8Array;
  decode(bytes: Uint8Array): K;
  /** Equal for equal keys, and for those alone. */
  text(bytes: Uint8Array): string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Each byte as a character: equal texts are equal bytes. */
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");

export const stringKeys: KeyCodec<string> = {
  encode(key) {
    if (typeof key !== "string") throw new TypeError(`a key is a string, not ${shown(key)}; for bytes open the state with keys: "bytes"`);
    // Two different broken strings would become the same bytes.
    if (/\p{Surrogate}/u.test(key)) throw new TypeError(`a key has half of a surrogate pair, which no bytes can stand for: ${shown(key)}`);
    return encoder.encode(key);
  },
  decode: (bytes) => decoder.decode(bytes),
  text: textOf,
};

export const byteKeys: KeyCodec<Uint8Array> = {
  encode(key) {
    if (!(key instanceof Uint8Array)) throw new TypeError(`a key is a Uint8Array, not ${shown(key)}; for text open the state without keys: "bytes"`);
    return key;
  },
  decode: (bytes) => bytes.slice(),
  text: textOf,
};
