import * as fs from "node:fs";
import { frameHeaderBytes } from "./by-hand/block.ts";
import type { Work } from "./work.ts";

const chunkBytes = 256 * 1024;

/** Bytes that the work takes when it is written by hand. */
export function rawBytes({ entries, keyBytes, valueBytes }: Work): number {
  return entries * (frameHeaderBytes + keyBytes + valueBytes);
}

/** The same bytes, preformed, and one sync: nothing that writes them can be faster. */
export function writePreformed(file: string, total: number): void {
  const bytes = new Uint8Array(chunkBytes).fill(171);
  const descriptor = fs.openSync(file, "wx");
  for (let at = 0; at < total; ) at += fs.writeSync(descriptor, bytes, 0, Math.min(bytes.length, total - at), at);
  fs.fdatasyncSync(descriptor);
  fs.closeSync(descriptor);
}

/** Reads a file and does nothing with it. Returns the bytes read. */
export function readOnly(file: string): number {
  const bytes = new Uint8Array(chunkBytes);
  const descriptor = fs.openSync(file, "r");
  let total = 0;
  for (let read = 1; read > 0; total += read) read = fs.readSync(descriptor, bytes, 0, bytes.length, null);
  fs.closeSync(descriptor);
  return total;
}

/** Writes the bytes of an entry and syncs them, off-thread as everybody does who has other things to do. */
export class CommitFloor {
  readonly #descriptor: number;
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(file: string, { keyBytes, valueBytes }: Work) {
    this.#descriptor = fs.openSync(file, "wx");
    this.#bytes = new Uint8Array(frameHeaderBytes + keyBytes + valueBytes).fill(171);
  }

  commit(): Promise<void> {
    this.#position += fs.writeSync(this.#descriptor, this.#bytes, 0, this.#bytes.length, this.#position);
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#descriptor, (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }
}
