import { remembered } from "./remembered.ts";

/** Two lanes of 32 bits. Hashes of parts are added up, so that the parts may come in any order. */
export interface Hash {
  readonly high: number;
  readonly low: number;
}

export const noContent: Hash = { high: 0, low: 0 };

/** Hash of 512 bytes; `noContent` for zeros, so that a hole and written zeros are the same. */
export function hashWords(words: Uint32Array): Hash {
  let high = 0;
  let low = 0;
  for (const word of words) {
    high = Math.imul(rotate(high ^ Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593), 13), 5);
    low = Math.imul(rotate(low ^ Math.imul(rotate(Math.imul(word, 0x239b961b), 16), 0xab0e9789), 19), 9);
  }
  return { high, low };
}

/** Of a path: a state is hashed by its parts, of which the names are always the same. */
export const hashText: (text: string) => Hash = remembered((text) => {
  let high = 0x811c9dc5;
  let low = 0x050c5d1f;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(rotate(low ^ unit, 7), 0x85ebca6b);
  }
  return { high, low };
});

/** The hash of `content` at a place that is told apart by `place`. */
export function placed(content: Hash, place: number): Hash {
  const key = Math.imul(place + 1, 0x9e3779b1);
  return {
    high: scramble(content.high ^ key ^ rotate(content.low, 11)),
    low: scramble((content.low + Math.imul(key, 0xc2b2ae35)) ^ rotate(content.high, 5)),
  };
}

/** The hash of `content` under a name. */
export function named(content: Hash, name: Hash): Hash {
  return {
    high: scramble(content.high ^ scramble(name.high ^ rotate(content.low, 9))),
    low: scramble(content.low ^ scramble(name.low + rotate(content.high, 21))),
  };
}

export function sum(one: Hash, other: Hash): Hash {
  return { high: (one.high + other.high) | 0, low: (one.low + other.low) | 0 };
}

export function minus(one: Hash, other: Hash): Hash {
  return { high: (one.high - other.high) | 0, low: (one.low - other.low) | 0 };
}

export function toHex(hash: Hash): string {
  return hex(hash.high) + hex(hash.low);
}

function hex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, "0");
}

function rotate(lane: number, bits: number): number {
  return (lane << bits) | (lane >>> (32 - bits));
}

function scramble(lane: number): number {
  let mixed = lane;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
