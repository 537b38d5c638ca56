import { BATCH_HEADER_BYTES, type BatchHeader, bodyChecksum, decodeBatchHeader } from "./segment-format.ts";

/*
 * CRC-32 is linear: flipping one bit changes the checksum by a value that depends only on how far the bit is from the end.
 * So the flipped bit, if there is exactly one, is found by running the difference backwards, one byte at a time, until it is
 * the difference that a flip in the last byte makes.
 */
const POLYNOMIAL = 0xedb88320;
const TABLE = new Uint32Array(256);
const BY_TOP_BYTE = new Uint8Array(256);
for (let i = 0; i < 256; i++) {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  TABLE[i] = value;
  BY_TOP_BYTE[value >>> 24] = i;
}
const LAST_BYTE_FLIPS = new Map(Array.from({ length: 8 }, (_, bit) => [TABLE[1 << bit] as number, bit]));

/** The one bit whose flip explains why a checksum over `length` bytes differs by `difference`. */
export function flippedBit(difference: number, length: number): { readonly byte: number; readonly bit: number } | undefined {
  let value = difference >>> 0;
  for (let byte = length - 1; byte >= 0; byte--) {
    const bit = LAST_BYTE_FLIPS.get(value);
    if (bit !== undefined) return { byte, bit };
    const index = BY_TOP_BYTE[value >>> 24] as number;
    value = (((value ^ (TABLE[index] as number)) << 8) | index) >>> 0;
  }
  return undefined;
}

export interface Repair {
  readonly header: BatchHeader;
  readonly body: Uint8Array;
  /** Where the flipped bit stands, from the start of the batch. */
  readonly byte: number;
}

/** The batch at the start of `bytes` with one bit of it flipped so that it verifies, if there is such a bit. */
export function repairOneBit(bytes: Uint8Array, salt: number, position: number): Repair | undefined {
  const header = decodeBatchHeader(bytes, 0, salt, position);
  if (header) return repairBody(bytes, header, salt, position);
  const copy = copyOf(bytes, 0, BATCH_HEADER_BYTES);
  if (copy.length < BATCH_HEADER_BYTES) return undefined;
  for (let at = 0; at < BATCH_HEADER_BYTES * 8; at++) {
    const byte = at >>> 3;
    const before = bytes[byte] as number;
    copy[byte] = before ^ (1 << (at & 7));
    const repaired = decodeBatchHeader(copy, 0, salt, position);
    copy[byte] = before;
    if (!repaired || BATCH_HEADER_BYTES + repaired.bodyBytes > bytes.length) continue;
    const body = bytes.subarray(BATCH_HEADER_BYTES, BATCH_HEADER_BYTES + repaired.bodyBytes);
    if (bodyChecksum(body, salt, position) === repaired.bodyChecksum) return { header: repaired, body, byte };
  }
  return undefined;
}

/** A Buffer's `slice` would be a view, and the repair would change the image that it is about. */
const copyOf = (bytes: Uint8Array, from: number, to: number): Uint8Array => new Uint8Array(bytes.subarray(from, to));

function repairBody(bytes: Uint8Array, header: BatchHeader, salt: number, position: number): Repair | undefined {
  if (BATCH_HEADER_BYTES + header.bodyBytes > bytes.length) return undefined;
  const body = copyOf(bytes, BATCH_HEADER_BYTES, BATCH_HEADER_BYTES + header.bodyBytes);
  const found = flippedBit(bodyChecksum(body, salt, position) ^ header.bodyChecksum, body.length);
  if (!found) return undefined;
  body[found.byte] = (body[found.byte] as number) ^ (1 << found.bit);
  return { header, body, byte: BATCH_HEADER_BYTES + found.byte };
}
