import { BlockReader } from "./block-reader.ts";
import { checkKind } from "./decode-snapshot.ts";
import { checkedEntry, encodeSnapshot } from "./encode-snapshot.ts";
import type { EncodeOptions, SnapshotEntryInput } from "./encode-snapshot.ts";
import { FORMAT_VERSION } from "./format.ts";
import { checkBytes, keyText } from "./key-text.ts";
import { SnapshotError, corrupt } from "./snapshot-error.ts";
import type { SnapshotEntry, SnapshotKind } from "./snapshot-entry.ts";

/** A whole snapshot in memory: its bytes, and where each key is. */
export interface EntryTable {
  readonly bytes: Uint8Array;
  /** By `keyText`, in the order of the bytes. */
  readonly entries: ReadonlyMap<string, SnapshotEntry>;
  readonly deletes: number;
  readonly timestampNs: bigint;
  readonly version: number;
}

/** Encodes `inputs`; of a key that comes twice, the last one counts and the first one gives the place. */
export function tableFrom(inputs: Iterable<SnapshotEntryInput>, options: EncodeOptions): EntryTable {
  const kind = options.kind ?? "full";
  const distinct = new Map<string, SnapshotEntry>();
  for (const input of inputs) {
    const entry = checkedEntry(input, kind);
    distinct.set(keyText(entry.key), entry);
  }
  return tableFromBytes(joined([...encodeSnapshot(distinct.values(), options)]), kind);
}

/** @throws SnapshotError for damage, the other kind, a format that is unknown here, or a key that comes twice */
export function tableFromBytes(bytes: Uint8Array, kind: SnapshotKind): EntryTable {
  checkBytes(bytes, "A snapshot");
  const reader = new BlockReader();
  const entries = new Map<string, SnapshotEntry>();
  for (const block of reader.push(bytes)) {
    checkKind(reader.header, kind);
    for (const entry of block) addDistinct(entries, entry, bytes);
  }
  reader.end();
  checkKind(reader.header, kind);
  return { bytes, entries, deletes: reader.deletes, timestampNs: reader.header?.timestampNs ?? 0n, version: FORMAT_VERSION };
}

function addDistinct(entries: Map<string, SnapshotEntry>, entry: SnapshotEntry, bytes: Uint8Array): void {
  const text = keyText(entry.key);
  if (entries.has(text)) throw corrupt(entry.key.byteOffset - bytes.byteOffset, "a key comes twice");
  entries.set(text, entry);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = allocate(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function allocate(bytes: number): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    const message = `The snapshot takes ${bytes} bytes, more than one array can hold here. Stream it with encodeSnapshot.`;
    throw new SnapshotError("SNAPSHOT_TOO_LARGE", message, { cause });
  }
}
