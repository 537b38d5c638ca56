import { shown } from "@laminar/disk/arguments";
import type { ByteSink } from "./byte-sink.ts";
import * as format from "./entry-format.ts";
import type { WalCodec, WalEntryInput } from "./wal-entry.ts";

/*
 * Every append comes through here, so the entries are written by hand. An entry is checked and measured first, room is
 * asked for once, and then bytes are stored into the batch itself: nothing is copied twice, no object is made, and a refused
 * entry leaves nothing to take back.
 */

/** Puts one entry at the end of the open batch. What it throws refuses the entry; nothing was written then. */
export type EntryEncoder<I> = (sink: ByteSink, entry: I) => void;

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;
const INTEGER_BYTES = 9;

const text = new TextEncoder();
const wide = new DataView(new ArrayBuffer(8));
const LONE_SURROGATE = /\p{Surrogate}/u;

/** For the four standard entries without a codec, for one's own with it. */
export function entryEncoder(codec: WalCodec<unknown, unknown> | undefined): EntryEncoder<unknown> {
  if (!codec) return encodeStandard as EntryEncoder<unknown>;
  return (sink, entry) => {
    const bytes: unknown = codec.encode(entry);
    requireBytes(bytes, "what a codec's encode returns");
    const at = sink.reserve(binaryBytes(bytes.length));
    writeBinary(sink.bytes, at, bytes);
  };
}

/** Throws `TypeError` or `RangeError` for what isn't an entry. */
export function encodeStandard(sink: ByteSink, entry: WalEntryInput): void {
  switch (entry?.type) {
    case "put":
      return encodePut(sink, entry.key, entry.value);
    case "delete":
      return encodeDelete(sink, entry.key);
    case "commit":
      return encodeCommit(sink, entry.offsets, entry.watermark);
    case "checkpoint":
      return encodeCheckpoint(sink, entry.id);
    default:
      throw new TypeError(`an entry's type must be "put", "delete", "commit" or "checkpoint", not ${shown(typeOf(entry))}; for entries of your own open the log with a codec`);
  }
}

/** What stands where the type of an entry should: of what is none, itself. */
function typeOf(entry: unknown): unknown {
  return typeof entry === "object" && entry !== null && "type" in entry ? entry.type : entry;
}

function encodePut(sink: ByteSink, key: Uint8Array, value: Uint8Array): void {
  requireBytes(key, "put: key");
  requireBytes(value, "put: value");
  const at = sink.reserve(1 + binaryBytes(key.length) + binaryBytes(value.length));
  const bytes = sink.bytes;
  bytes[at] = format.ARRAY + 2;
  writeBinary(bytes, writeBinary(bytes, at + 1, key), value);
}

function encodeDelete(sink: ByteSink, key: Uint8Array): void {
  requireBytes(key, "delete: key");
  const at = sink.reserve(1 + binaryBytes(key.length));
  const bytes = sink.bytes;
  bytes[at] = format.ARRAY + 1;
  writeBinary(bytes, at + 1, key);
}

function encodeCheckpoint(sink: ByteSink, id: number): void {
  if (!Number.isSafeInteger(id) || id < 0) throw new TypeError(`checkpoint: id must be a safe integer, 0 or more, not ${shown(id)}`);
  const at = sink.reserve(2 + INTEGER_BYTES);
  const bytes = sink.bytes;
  bytes[at] = format.ARRAY + 2;
  bytes[at + 1] = format.CHECKPOINT;
  writeInteger(bytes, at + 2, id);
}

