import { crc32 } from "@laminar/disk/checksum";

/*
 * The model of the log: the rules of the format and of its reading and writing once more, written from their description
 * alone and as short as they can be. It shares no line with the log, which is held against it. Here: the bytes of FORMAT.md.
 */

export const HEADER_BYTES = 128;
export const FRAME_BYTES = 48;
export const SECTOR_BYTES = 512;
export const END_BYTE = 0xa5;
export const COPY = 1;
export const MARKER = 2;

const SEGMENT_MAGIC = "894c57414c0d0a1a";
const BATCH_MAGIC = 0xb7c3a5d1;
const NUMBER_MAX = 0x1f_ffff;

export interface SegmentHead {
  readonly logId: string;
  readonly entryKind: number;
  readonly number: number;
  readonly salt: number;
  readonly continuesAfter: number;
  readonly baseLsn: number;
  readonly oldestLsn: number;
}

export interface BatchHead {
  readonly length: number;
  readonly firstLsn: number;
  readonly count: number;
  readonly flags: number;
  readonly session: number;
  readonly durableLsn: number;
}

const dataOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
const put64 = (data: DataView, at: number, value: number): void => data.setBigUint64(at, BigInt(value), true);
const get64 = (data: DataView, at: number): number => (data.getUint32(at + 4, true) > NUMBER_MAX ? Number.NaN : Number(data.getBigUint64(at, true)));

export function encodeHead(head: SegmentHead): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const data = dataOf(bytes);
  bytes.set(Buffer.from(SEGMENT_MAGIC, "hex"), 0);
  data.setUint16(8, 1, true);
  data.setUint16(10, 1, true);
  data.setUint32(20, head.entryKind, true);
  bytes.set(Buffer.from(head.logId, "hex"), 24);
  put64(data, 40, head.number);
  data.setUint32(48, head.salt, true);
  put64(data, 56, head.continuesAfter);
  put64(data, 64, head.baseLsn);
  put64(data, 72, head.oldestLsn);
  data.setUint32(124, crc32(bytes.subarray(0, 124)), true);
  return bytes;
}

export function decodeHead(bytes: Uint8Array): SegmentHead | "damaged" | "unsupported" {
  const data = dataOf(bytes);
  if (bytes.length < HEADER_BYTES || hexOf(bytes.subarray(0, 8)) !== SEGMENT_MAGIC) return "damaged";
  if (crc32(bytes.subarray(0, 124)) !== data.getUint32(124, true)) return "damaged";
  if (data.getUint16(8, true) !== 1 || data.getUint16(10, true) !== 1 || data.getUint32(12, true) !== 0) return "unsupported";
  const [number, continuesAfter, baseLsn, oldestLsn] = [get64(data, 40), get64(data, 56), get64(data, 64), get64(data, 72)];
  if (Number.isNaN(number + oldestLsn) || !(baseLsn > continuesAfter)) return "damaged";
  return { logId: hexOf(bytes.subarray(24, 40)), entryKind: data.getUint32(20, true), number, salt: data.getUint32(48, true), continuesAfter, baseLsn, oldestLsn };
}

/** Both checksums of a batch begin with the salt of its file and its place there. */
function seedOf(salt: number, position: number): number {
  const prefix = new Uint8Array(12);
  dataOf(prefix).setUint32(0, salt, true);
  put64(dataOf(prefix), 4, position);
  return crc32(prefix);
}

export function encodeBatch(salt: number, position: number, head: Omit<BatchHead, "length">, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FRAME_BYTES + body.length);
  const data = dataOf(bytes);
  bytes.set(body, FRAME_BYTES);
  data.setUint32(0, BATCH_MAGIC, true);
  data.setUint32(4, body.length, true);
  put64(data, 8, head.firstLsn);
  data.setUint32(16, head.count, true);
  data.setUint32(20, head.flags, true);
  put64(data, 24, head.session);
  put64(data, 32, head.durableLsn);
  data.setUint32(40, crc32(body, seedOf(salt, position)), true);
  data.setUint32(44, crc32(bytes.subarray(0, 44), seedOf(salt, position)), true);
  return bytes;
}

/** The verified header at `position` of a file. */
export function batchHeadAt(file: Uint8Array, position: number, salt: number): BatchHead | undefined {
  if (position + FRAME_BYTES > file.length) return undefined;
  const data = new DataView(file.buffer, file.byteOffset + position, FRAME_BYTES);
  if (data.getUint32(0, true) !== BATCH_MAGIC) return undefined;
  if (data.getUint32(44, true) !== crc32(file.subarray(position, position + 44), seedOf(salt, position))) return undefined;
  const [firstLsn, session, durableLsn] = [get64(data, 8), get64(data, 24), get64(data, 32)];
  if (Number.isNaN(firstLsn + session + durableLsn)) return undefined;
  return { length: data.getUint32(4, true), firstLsn, count: data.getUint32(16, true), flags: data.getUint32(20, true), session, durableLsn };
}

/** What the body's checksum is, against what the header at `position` says. 0: the body verifies. */
export function bodyDifference(file: Uint8Array, position: number, length: number, salt: number): number {
  const said = new DataView(file.buffer, file.byteOffset + position + 40, 4).getUint32(0, true);
  const body = file.subarray(position + FRAME_BYTES, position + FRAME_BYTES + length);
  return (crc32(body, seedOf(salt, position)) ^ said) >>> 0;
}
