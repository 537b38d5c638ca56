import { WIRE_DEPTH_MAX } from "./wire-form.ts";

/**
 * Requires that `bytes` is one value of MessagePack and nothing after it: complete, without extension types, nested at most
 * `WIRE_DEPTH_MAX` deep, every string well-formed UTF-8. Allocates nothing, whatever the lengths in `bytes` say.
 * Throws `RangeError`.
 */
export function requireMessagePack(bytes: Uint8Array): void {
  const scan = new Scan(bytes);
  scan.value(WIRE_DEPTH_MAX);
  if (scan.at !== bytes.length) throw scan.refusal("bytes after the value");
}

class Scan {
  readonly #bytes: Uint8Array;
  readonly #data: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  refusal(what: string): RangeError {
    return new RangeError(`not an entry of this codec: ${what}, at byte ${this.at}`);
  }

  /** Steps over a value that may hold `levels` levels of others. */
  value(levels: number): void {
    const tag = this.#data.getUint8(this.#take(1));
    if (tag < 0x80 || tag >= 0xe0) return;
    if (tag < 0x90) return this.#values(2 * (tag - 0x80), levels);
    if (tag < 0xa0) return this.#values(tag - 0x90, levels);
    if (tag < 0xc0) return this.#text(tag - 0xa0);
    switch (tag) {
      case 0xc0: // nil
      case 0xc2: // false
      case 0xc3: // true
        return;
      case 0xcc: // uint8
      case 0xd0: // int8
        return this.#skip(1);
      case 0xcd: // uint16
      case 0xd1: // int16
        return this.#skip(2);
      case 0xca: // float32
      case 0xce: // uint32
      case 0xd2: // int32
        return this.#skip(4);
      case 0xcb: // float64
      case 0xcf: // uint64
      case 0xd3: // int64
        return this.#skip(8);
      case 0xc4: // bin8
        return this.#skip(this.#length8());
      case 0xc5: // bin16
        return this.#skip(this.#length16());
      case 0xc6: // bin32
        return this.#skip(this.#length32());
      case 0xd9: // str8
        return this.#text(this.#length8());
      case 0xda: // str16
        return this.#text(this.#length16());
      case 0xdb: // str32
        return this.#text(this.#length32());
      case 0xdc: // array16
        return this.#values(this.#length16(), levels);
      case 0xdd: // array32
        return this.#values(this.#length32(), levels);
      case 0xde: // map16
        return this.#values(2 * this.#length16(), levels);
      case 0xdf: // map32
        return this.#values(2 * this.#length32(), levels);
      default:
        throw this.refusal("an extension type, which this codec doesn't write");
    }
  }

  /** Steps over `length` bytes and returns where they began. */
  #take(length: number): number {
    const start = this.at;
    if (length > this.#bytes.length - start) throw this.refusal("an end before the end of the value");
    this.at += length;
    return start;
  }

  #skip(length: number): void {
    this.#take(length);
  }

  #length8(): number {
    return this.#data.getUint8(this.#take(1));
  }

  #length16(): number {
    return this.#data.getUint16(this.#take(2));
  }

  #length32(): number {
    return this.#data.getUint32(this.#take(4));
  }

  #values(count: number, levels: number): void {
    // Each takes a byte at least.
    if (count > this.#bytes.length - this.at) throw this.refusal(`a count of ${count}, more than the bytes left`);
    if (levels === 0) throw this.refusal(`values nested more than ${WIRE_DEPTH_MAX} deep`);
    for (let left = count; left > 0; left--) this.value(levels - 1);
  }

  #text(length: number): void {
    const start = this.#take(length);
    const end = this.at;
    this.at = start;
    if (length >= 3 && this.#data.getUint16(start) === 0xefbb && this.#data.getUint8(start + 2) === 0xbf) throw this.refusal("a string that begins with U+FEFF");
    while (this.at < end) this.at += this.#data.getUint8(this.at) < 0x80 ? 1 : this.#character(end);
  }

  /** How many bytes the character takes that begins here and isn't ASCII. */
  #character(end: number): number {
    const first = this.#data.getUint8(this.at);
    const length = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
    if (length === 0 || length > end - this.at) throw this.refusal("a string that isn't UTF-8");
    // No overlong forms, no surrogates, nothing above U+10FFFF.
    const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    const second = this.#data.getUint8(this.at + 1);
    if (second < least || second > most) throw this.refusal("a string that isn't UTF-8");
    for (let i = 2; i < length; i++) if (this.#data.getUint8(this.at + i) >> 6 !== 2) throw this.refusal("a string that isn't UTF-8");
    return length;
  }
}