function encodeCommit(sink: ByteSink, offsets: unknown, watermark: unknown): void {
  if (!(offsets instanceof Map)) throw new TypeError(`commit: offsets must be a Map of sources and offsets, not ${shown(offsets)}; an empty one will do`);
  // Measured and written from a copy: what a Map gives the second time is its owner's affair.
  const sources: { readonly name: Uint8Array; readonly offset: number | bigint }[] = [];
  let size = 2 + 3 + (watermark === undefined ? 1 : INTEGER_BYTES);
  for (const [source, offset] of offsets) {
    if (sources.length === format.SOURCES_MAX) throw new RangeError(`commit: more than ${format.SOURCES_MAX} sources`);
    const name = encodeName(source);
    requireInteger(offset, "commit: offsets: an offset");
    sources.push({ name, offset });
    size += nameBytes(name.length) + INTEGER_BYTES;
  }
  if (watermark !== undefined) requireInteger(watermark, "commit: watermark");
  let at = sink.reserve(size);
  const bytes = sink.bytes;
  bytes[at++] = format.ARRAY + 3;
  bytes[at++] = format.COMMIT;
  bytes[at++] = format.MAP16;
  at = writeUint16(bytes, at, sources.length);
  for (const { name, offset } of sources) at = writeInteger(bytes, writeName(bytes, at, name), offset);
  if (watermark === undefined) bytes[at] = format.NIL;
  else writeInteger(bytes, at, watermark);
}

function encodeName(source: unknown): Uint8Array {
  if (typeof source !== "string") throw new TypeError(`commit: offsets: the name of a source must be a string, not ${shown(source)}`);
  if (LONE_SURROGATE.test(source)) throw new TypeError(`commit: offsets: the name of a source must be well-formed text, not ${shown(source)}`);
  const name = text.encode(source);
  if (name.length > format.NAME_BYTES_MAX) throw new RangeError(`commit: offsets: the name of a source must have at most ${format.NAME_BYTES_MAX} bytes, not ${name.length}`);
  return name;
}

export function requireBytes(value: unknown, what: string): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError(`${what} must be a Uint8Array, not ${shown(value)}`);
}

function requireInteger(value: unknown, what: string): asserts value is number | bigint {
  if (typeof value === "number" && Number.isSafeInteger(value)) return;
  if (typeof value !== "bigint") throw new TypeError(`${what} must be a bigint or a safe integer, not ${shown(value)}`);
  if (value < MIN_INT64 || value > MAX_UINT64) throw new RangeError(`${what} doesn't fit 64 bits: ${value}`);
}

function binaryBytes(length: number): number {
  return length < 0x100 ? length + 2 : length < 0x10000 ? length + 3 : length + 5;
}

function nameBytes(length: number): number {
  return length < 0x100 ? length + 2 : length + 3;
}

/** Writes at `at` and returns where the next byte goes, as all of these do. */
function writeBinary(bytes: Uint8Array, at: number, binary: Uint8Array): number {
  const length = binary.length;
  let start = at + 2;
  if (length < 0x100) {
    bytes[at] = format.BIN8;
    bytes[at + 1] = length;
  } else if (length < 0x10000) {
    bytes[at] = format.BIN16;
    start = writeUint16(bytes, at + 1, length);
  } else {
    bytes[at] = format.BIN32;
    start = writeUint32(bytes, at + 1, length);
  }
  bytes.set(binary, start);
  return start + length;
}

function writeName(bytes: Uint8Array, at: number, name: Uint8Array): number {
  const isShort = name.length < 0x100;
  bytes[at] = isShort ? format.STR8 : format.STR16;
  if (isShort) bytes[at + 1] = name.length;
  const start = isShort ? at + 2 : writeUint16(bytes, at + 1, name.length);
  bytes.set(name, start);
  return start + name.length;
}

function writeUint16(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
  return at + 2;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): number {
  return writeUint16(bytes, writeUint16(bytes, at, value >>> 16), value);
}

function writeInteger(bytes: Uint8Array, at: number, value: number | bigint): number {
  if (typeof value === "number") {
    bytes[at] = format.INT64;
    return writeUint32(bytes, writeUint32(bytes, at + 1, Math.floor(value / 0x1_0000_0000)), value);
  }
  bytes[at] = value > MAX_INT64 ? format.UINT64 : format.INT64;
  wide.setBigUint64(0, BigInt.asUintN(64, value));
  return writeUint32(bytes, writeUint32(bytes, at + 1, wide.getUint32(0)), wide.getUint32(4));
}
