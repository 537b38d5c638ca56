/**
 * The bytes of a segment file. Everything here is format: a change of any number makes existing logs unreadable.
 * `FORMAT.md` shows the same with an example in hex.
 */
import { crc32 } from "@laminar/disk/checksum";

export const FORMAT_VERSION = 1;
/** Not ASCII, a line end of each kind, an end-of-file: a transfer that "corrects" text breaks it at once. */
export const SEGMENT_MAGIC: readonly number[] = [0x89, 0x4c, 0x57, 0x41, 0x4c, 0x0d, 0x0a, 0x1a];
export const SEGMENT_HEADER_BYTES = 128;
export const CHECKSUM_CRC32 = 1;
/** Entries are the four standard ones, or opaque bytes of a codec. */
export const ENTRIES_STANDARD = 1;
export const ENTRIES_CUSTOM = 2;

/** No byte of it is zero, so that zeros never parse. */
export const BATCH_MAGIC = 0xb7c3a5d1;
export const BATCH_HEADER_BYTES = 48;
/** Last byte of every body: a body that ends in a zero was torn. */
export const BATCH_END = 0xa5;
export const FLAG_COPY = 1;
export const FLAG_MARKER = 2;
/** What a body may hold at most, whatever the options say: checked when writing and before memory is taken for reading. */
export const BODY_BYTES_MAX = 0x4000_0000;
/** More than all that may wait to be written at once: what is behind the last batch is judged in memory. */
export const UNFINISHED_BYTES_MAX = 0x8000_0000;
/** A torn write loses whole aligned shares of a file of this size. */
export const SECTOR_BYTES = 512;

export interface SegmentHeader {
  readonly logId: string;
  readonly number: number;
  readonly salt: number;
  readonly entryKind: number;
  /** The last record of the earlier segments that counts from here on. */
  readonly continuesAfter: number;
  /** The first LSN that this segment may hold; more than `continuesAfter + 1` is a gap, left by a fence. */
  readonly baseLsn: number;
  /** What is below may have been dropped. */
  readonly oldestLsn: number;
}

export interface BatchHeader {
  readonly bodyBytes: number;
  readonly firstLsn: number;
  readonly count: number;
  readonly flags: number;
  readonly session: number;
  /** The highest LSN that was durable when this batch was built. */
  readonly durableLsn: number;
  readonly bodyChecksum: number;
}

export type HeaderVerdict =
  | { readonly kind: "ok"; readonly header: SegmentHeader }
  | { readonly kind: "unsupported"; readonly what: string }
  | { readonly kind: "damaged"; readonly what: string };

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Little-endian, as all numbers here. Without a `DataView`, which takes longer to make than a batch's header to fill. */
function setUint32(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value;
  target[offset + 1] = value >>> 8;
  target[offset + 2] = value >>> 16;
  target[offset + 3] = value >>> 24;
}

function setNumber(target: Uint8Array, offset: number, value: number): void {
  setUint32(target, offset, value >>> 0);
  setUint32(target, offset + 4, Math.floor(value / 0x1_0000_0000));
}

/** `undefined` for what no JavaScript number holds exactly. */
function getNumber(source: DataView, offset: number): number | undefined {
  const high = source.getUint32(offset + 4, true);
  return high > 0x1f_ffff ? undefined : high * 0x1_0000_0000 + source.getUint32(offset, true);
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  const data = view(bytes);
  bytes.set(SEGMENT_MAGIC, 0);
  data.setUint16(8, FORMAT_VERSION, true);
  data.setUint16(10, CHECKSUM_CRC32, true);
  data.setUint32(20, header.entryKind, true);
  for (let i = 0; i < 16; i++) bytes[24 + i] = Number.parseInt(header.logId.slice(2 * i, 2 * i + 2), 16);
  setNumber(bytes, 40, header.number);
  data.setUint32(48, header.salt, true);
  setNumber(bytes, 56, header.continuesAfter);
  setNumber(bytes, 64, header.baseLsn);
  setNumber(bytes, 72, header.oldestLsn);
  data.setUint32(124, crc32(bytes.subarray(0, 124)), true);
  return bytes;
}

