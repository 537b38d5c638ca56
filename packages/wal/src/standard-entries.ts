import { EntryCursor } from "./entry-cursor.ts";
import type { EntryVisitor, Lsn } from "./log.ts";
import { scanEntries, visitEntries } from "./visit-entries.ts";
import type { WalEntry } from "./wal-entry.ts";

/** Makes an object of each entry that is visited; keys and values are views. */
class EntryCollector implements EntryVisitor {
  readonly entries: WalEntry[] = [];

  put(_: Lsn, bytes: Uint8Array, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    this.entries.push({ type: "put", key: viewOf(bytes, keyStart, keyEnd), value: viewOf(bytes, valueStart, valueEnd) });
  }

  delete(_: Lsn, bytes: Uint8Array, keyStart: number, keyEnd: number): void {
    this.entries.push({ type: "delete", key: viewOf(bytes, keyStart, keyEnd) });
  }

  commit(_: Lsn, offsets: ReadonlyMap<string, bigint>, watermark: bigint | undefined): void {
    this.entries.push(watermark === undefined ? { type: "commit", offsets } : { type: "commit", offsets, watermark });
  }

  checkpoint(_: Lsn, id: number): void {
    this.entries.push({ type: "checkpoint", id });
  }
}

/** Takes less than half the time of `subarray`. */
const viewOf = (bytes: Uint8Array, start: number, end: number): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);

/** The `count` entries that `bytes` holds up to `end`, which they must fill. Keys and values are views. */
export function decodeStandard(bytes: Uint8Array, end: number, count: number): WalEntry[] {
  const collector = new EntryCollector();
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
