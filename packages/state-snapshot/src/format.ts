/**
 * The bytes of a snapshot. Everything here is format: a change of any number makes existing snapshots unreadable.
 * `FORMAT.md` shows the same with an example in hex.
 */
import { crc32 } from "@laminar/disk/checksum";
import { SnapshotError, corrupt } from "./snapshot-error.ts";
import type { SnapshotKind } from "./snapshot-entry.ts";

export const FORMAT_VERSION = 1;
/** Not ASCII, a line end of each kind, an end-of-file: a transfer that "corrects" text breaks it at once. */
const MAGIC: readonly number[] = [0x89, 0x4c, 0x53, 0x4e, 0x50, 0x0d, 0x0a, 0x1a];
export const HEADER_BYTES = 28;
const KIND_FULL = 1;
const KIND_DELTA = 2;

/** Neither marker has a zero byte, so that zeros never parse; they differ in more than one bit. */
export const BLOCK_MARKER = 0xc9a7_d35b;
export const FOOTER_MARKER = 0x5e36_8ce4;
export const MARKER_BYTES = 4;
export const BLOCK_HEAD_BYTES = 20;
export const FOOTER_BYTES = 44;

/** A block takes entries up to this many bytes; an entry that is larger has a block of its own. */
export const BLOCK_BYTES = 0x1_0000;
/** What a block's body may hold at most, and therefore an entry: checked when writing and before memory is taken for reading. */
export const BODY_BYTES_MAX = 0x4000_0000;
export const ENTRY_HEAD_BYTES = 8;
/** Stands for the value's length when the key was deleted. */
export const DELETED = 0xffff_ffff;

export interface Header {
  readonly kind: SnapshotKind;
  readonly timestampNs: bigint;
  /** Begins the checksum of every block's head and of the footer: none of them fits into another snapshot. */
  readonly checksum: number;
}

export interface BlockHead {
  readonly bodyBytes: number;
  readonly count: number;
  readonly bodyChecksum: number;
  readonly checksum: number;
}

export interface Totals {
  readonly entries: number;
  readonly deletes: number;
  readonly blocks: number;
  /** Of the whole snapshot, header and footer included. */
  readonly bytes: number;
  /** CRC-32 of the checksums of the blocks' heads, in order. */
  readonly blocksChecksum: number;
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Exact up to 2^53; what is above can only be damage, and stays above. */
const readNumber = (view: DataView, offset: number): number => Number(view.getBigUint64(offset, true));

export function writeHeader(kind: SnapshotKind, timestampNs: bigint): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC);
  view.setUint16(8, FORMAT_VERSION, true);
  view.setUint16(10, kind === "full" ? KIND_FULL : KIND_DELTA, true);
  view.setBigUint64(16, timestampNs, true);
  view.setUint32(24, crc32(bytes.subarray(0, 24)), true);
  return bytes;
}

/** @throws SnapshotError when it isn't the header of a snapshot, is damaged, or belongs to a format that is unknown here */
export function readHeader(bytes: Uint8Array): Header {
  const view = viewOf(bytes);
  const checksum = view.getUint32(24, true);
  if (MAGIC.some((byte, index) => bytes[index] !== byte)) throw corrupt(0, "it doesn't begin as a snapshot does");
  if (crc32(bytes.subarray(0, 24)) !== checksum) throw corrupt(0, "the header's checksum is wrong");
  const version = view.getUint16(8, true);
  const kind = view.getUint16(10, true);
  const required = view.getUint16(12, true);
  if (version !== FORMAT_VERSION) throw unsupported(8, `version ${version}; this one reads version ${FORMAT_VERSION}`);
  if (kind !== KIND_FULL && kind !== KIND_DELTA) throw unsupported(10, `kind ${kind}`);
  if (required !== 0) throw unsupported(12, `features 0x${required.toString(16)}`);
  return { kind: kind === KIND_FULL ? "full" : "delta", timestampNs: view.getBigUint64(16, true), checksum };
}

/** Writes the head of block number `index` of the snapshot with that header; its checksum. */
export function writeBlockHead(bytes: Uint8Array, header: number, index: number, head: Omit<BlockHead, "checksum">): number {
  const view = viewOf(bytes);
  view.setUint32(0, BLOCK_MARKER, true);
  view.setUint32(4, head.bodyBytes, true);
  view.setUint32(8, head.count, true);
  view.setUint32(12, head.bodyChecksum, true);
  const checksum = blockHeadChecksum(bytes, header, index);
  view.setUint32(16, checksum, true);
  return checksum;
}

/** @throws SnapshotError when it isn't the head of block number `index` of the snapshot with that header */
export function readBlockHead(bytes: Uint8Array, header: number, index: number, offset: number): BlockHead {
  const view = viewOf(bytes);
  const checksum = view.getUint32(16, true);
  if (blockHeadChecksum(bytes, header, index) !== checksum) throw corrupt(offset, `the checksum of block ${index}'s head is wrong`, index);
  const bodyBytes = view.getUint32(4, true);
  const count = view.getUint32(8, true);
  const fits = count > 0 && bodyBytes <= BODY_BYTES_MAX && count * ENTRY_HEAD_BYTES <= bodyBytes;
  if (!fits) throw corrupt(offset, `block ${index} can't hold ${count} entries in ${bodyBytes} bytes`, index);
  return { bodyBytes, count, bodyChecksum: view.getUint32(12, true), checksum };
}

export function writeFooter(header: number, totals: Totals): Uint8Array {
  const bytes = new Uint8Array(FOOTER_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, FOOTER_MARKER, true);
  view.setBigUint64(4, BigInt(totals.entries), true);
  view.setBigUint64(12, BigInt(totals.deletes), true);
  view.setBigUint64(20, BigInt(totals.blocks), true);
  view.setBigUint64(28, BigInt(totals.bytes), true);
  view.setUint32(36, totals.blocksChecksum, true);
  view.setUint32(40, crc32(bytes.subarray(0, 40), checksumSeed(header)), true);
  return bytes;
}

/** @throws SnapshotError when it isn't the footer of the snapshot with that header */
export function readFooter(bytes: Uint8Array, header: number, offset: number): Totals {
  const view = viewOf(bytes);
  const checksum = crc32(bytes.subarray(0, 40), checksumSeed(header));
  if (checksum !== view.getUint32(40, true)) throw corrupt(offset, "the footer's checksum is wrong");
  return {
    entries: readNumber(view, 4),
    deletes: readNumber(view, 12),
    blocks: readNumber(view, 20),
    bytes: readNumber(view, 28),
    blocksChecksum: view.getUint32(36, true),
  };
}

/** The checksum over the blocks so far, with one more. */
export function chainChecksum(soFar: number, blockHead: number): number {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, blockHead, true);
  return crc32(bytes, soFar);
}

const checksumSeed = (header: number): number => chainChecksum(0, header);

function blockHeadChecksum(bytes: Uint8Array, header: number, index: number): number {
  const prefix = new Uint8Array(8);
  viewOf(prefix).setBigUint64(0, BigInt(index), true);
  return crc32(bytes.subarray(0, 16), crc32(prefix, checksumSeed(header)));
}

function unsupported(offset: number, what: string): SnapshotError {
  const message = `The snapshot is whole, but it has ${what}. Read it with the version of @laminar/state-snapshot that wrote it, or a newer one.`;
  return new SnapshotError("SNAPSHOT_UNSUPPORTED_FORMAT", message, { offset });
}
