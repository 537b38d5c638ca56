import type { WalEntry } from "../../src/index.ts";
import { END_BYTE } from "./model-format.ts";

/** An entry as one MessagePack value; see FORMAT.md. */
export function encodeEntry(entry: WalEntry): Uint8Array {
  if (entry.type === "put") return Buffer.concat([Uint8Array.of(0x92), binary(entry.key), binary(entry.value)]);
  if (entry.type === "delete") return Buffer.concat([Uint8Array.of(0x91), binary(entry.key)]);
  if (entry.type === "checkpoint") return Buffer.concat([Uint8Array.of(0x92, 1), integer(BigInt(entry.id))]);
  const { size } = entry.offsets;
  const sources = [...entry.offsets].flatMap(([source, offset]) => [Uint8Array.of(0xd9, source.length), Buffer.from(source), integer(offset)]);
  return Buffer.concat([Uint8Array.of(0x93, 0, 0xde, size >> 8, size & 0xff), ...sources, entry.watermark === undefined ? Uint8Array.of(0xc0) : integer(entry.watermark)]);
}

function binary(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  return Buffer.concat([length < 256 ? Uint8Array.of(0xc4, length) : Uint8Array.of(0xc5, length >> 8, length & 0xff), bytes]);
}

function integer(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(9);
  bytes[0] = value >= 2n ** 63n ? 0xcf : 0xd3;
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value), 1);
  return bytes;
}

type Value = Uint8Array | bigint | number | string | null | Value[] | Map<Value, Value>;

class Reader {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** One value of the few kinds that a log holds. Whatever else it meets, or the end, is a RangeError. */
  value(): Value {
    const bytes = this.#bytes;
    const tag = bytes.readUInt8(this.#step(1));
    if (tag < 0x80) return tag;
    if (tag >= 0x91 && tag <= 0x93) return Array.from({ length: tag - 0x90 }, () => this.value());
    if (tag === 0xc0) return null;
    if (tag === 0xc4 || tag === 0xd9) return this.#piece(bytes.readUInt8(this.#step(1)), tag === 0xd9);
    if (tag === 0xc5 || tag === 0xda) return this.#piece(bytes.readUInt16BE(this.#step(2)), tag === 0xda);
    if (tag === 0xc6) return this.#piece(bytes.readUInt32BE(this.#step(4)), false);
    if (tag === 0xcf) return bytes.readBigUInt64BE(this.#step(8));
    if (tag === 0xd3) return bytes.readBigInt64BE(this.#step(8));
    if (tag !== 0xde) throw new RangeError("no value of a log");
    return new Map(Array.from({ length: bytes.readUInt16BE(this.#step(2)) }, () => [this.value(), this.value()]));
  }

  #step(length: number): number {
    if (this.at + length > this.#bytes.length) throw new RangeError("a value ends beyond the body");
    this.at += length;
    return this.at - length;
  }

  #piece(length: number, isText: boolean): Value {
    const start = this.#step(length);
    const piece = this.#bytes.subarray(start, start + length);
    return isText ? piece.toString("utf8") : new Uint8Array(piece.buffer, piece.byteOffset, length);
  }
}

/** The entries that a body holds; `undefined` unless they are exactly `count` and the end is where it should be. */
export function decodeEntries(body: Uint8Array, count: number, endByte: boolean): WalEntry[] | undefined {
  if (endByte && body[body.length - 1] !== END_BYTE) return undefined;
  const reader = new Reader(endByte ? body.subarray(0, -1) : body);
  try {
    const entries: WalEntry[] = [];
    while (entries.length < count) entries.push(entryOf(reader.value()));
    return reader.at === body.length - (endByte ? 1 : 0) ? entries : undefined;
  } catch {
    return undefined;
  }
}

function entryOf(value: Value): WalEntry {
  if (!Array.isArray(value)) throw new RangeError("no entry");
  const [first, second, third] = value;
  if (first instanceof Uint8Array && value.length === 1) return { type: "delete", key: first };
  if (first instanceof Uint8Array && value.length === 2 && second instanceof Uint8Array) return { type: "put", key: first, value: second };
  if (first === 1 && value.length === 2 && typeof second === "bigint") return { type: "checkpoint", id: Number(second) };
  if (first !== 0 || !(second instanceof Map) || value.length !== 3) throw new RangeError("no entry");
  const offsets = second as Map<string, bigint>;
  if (third === null) return { type: "commit", offsets };
  if (typeof third !== "bigint") throw new RangeError("no watermark");
  return { type: "commit", offsets, watermark: third };
}
