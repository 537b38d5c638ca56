import type { WalEntry } from "./wal-entry.ts";
import { ARRAY, BIN16, BIN32, BIN8, CHECKPOINT, COMMIT, INT64, MAP16, NIL, STR16, STR8, UINT64 } from "./entry-format.ts";

const fromText = new TextDecoder("utf-8", { fatal: true });

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