/** The version is judged after the checksum: a damaged header is damaged, a verified one of another version is unsupported. */
export function decodeSegmentHeader(bytes: Uint8Array): HeaderVerdict {
  if (bytes.length < SEGMENT_HEADER_BYTES) return { kind: "damaged", what: `the file ends inside its header (${bytes.length} bytes)` };
  const data = view(bytes);
  if (SEGMENT_MAGIC.some((byte, i) => bytes[i] !== byte)) return { kind: "damaged", what: "the file doesn't begin as a segment does" };
  if (data.getUint32(124, true) !== crc32(bytes.subarray(0, 124))) return { kind: "damaged", what: "the header's checksum differs" };
  const version = data.getUint16(8, true);
  if (version !== FORMAT_VERSION) return { kind: "unsupported", what: `format version ${version}; this release reads ${FORMAT_VERSION}` };
  const checksum = data.getUint16(10, true);
  if (checksum !== CHECKSUM_CRC32) return { kind: "unsupported", what: `checksum kind ${checksum}` };
  const flags = data.getUint32(12, true);
  if (flags !== 0) return { kind: "unsupported", what: `feature flags 0x${flags.toString(16)}` };
  const number = getNumber(data, 40);
  const continuesAfter = getNumber(data, 56);
  const baseLsn = getNumber(data, 64);
  const oldestLsn = getNumber(data, 72);
  if (number === undefined || continuesAfter === undefined || baseLsn === undefined || oldestLsn === undefined) {
    return { kind: "damaged", what: "a number in the header is above 2^53 - 1" };
  }
  if (baseLsn <= continuesAfter) return { kind: "damaged", what: "the header's LSNs contradict each other" };
  const logId = Array.from(bytes.subarray(24, 40), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const header = { logId, number, salt: data.getUint32(48, true), entryKind: data.getUint32(20, true), continuesAfter, baseLsn, oldestLsn };
  return { kind: "ok", header };
}

/** One for all: it costs more to make than its checksum. */
const place = new Uint8Array(12);

/** Salt and place go into every checksum, so that stale, copied or moved bytes don't verify. */
export function placeSeed(salt: number, position: number): number {
  setUint32(place, 0, salt);
  setNumber(place, 4, position);
  return crc32(place);
}

/** Fills the first `BATCH_HEADER_BYTES` of `frame`, whose rest is the body, for a batch at `position` of its file. */
export function sealBatch(
  frame: Uint8Array,
  salt: number,
  position: number,
  header: Omit<BatchHeader, "bodyBytes" | "bodyChecksum">,
  checksum?: number,
): void {
  const seed = placeSeed(salt, position);
  setUint32(frame, 0, BATCH_MAGIC);
  setUint32(frame, 4, frame.length - BATCH_HEADER_BYTES);
  setNumber(frame, 8, header.firstLsn);
  setUint32(frame, 16, header.count);
  setUint32(frame, 20, header.flags);
  setNumber(frame, 24, header.session);
  setNumber(frame, 32, header.durableLsn);
  setUint32(frame, 40, checksum ?? crc32(frame.subarray(BATCH_HEADER_BYTES), seed));
  setUint32(frame, 44, crc32(frame.subarray(0, 44), seed));
}

/** The header that stands at `at` of `bytes`, which is `position` of the file; `undefined` unless it verifies. */
export function decodeBatchHeader(bytes: Uint8Array, at: number, salt: number, position: number): BatchHeader | undefined {
  if (at + BATCH_HEADER_BYTES > bytes.length) return undefined;
  const data = view(bytes);
  if (data.getUint32(at, true) !== BATCH_MAGIC) return undefined;
  if (data.getUint32(at + 44, true) !== crc32(bytes.subarray(at, at + 44), placeSeed(salt, position))) return undefined;
  const firstLsn = getNumber(data, at + 8);
  const session = getNumber(data, at + 24);
  const durableLsn = getNumber(data, at + 32);
  const bodyBytes = data.getUint32(at + 4, true);
  if (firstLsn === undefined || session === undefined || durableLsn === undefined || bodyBytes > BODY_BYTES_MAX) return undefined;
  return { bodyBytes, firstLsn, count: data.getUint32(at + 16, true), flags: data.getUint32(at + 20, true), session, durableLsn, bodyChecksum: data.getUint32(at + 40, true) };
}

export function bodyChecksum(body: Uint8Array, salt: number, position: number): number {
  return crc32(body, placeSeed(salt, position));
}
