import * as fs from "node:fs";
import { crc32 } from "@laminar/disk/checksum";

/*
 * The same work without any abstraction, as somebody writes it for one purpose: frames of two lengths, key and value, a
 * checksum a block; no limits, no segments, no way to tell a torn write from damage. It is the thing to beat, or to lose
 * little against.
 */

const headerBytes = 8;
const blockBytes = 64 * 1024;

/** Takes frames until it is written: length, checksum, frames. */
class Block {
  readonly bytes: Uint8Array = new Uint8Array(4 * 1024 * 1024);
  length = headerBytes;

  add(key: Uint8Array, value: Uint8Array): void {
    const { bytes, length: at } = this;
    const { length: keyLength } = key;
    const { length: valueLength } = value;
    bytes[at] = keyLength;
    bytes[at + 1] = keyLength >>> 8;
    bytes[at + 2] = valueLength;
    bytes[at + 3] = valueLength >>> 8;
    bytes.set(key, at + 4);
    bytes.set(value, at + 4 + keyLength);
    this.length = at + 4 + keyLength + valueLength;
  }

  /** Writes what it holds at `position`, is empty then, and returns where the next block goes. */
  writeTo(descriptor: number, position: number): number {
    const { bytes, length } = this;
    const header = new DataView(bytes.buffer);
    header.setUint32(0, length, true);
    header.setUint32(4, crc32(bytes.subarray(headerBytes, length)), true);
    for (let written = 0; written < length; ) written += fs.writeSync(descriptor, bytes, written, length - written, position + written);
    this.length = headerBytes;
    return position + length;
  }
}

/** Appends everything and syncs once. Returns the bytes of the file. */
export function appendByHand(file: string, keys: readonly Uint8Array[], value: Uint8Array): number {
  const descriptor = fs.openSync(file, "wx");
  const block = new Block();
  let position = 0;
  for (const key of keys) {
    block.add(key, value);
    if (block.length >= blockBytes) position = block.writeTo(descriptor, position);
  }
  position = block.writeTo(descriptor, position);
  fs.fdatasyncSync(descriptor);
  fs.closeSync(descriptor);
  return position;
}

/** Group commit: whoever commits while a sync is under way shares the next one. */
export class CommitByHand {
  readonly #descriptor: number;
  readonly #block = new Block();
  #position = 0;
  #waiting: (() => void)[] = [];
  #isBusy = false;

  constructor(file: string) {
    this.#descriptor = fs.openSync(file, "wx");
  }

  commit(key: Uint8Array, value: Uint8Array): Promise<void> {
    this.#block.add(key, value);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#isBusy) setImmediate(() => this.#flush());
      this.#isBusy = true;
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#isBusy = waiting.length > 0;
    if (!this.#isBusy) return;
    this.#waiting = [];
    this.#position = this.#block.writeTo(this.#descriptor, this.#position);
    fs.fdatasync(this.#descriptor, (error) => {
      if (error) throw error;
      for (const resolve of waiting) resolve();
      setImmediate(() => this.#flush());
    });
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }
}
