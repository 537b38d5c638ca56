import * as fs from "node:fs";
import { crc32 } from "@laminar/disk/checksum";

const blockBytes = 64 * 1024;
const blockHeaderBytes = 8;
const entryHeaderBytes = 8;

/**
 * The same work as somebody writes it for one purpose: lengths, key and value, a checksum a block, one file, and group commit.
 * Values may have any length that a block's buffer grows to. There are no segments, no limits, and no way to tell a torn write from damage.
 */
export class PlainLog {
  readonly #descriptor: number;
  #bytes = Buffer.allocUnsafe(4 * blockBytes);
  #length = blockHeaderBytes;
  #position = 0;
  #waiting: (() => void)[] = [];
  #isBusy = false;

  constructor(file: string) {
    this.#descriptor = fs.openSync(file, "wx");
  }

  append(key: Uint8Array, value: Uint8Array): void {
    const size = entryHeaderBytes + key.length + value.length;
    if (this.#length + size > this.#bytes.length) this.#grow(size);
    const at = this.#length;
    this.#bytes.writeUInt32LE(key.length, at);
    this.#bytes.writeUInt32LE(value.length, at + 4);
    this.#bytes.set(key, at + entryHeaderBytes);
    this.#bytes.set(value, at + entryHeaderBytes + key.length);
    this.#length = at + size;
    if (this.#length >= blockBytes) this.#writeBlock();
  }

  /** Appends, and resolves when that is durable; whoever comes while a sync is under way shares the next one. */
  commit(key: Uint8Array, value: Uint8Array): Promise<void> {
    this.append(key, value);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#isBusy) setImmediate(() => this.#flush());
      this.#isBusy = true;
    });
  }

  /** Makes durable what was appended. */
  syncNow(): void {
    this.#writeBlock();
    fs.fdatasyncSync(this.#descriptor);
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }

  #grow(size: number): void {
    const bytes = Buffer.allocUnsafe(this.#length + size + this.#bytes.length);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }

  #writeBlock(): void {
    if (this.#length === blockHeaderBytes) return;
    const block = this.#bytes.subarray(0, this.#length);
    block.writeUInt32LE(this.#length, 0);
    block.writeUInt32LE(crc32(block.subarray(blockHeaderBytes)), 4);
    for (let written = 0; written < block.length; ) written += fs.writeSync(this.#descriptor, block, written, block.length - written, this.#position + written);
    this.#position += this.#length;
    this.#length = blockHeaderBytes;
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#isBusy = waiting.length > 0;
    if (!this.#isBusy) return;
    this.#waiting = [];
    this.#writeBlock();
    fs.fdatasync(this.#descriptor, (error) => {
      if (error) throw error;
      for (const resolve of waiting) resolve();
      setImmediate(() => this.#flush());
    });
  }
}
