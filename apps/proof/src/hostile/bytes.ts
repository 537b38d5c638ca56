import type { Choices } from "../random.ts";

const SIZES = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0x3fff_ffff, 0x4000_0000, 0x4000_0001, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
const LARGE = [0n, 1n, 2n, 1000n, 2n ** 31n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];

/** A number of 32 bits that stands at an edge, or is near `right`. */
export const edge32 = (choices: Choices, right: number): number => (choices.chance(0.4) ? Math.max(0, right + choices.whole(5) - 2) : choices.one(SIZES)) >>> 0;
export const edge64 = (choices: Choices, right: number): bigint => (choices.chance(0.4) ? BigInt(Math.max(0, right + choices.whole(5) - 2)) : choices.one(LARGE));

export const randomBytes = (choices: Choices, length: number): Uint8Array => Uint8Array.from({ length }, () => choices.whole(256));

/** Little-endian fields, one after the other. */
export class Fields {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  u16(value: number): this {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
    return this;
  }

  u64(value: bigint): this {
    this.#view.setBigUint64(this.#at, value, true);
    this.#at += 8;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  get written(): Uint8Array {
    return this.bytes.subarray(0, this.#at);
  }
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const fields = new Fields(parts.reduce((sum, { length }) => sum + length, 0));
  for (const part of parts) fields.raw(part);
  return fields.bytes;
}

type Damage = (bytes: Uint8Array, choices: Choices, other: Uint8Array) => Uint8Array;

const part = (bytes: Uint8Array, choices: Choices): Uint8Array => {
  const start = choices.whole(bytes.length + 1);
  return bytes.subarray(start, start + choices.whole(bytes.length - start + 1));
};

const changed = (bytes: Uint8Array, choices: Choices, to: (byte: number) => number): Uint8Array => {
  const copy = bytes.slice();
  const at = choices.whole(Math.max(1, copy.length));
  if (copy.length > 0) copy[at] = to(copy[at] ?? 0);
  return copy;
};

/** What is done to bytes whatever stands in them. */
export const damages: Readonly<Record<string, Damage>> = {
  cut: (bytes, choices) => bytes.slice(0, choices.whole(bytes.length + 1)),
  "flipped bit": (bytes, choices) => changed(bytes, choices, (byte) => byte ^ (1 << choices.whole(8))),
  "another byte": (bytes, choices) => changed(bytes, choices, () => choices.whole(256)),
  "bytes after the end": (bytes, choices) => joined([bytes, randomBytes(choices, choices.whole(60))]),
  "zeros after the end": (bytes, choices) => joined([bytes, new Uint8Array(choices.whole(600))]),
  "a part as zeros": (bytes, choices) => {
    const copy = bytes.slice();
    part(copy, choices).fill(0);
    return copy;
  },
  "a part twice": (bytes, choices) => {
    const at = choices.whole(bytes.length + 1);
    return joined([bytes.subarray(0, at), part(bytes.subarray(0, at), choices), bytes.subarray(at)]);
  },
  "a part missing": (bytes, choices) => {
    const at = choices.whole(bytes.length + 1);
    return joined([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + choices.whole(40)))]);
  },
  "a part of another": (bytes, choices, other) => {
    const at = choices.whole(bytes.length + 1);
    return joined([bytes.subarray(0, at), part(other, choices), bytes.subarray(at + choices.whole(bytes.length - at + 1))]);
  },
  "the end of another": (bytes, choices, other) => joined([bytes.subarray(0, choices.whole(bytes.length + 1)), other.subarray(choices.whole(other.length + 1))]),
};
const DAMAGES = Object.keys(damages);

/** Some of the damages; the words say which. */
export function damaged(bytes: Uint8Array, choices: Choices, other: Uint8Array, share: number): { readonly bytes: Uint8Array; readonly words: readonly string[] } {
  const words: string[] = [];
  let changedBytes = bytes;
  while (words.length < 3 && choices.chance(share)) {
    const name = choices.one(DAMAGES);
    changedBytes = damages[name]?.(changedBytes, choices, other) ?? changedBytes;
    words.push(name);
  }
  return { bytes: changedBytes, words };
}
