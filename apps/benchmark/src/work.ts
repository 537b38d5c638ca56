import type { Settings } from "./settings.ts";

const alphabet = new TextEncoder().encode("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-");
/** So many characters of six bits hold a number of 32. */
export const keyBytesLeast = 6;
/** Values come from a pool of random bytes, which no compression of a block can take advantage of. */
const valuePoolBytes = 4 * 1024 * 1024;
const valuesMost = 1024;

/** Every number of 32 bits for another one, in an order without a pattern. */
function shuffled(index: number): number {
  let hash = index ^ 0x5bd1_e995;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The entries of a run: distinct keys, and values of random bytes. Entry `i` is the same in every process. */
export class Work {
  readonly entries: number;
  readonly commitMs: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly #scratch: Buffer;
  readonly #values: readonly Uint8Array[];
  #keys: readonly Uint8Array[] | undefined;
  #texts: readonly string[] | undefined;

  constructor({ entries, commitMs, keyBytes, valueBytes }: Settings) {
    this.entries = entries;
    this.commitMs = commitMs;
    this.keyBytes = keyBytes;
    this.valueBytes = valueBytes;
    this.#scratch = Buffer.alloc(keyBytes);
    const values = Math.max(1, Math.min(valuesMost, Math.floor(valuePoolBytes / Math.max(1, valueBytes))));
    this.#values = Array.from({ length: values }, (_, value) => randomBytes(value, valueBytes));
  }

  /** Keys are of letters and digits, so that text and bytes are the same key. */
  text(index: number): string {
    return this.#scratchWith(shuffled(index)).toString("latin1");
  }

  key(index: number): Uint8Array {
    const key = new Uint8Array(this.keyBytes);
    fill(key, shuffled(index));
    return key;
  }

  value(index: number): Uint8Array {
    return this.#values[index % this.#values.length] as Uint8Array;
  }

  /** All keys, made at the first call: before the clock starts. */
  keys(): readonly Uint8Array[] {
    return (this.#keys ??= Array.from({ length: this.entries }, (_, i) => this.key(i)));
  }

  texts(): readonly string[] {
    return (this.#texts ??= Array.from({ length: this.entries }, (_, i) => this.text(i)));
  }

  /** The same entries under ascending keys. */
  ascendingTexts(): readonly string[] {
    return Array.from({ length: this.entries }, (_, i) => this.#scratchWith(i).toString("latin1"));
  }

  #scratchWith(number: number): Buffer {
    fill(this.#scratch, number);
    return this.#scratch;
  }
}

/** Makes `key` that of a number. */
function fill(key: Uint8Array, number: number): void {
  let rest = number;
  for (let at = keyBytesLeast - 1; at >= 0; at--, rest = Math.floor(rest / 64)) key[at] = alphabet[rest % 64] as number;
  for (let at = keyBytesLeast; at < key.length; at++) key[at] = alphabet[(number >>> (at % 27)) & 63] as number;
}

function randomBytes(seed: number, length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = shuffled(seed) | 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length).slice();
}
