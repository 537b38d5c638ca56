import { readFileSync } from "node:fs";
import { crc32 } from "@laminar/disk/checksum";
import { blockHeaderBytes, frameHeaderBytes } from "./block.ts";

/** The fastest way from bytes to a short text, which the types of Node.js leave out. */
interface Latin1Bytes {
  latin1Slice(start: number, end: number): string;
}

/** Reads, checks, and puts everything into a map. */
export function recoverByHand(file: string): Map<string, Uint8Array> {
  const bytes = readFileSync(file) as Buffer & Latin1Bytes;
  const map = new Map<string, Uint8Array>();
  for (let block = 0; block < bytes.length; ) {
    const end = block + bytes.readUInt32LE(block);
    if (bytes.readUInt32LE(block + 4) !== crc32(bytes.subarray(block + blockHeaderBytes, end))) throw new Error(`${file}: the block at ${block} is damaged`);
    for (let at = block + blockHeaderBytes; at < end; ) {
      const value = at + frameHeaderBytes + bytes.readUInt16LE(at);
      const next = value + bytes.readUInt32LE(at + 2);
      map.set(bytes.latin1Slice(at + frameHeaderBytes, value), bytes.subarray(value, next));
      at = next;
    }
    block = end;
  }
  return map;
}
