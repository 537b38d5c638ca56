const INITIAL_BYTES = 64 * 1024;

/** A growing buffer that is written at its end, and rewound when an entry is refused. Big-endian, as MessagePack is. */
export class ByteSink {
  #bytes: Uint8Array;
  #data: DataView;
  /** Bytes written; set it back to take something off again. */
  length: number;

  constructor(reserved: number) {
    this.#bytes = new Uint8Array(INITIAL_BYTES);
    this.#data = new DataView(this.#bytes.buffer);
    this.length = reserved;
  }

  #room(more: number): number {
    const at = this.length;
    const needed = at + more;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#data = new DataView(grown.buffer);
    }
    this.length = needed;
    return at;
  }

  byte(value: number): void {
    const at = this.#room(1);
    this.#bytes[at] = value;
  }

  bytes2(first: number, second: number): void {
    const at = this.#room(2);
    this.#bytes[at] = first;
    this.#bytes[at + 1] = second;
  }

  byteAndUint16(first: number, value: number): void {
    const at = this.#room(3);
    this.#bytes[at] = first;
    this.#data.setUint16(at + 1, value);
  }

  byteAndUint32(first: number, value: number): void {
    const at = this.#room(5);
    this.#bytes[at] = first;
    this.#data.setUint32(at + 1, value);
  }

  byteAndUint64(first: number, value: bigint): void {
    const at = this.#room(9);
    this.#bytes[at] = first;
    this.#data.setBigUint64(at + 1, BigInt.asUintN(64, value));
  }

  append(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** What was written. A view: nothing may be written afterwards. */
  take(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}
