import type { WalEntry, WalEntryInput } from "./wal-entry.ts";
import type { ByteSink } from "./byte-sink.ts";

/*
 * The four standard entries as MessagePack, by hand, because this is the path of every write (msgpackr packs an entry in
 * ten times the time). An array whose first element is binary is a change of that key: [key, value] puts, [key] deletes.
 * One whose first element is a number is something else: [0, offsets, watermark or nil] commits, [1, id] marks a
 * checkpoint. Offsets and watermarks are always int64 or uint64.
 */
const ARRAY = 0x90;
const NIL = 0xc0;
const BIN8 = 0xc4;
const BIN16 = 0xc5;
const BIN32 = 0xc6;
const UINT64 = 0xcf;
const INT64 = 0xd3;
const STR8 = 0xd9;
const STR16 = 0xda;
const MAP16 = 0xde;
const COMMIT = 0;
const CHECKPOINT = 1;
/** More sources than this in one commit are refused. */
export const SOURCES_MAX = 0xffff;

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

const text = new TextEncoder();
const fromText = new TextDecoder("utf-8", { fatal: true });

export function requireBytes(value: unknown, what: string): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError(`${what} must be a Uint8Array`);
}

function requireInteger(value: unknown, what: string): bigint {
  const integer = typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof integer !== "bigint") throw new TypeError(`${what} must be a bigint or a safe integer`);
  if (integer < MIN_INT64 || integer > MAX_UINT64) throw new RangeError(`${what} doesn't fit 64 bits: ${integer}`);
  return integer;
}

export function writeBinary(sink: ByteSink, bytes: Uint8Array): void {
  const length = bytes.length;
  if (length < 0x100) sink.bytes2(BIN8, length);
  else if (length < 0x10000) sink.byteAndUint16(BIN16, length);
  else sink.byteAndUint32(BIN32, length);
  sink.append(bytes);
}

function writeInteger(sink: ByteSink, value: bigint): void {
  sink.byteAndUint64(value > MAX_INT64 ? UINT64 : INT64, value);
}

/** Writes one entry at the end of `sink`. Throws `TypeError` or `RangeError` for what isn't an entry; the caller rewinds. */
export function encodeStandard(sink: ByteSink, entry: WalEntryInput): void {
  switch (entry?.type) {
    case "put":
      requireBytes(entry.key, "put: key");
      requireBytes(entry.value, "put: value");
      sink.byte(ARRAY + 2);
      writeBinary(sink, entry.key);
      writeBinary(sink, entry.value);
      return;
    case "delete":
      requireBytes(entry.key, "delete: key");
      sink.byte(ARRAY + 1);
      writeBinary(sink, entry.key);
      return;
    case "commit":
      encodeCommit(sink, entry);
      return;
    case "checkpoint":
      if (!Number.isSafeInteger(entry.id) || entry.id < 0) throw new TypeError("checkpoint: id must be a safe integer, 0 or more");
      sink.bytes2(ARRAY + 2, CHECKPOINT);
      writeInteger(sink, BigInt(entry.id));
      return;
    default:
      throw new TypeError('an entry\'s type is "put", "delete", "commit" or "checkpoint"');
  }
}

function encodeCommit(sink: ByteSink, entry: Extract<WalEntryInput, { type: "commit" }>): void {
  if (!(entry.offsets instanceof Map)) throw new TypeError("commit: offsets must be a Map");
  if (entry.offsets.size > SOURCES_MAX) throw new RangeError(`commit: more than ${SOURCES_MAX} sources`);
  sink.bytes2(ARRAY + 3, COMMIT);
  sink.byteAndUint16(MAP16, entry.offsets.size);
  for (const [source, offset] of entry.offsets) {
    if (typeof source !== "string") throw new TypeError("commit: a source's name must be a string");
    const name = text.encode(source);
    if (name.length > 0xffff) throw new RangeError("commit: a source's name is longer than 65,535 bytes");
    if (name.length < 0x100) sink.bytes2(STR8, name.length);
    else sink.byteAndUint16(STR16, name.length);
    sink.append(name);
    writeInteger(sink, requireInteger(offset, `commit: the offset of ${JSON.stringify(source)}`));
  }
  if (entry.watermark === undefined) sink.byte(NIL);
  else writeInteger(sink, requireInteger(entry.watermark, "commit: watermark"));
}

/** Reads values one after the other; every length is checked against what remains. */
class Cursor {
  readonly bytes: Uint8Array;
  readonly data: DataView;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
    this.end = end;
  }

  /** Steps over `length` bytes and returns where they began. */
  take(length: number): number {
    if (length > this.end - this.at) throw new RangeError("an entry ends beyond its batch");
    const start = this.at;
    this.at += length;
    return start;
  }

  byte(): number {
    return this.data.getUint8(this.take(1));
  }

  binary(): Uint8Array {
    const tag = this.byte();
    const length =
      tag === BIN8 ? this.byte() : tag === BIN16 ? this.data.getUint16(this.take(2)) : tag === BIN32 ? this.data.getUint32(this.take(4)) : -1;
    if (length < 0) throw new RangeError("binary expected");
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  name(): string {
    const tag = this.byte();
    const length = tag === STR8 ? this.byte() : tag === STR16 ? this.data.getUint16(this.take(2)) : -1;
    if (length < 0) throw new RangeError("a name expected");
    const start = this.take(length);
    return fromText.decode(this.bytes.subarray(start, start + length));
  }

  integer(): bigint {
    const tag = this.byte();
    if (tag === INT64) return this.data.getBigInt64(this.take(8));
    if (tag === UINT64) return this.data.getBigUint64(this.take(8));
    throw new RangeError("an integer expected");
  }
}

function decodeOne(cursor: Cursor): WalEntry {
  const tag = cursor.byte();
  if (tag < ARRAY + 1 || tag > ARRAY + 3 || cursor.at >= cursor.end) throw new RangeError("an entry expected");
  const first = cursor.bytes[cursor.at];
  if (tag === ARRAY + 2 && first === CHECKPOINT) {
    cursor.at++;
    return { type: "checkpoint", id: Number(cursor.integer()) };
  }
  if (tag === ARRAY + 3) {
    if (cursor.byte() !== COMMIT || cursor.byte() !== MAP16) throw new RangeError("a commit expected");
    const offsets = new Map<string, bigint>();
    for (let left = cursor.data.getUint16(cursor.take(2)); left > 0; left--) offsets.set(cursor.name(), cursor.integer());
    if (cursor.bytes[cursor.at] !== NIL) return { type: "commit", offsets, watermark: cursor.integer() };
    cursor.at++;
    return { type: "commit", offsets };
  }
  const key = cursor.binary();
  return tag === ARRAY + 1 ? { type: "delete", key } : { type: "put", key, value: cursor.binary() };
}

/** The `count` entries that `bytes` holds up to `end`, which they must fill. Keys and values are views. */
export function decodeStandard(bytes: Uint8Array, end: number, count: number): WalEntry[] {
  const cursor = new Cursor(bytes, 0, end);
  const entries: WalEntry[] = [];
  for (let i = 0; i < count; i++) entries.push(decodeOne(cursor));
  if (cursor.at !== end) throw new RangeError("bytes after the last entry");
  return entries;
}

/** The same for entries of a codec: each is one MessagePack binary. */
export function decodeBinaries(bytes: Uint8Array, end: number, count: number): Uint8Array[] {
  const cursor = new Cursor(bytes, 0, end);
  const entries: Uint8Array[] = [];
  for (let i = 0; i < count; i++) entries.push(cursor.binary());
  if (cursor.at !== end) throw new RangeError("bytes after the last entry");
  return entries;
}
