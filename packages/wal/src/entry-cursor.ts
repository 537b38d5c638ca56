import { ARRAY, BIN16, BIN32, BIN8, CHECKPOINT, COMMIT, INT64, MAP16, NIL, STR16, STR8, UINT64 } from "./entry-format.ts";
import type { WalEntry } from "./wal-entry.ts";

const fromText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** An entry that is no change of a key. */
export type Mark = Extract<WalEntry, { readonly type: "commit" | "checkpoint" }>;

/** Reads values one after the other; every length is checked against what remains. */
export class EntryCursor {
  readonly #bytes: Uint8Array;
  readonly #buffer: ArrayBufferLike;
  readonly #data: DataView;
  readonly #end: number;
  at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#buffer = bytes.buffer;
    this.#data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
    this.#end = end;
  }

  binary(): Uint8Array {
    const tag = this.#byte();
    const length = tag === BIN8 ? this.#byte() : tag === BIN16 ? this.#uint16() : tag === BIN32 ? this.#data.getUint32(this.#take(4)) : -1;
    if (length < 0) throw new RangeError("binary expected");
    const start = this.#take(length);
    return new Uint8Array(this.#buffer, this.#data.byteOffset + start, length);
  }

  mark(): Mark {
    const tag = this.#byte();
    const kind = this.#byte();
    if (tag === ARRAY + 2 && kind === CHECKPOINT) return { type: "checkpoint", id: this.#id() };
    if (tag === ARRAY + 3 && kind === COMMIT) return this.#commit();
    throw new RangeError("an entry expected");
  }

  #id(): number {
    const id = Number(this.#integer());
    if (!Number.isSafeInteger(id) || id < 0) throw new RangeError("the id of a checkpoint expected");
    return id;
  }

  #commit(): Mark {
    if (this.#byte() !== MAP16) throw new RangeError("a commit expected");
    const offsets = new Map<string, bigint>();
    for (let left = this.#uint16(); left > 0; left--) offsets.set(this.#name(), this.#integer());
    if (this.#bytes[this.at] !== NIL) return { type: "commit", offsets, watermark: this.#integer() };
    this.#take(1);
    return { type: "commit", offsets };
  }

  #name(): string {
    const tag = this.#byte();
    const length = tag === STR8 ? this.#byte() : tag === STR16 ? this.#uint16() : -1;
    if (length < 0) throw new RangeError("a name expected");
    const start = this.#take(length);
    return fromText.decode(this.#bytes.subarray(start, start + length));
  }

  #integer(): bigint {
    const tag = this.#byte();
    if (tag === INT64) return this.#data.getBigInt64(this.#take(8));
    if (tag === UINT64) return this.#data.getBigUint64(this.#take(8));
    throw new RangeError("an integer expected");
  }

  #byte(): number {
    return this.#data.getUint8(this.#take(1));
  }

  #uint16(): number {
    return this.#data.getUint16(this.#take(2));
  }

  /** Steps over `length` bytes and returns where they began. */
  #take(length: number): number {
    if (length > this.#end - this.at) throw new RangeError("an entry ends beyond its batch");
    const start = this.at;
    this.at += length;
    return start;
  }
}
