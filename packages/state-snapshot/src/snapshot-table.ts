import { BlockReader } from "./block-reader.ts";
import { CapturedCursor } from "./captured-cursor.ts";
import { checkBytes, checkIterable, checkOptions } from "./check-arguments.ts";
import { checkedEntry, chunksOf, timestampOf } from "./encode-snapshot.ts";
import type { SnapshotEntryInput, SnapshotOptions } from "./encode-snapshot.ts";
import { FirstPart } from "./first-part.ts";
import { FORMAT_VERSION } from "./format.ts";
import { IdSet } from "./id-set.ts";
import { hashKey } from "./key-hash.ts";
import { NO_ID } from "./key-index.ts";
import { RecordTable } from "./record-table.ts";
import { SnapshotError } from "./snapshot-error.ts";
import type { SnapshotKind } from "./snapshot-entry.ts";
import { encodeRecords } from "./write-records.ts";

/** A whole snapshot in memory: its bytes, and where in them each key is. */
export class SnapshotTable {
  readonly bytes: Uint8Array;
  readonly deletes: number;
  readonly timestampNs: bigint;
  readonly version: number = FORMAT_VERSION;
  readonly #records = new RecordTable();

  /** @throws SnapshotError for damage, the other kind, a format that is unknown here, or a key that comes twice */
  constructor(bytes: Uint8Array, kind: SnapshotKind) {
    checkBytes(bytes, "A snapshot");
    const reader = new BlockReader(kind);
    const part = new FirstPart(this.#records);
    try {
      for (const block of reader.push(bytes)) part.add(block, this.#records.arena.adopt(block.bytes));
      reader.end();
    } finally {
      // Also where that throws: a key that came twice came before, and is told first, as by all readers.
      for (const _ of part.index());
    }
    this.bytes = bytes;
    this.deletes = reader.deletes;
    this.timestampNs = reader.timestampNs;
  }

  /** Keys, deleted ones too. */
  get size(): number {
    return this.#records.ids;
  }

  has(key: Uint8Array): boolean {
    return this.#find(key) !== NO_ID;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const id = this.#find(key);
    return id === NO_ID ? undefined : this.#records.valueOf(id);
  }

  /** In the order of the bytes. */
  *entries(): IterableIterator<readonly [key: Uint8Array, value: Uint8Array | undefined]> {
    for (let id = 0; id < this.#records.ids; id += 1) yield [this.#records.keyOf(id), this.#records.valueOf(id)];
  }

  #find(key: Uint8Array): number {
    checkBytes(key, "A key");
    return this.#records.find(hashKey(key, 0, key.length), key);
  }
}

/** Encodes `inputs`; of a key that comes twice, the last one counts and the first one gives the place. */
export function tableFrom(inputs: Iterable<SnapshotEntryInput>, kind: SnapshotKind, options: SnapshotOptions): SnapshotTable {
  checkIterable(inputs, "entries are an iterable");
  checkOptions(options, ["timestampNs"]);
  const timestampNs = timestampOf(options);
  const records = new RecordTable();
  const ids = new IdSet();
  for (const input of inputs) {
    const { key, value } = checkedEntry(input);
    const hash = hashKey(key, 0, key.length);
    const id = records.find(hash, key);
    if (id === NO_ID) ids.add(records.insert(hash, key, value));
    else records.replace(id, key, value);
  }
  const distinct = new CapturedCursor({ records: records.freeze() }, ids);
  return new SnapshotTable(joined([...chunksOf(encodeRecords(distinct, kind, timestampNs))]), kind);
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
