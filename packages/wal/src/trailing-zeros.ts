import { askBytes, type Reading } from "./log-requests.ts";
import type { SegmentFile } from "./log-shape.ts";

/*
 * Zeros at the end of a segment's file: space that its writer kept for later batches, or that a power cut left. They are as if they
 * weren't there, however many they are.
 */

/** They are read in pieces of this size. */
const PIECE_BYTES = 256 * 1024;
const WORD_BYTES = 4;

/** Bytes up to the last one that isn't zero. Looks at four at a time: a mebibyte takes a fifth of a millisecond. */
export function lengthWithoutZeros(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0 && (bytes.byteOffset + end) % WORD_BYTES !== 0) end--;
  const lead = (WORD_BYTES - (bytes.byteOffset % WORD_BYTES)) % WORD_BYTES;
  if (end > lead && bytes[end - 1] === 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + lead, (end - lead) / WORD_BYTES);
    let at = words.length;
    while (at > 0 && words[at - 1] === 0) at--;
    end = lead + at * WORD_BYTES;
  }
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}

/** Whether nothing but zeros stands in a segment's file from `position` on. */
export function* onlyZerosFollow(directory: string, segment: SegmentFile, position: number): Reading<boolean> {
  for (let at = position; at < segment.size; at += PIECE_BYTES) {
    const piece = yield* askBytes(directory, { kind: "read", segment, position: at, length: Math.min(PIECE_BYTES, segment.size - at) });
    if (lengthWithoutZeros(piece) > 0) return false;
  }
  return true;
}
