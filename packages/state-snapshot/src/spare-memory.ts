import { Buffer } from "node:buffer";

/** So many arrays wait for records to come; what comes back beyond is taken for reading again. */
const SPARE_MAX = 2;

/**
 * Memory that others read into, and in which the store keeps records afterwards. What a new page of memory costs the system is most of
 * what filling a store costs, above all on virtual machines: 15 to 20 µs, half a second for a million entries of 116 bytes. Here the
 * thread that reads pays for it, while this one works.
 */
export class SpareMemory {
  readonly #lent = new WeakSet<ArrayBufferLike>();
  readonly #spare: Uint8Array[] = [];

  /** An array of that length, whose bytes may be anything. */
  take(length: number): Uint8Array {
    if (!Number.isInteger(length) || length < 0) throw new RangeError(`A length is a whole number, not ${length}.`);
    const isSpared = this.#spare.length >= SPARE_MAX;
    const found = isSpared ? this.#spare.findIndex((spare) => spare.length >= length) : -1;
    const [bytes = newMemory(length)] = found < 0 ? [] : this.#spare.splice(found, 1);
    this.#lent.add(bytes.buffer);
    return bytes.length === length ? bytes : bytes.subarray(0, length);
  }

  /** Nobody looks at an array from `take` any more. Any other one stays its owner's. */
  giveBack({ buffer }: Uint8Array): void {
    if (!this.#lent.delete(buffer)) return;
    this.#spare.push(new Uint8Array(buffer));
    if (this.#spare.length > SPARE_MAX) this.#spare.shift();
  }

  /** An array for records for good, if one of these lengths is spare. */
  use(least: number, most: number): Uint8Array | undefined {
    const found = this.#spare.findIndex(({ length }) => least <= length && length <= most);
    return found < 0 ? undefined : this.#spare.splice(found, 1)[0];
  }
}

/** Not zeroed: nothing of it is read before it is written, and zeroing is a tenth of the time of filling a store. */
export function newMemory(length: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}
