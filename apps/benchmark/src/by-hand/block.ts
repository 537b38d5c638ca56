import * as fs from "node:fs";
import { crc32 } from "@laminar/disk/checksum";

/*
 * The same work without any abstraction, as somebody writes it for one purpose: frames of two lengths, key and value, a
 * checksum a block; no limits, no segments, no way to tell a torn write from damage. It is the thing to beat, or to lose
 * little against.
 */

/** Length of the block, checksum of what follows. */
export const blockHeaderBytes = 8;
/** Two bytes for the length of the key, four for that of the value. */
export const frameHeaderBytes = 6;
/** A block is written when it is as long as this. */
export const blockBytes: number = 64 * 1024;

/** Takes frames until it is written. */
export class Block {
  #bytes: Uint8Array = new Uint8Array(4 * blockBytes);
  length: number = blockHeaderBytes;

  add(key: Uint8Array, value: Uint8Array): void {
    const at = this.length;
    const keyLength = key.length;
    const valueLength = value.length;
    const end = at + frameHeaderBytes + keyLength + valueLength;
    if (end > this.#bytes.length) this.#grow(end);
    const bytes = this.#bytes;
    bytes[at] = keyLength;
    bytes[at + 1] = keyLength >>> 8;
    bytes[at + 2] = valueLength;
    bytes[at + 3] = valueLength >>> 8;
    bytes[at + 4] = valueLength >>> 16;
    bytes[at + 5] = valueLength >>> 24;
    bytes.set(key, at + frameHeaderBytes);
    bytes.set(value, at + frameHeaderBytes + keyLength);
    this.length = end;
  }

  /** Writes what it holds at `position`, is empty then, and returns where the next block goes. */
  writeTo(descriptor: number, position: number): number {
    const bytes = this.#bytes;
    const length = this.length;
    const header = new DataView(bytes.buffer);
    header.setUint32(0, length, true);
    header.setUint32(4, crc32(bytes.subarray(blockHeaderBytes, length)), true);
    for (let written = 0; written < length; ) written += fs.writeSync(descriptor, bytes, written, length - written, position + written);
    this.length = blockHeaderBytes;
    return position + length;
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes.subarray(0, this.length));
    this.#bytes = bytes;
  }
}
