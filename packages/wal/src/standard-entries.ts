import { EntryCursor } from "./entry-cursor.ts";
import type { EntryVisitor, Lsn } from "./log.ts";
import { scanEntries, visitEntries } from "./visit-entries.ts";
import type { WalEntry } from "./wal-entry.ts";

/**
 * Makes an object of each entry that is visited; keys and values are views. Making these is most of the work: 21 ns for one of
 * a buffer that was asked for once, 55 when each asks for it, 43 with `subarray` (Node.js 20).
 */
class EntryCollector implements EntryVisitor {
  readonly entries: WalEntry[] = [];
  readonly #buffer: ArrayBufferLike;
  readonly #offset: number;

  constructor({ buffer, byteOffset }: Uint8Array) {
    this.#buffer = buffer;
    this.#offset = byteOffset;
  }

  put(_lsn: Lsn, _bytes: Uint8Array, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    this.entries.push({ type: "put", key: this.#view(keyStart, keyEnd), value: this.#view(valueStart, valueEnd) });
  }

  delete(_lsn: Lsn, _bytes: Uint8Array, keyStart: number, keyEnd: number): void {
    this.entries.push({ type: "delete", key: this.#view(keyStart, keyEnd) });
  }

  commit(_lsn: Lsn, offsets: ReadonlyMap<string, bigint>, watermark: bigint | undefined): void {
    this.entries.push(watermark === undefined ? { type: "commit", offsets } : { type: "commit", offsets, watermark });
  }

  checkpoint(_lsn: Lsn, id: number): void {
    this.entries.push({ type: "checkpoint", id });
  }

  #view(start: number, end: number): Uint8Array {
    return new Uint8Array(this.#buffer, this.#offset + start, end - start);
  }
}

/** The `count` entries that `bytes` holds up to `end`, which they must fill. Keys and values are views. */
export function decodeStandard(bytes: Uint8Array, end: number, count: number): WalEntry[] {
  const collector = new EntryCollector(bytes);
  visitEntries(bytes, scanEntries(bytes, end, count), { firstLsn: 0, skipped: 0, counted: count }, collector);
  return collector.entries;
}

/** The same for entries of a codec: each is one MessagePack binary. */
export function decodeBinaries(bytes: Uint8Array, end: number, count: number): Uint8Array[] {
  const cursor = new EntryCursor(bytes, 0, end);
  const entries: Uint8Array[] = [];
  for (let i = 0; i < count; i++) entries.push(cursor.binary());
  if (cursor.at !== end) throw new RangeError("bytes after the last entry");
  return entries;
}
