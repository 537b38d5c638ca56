import { BlockReader } from "./block-reader.ts";
import type { Block } from "./block-reader.ts";
import { checkEntry } from "./check-arguments.ts";
import { blocksOf } from "./decode-snapshot.ts";
import type { SnapshotChunks } from "./decode-snapshot.ts";
import { FirstPart } from "./first-part.ts";
import { ENTRY_HEAD_BYTES } from "./format.ts";
import { IdSet } from "./id-set.ts";
import { hashKey } from "./key-hash.ts";
import { NO_ID } from "./key-index.ts";
import { Pace } from "./pace.ts";
import { RecordTable } from "./record-table.ts";
import { lengthAt, recordEnd } from "./record.ts";
import { shown } from "@laminar/disk/arguments";
import type { SnapshotEntry } from "./snapshot-entry.ts";
import { corrupt, inPart } from "./snapshot-error.ts";
import type { SpareMemory } from "./spare-memory.ts";

/** What one part of a base and its deltas held. */
export interface LoadedPart {
  readonly timestampNs: bigint;
  readonly ids: IdSet;
}

/**
 * Puts a block's records into `table`, whose arena holds them already: in its last chunk, from `offset` on. Their ids are added to
 * `seen`, which has those of the blocks before.
 *
 * @throws SnapshotError `SNAPSHOT_CORRUPT` for a key that comes twice
 */
export function addBlock(table: RecordTable, block: Block, offset: number, seen: IdSet): void {
  const { bytes } = block;
  const chunk = table.arena.lastChunk;
  const hashes = hashesOf(block);
  table.warm(hashes, hashes.length);
  let at = 0;
  for (let record = 0; record < hashes.length; record += 1) {
    const hash = hashes[record] ?? 0;
    const known = table.findRecord(hash, bytes, at);
    if (known !== NO_ID && seen.has(known)) throw corrupt(block.offset + at + ENTRY_HEAD_BYTES, "a key comes twice", block.index);
    const id = known === NO_ID ? table.insertAt(hash, chunk, offset + at) : known;
    if (known !== NO_ID) table.replaceAt(id, chunk, offset + at);
    seen.add(id);
    at = recordEnd(bytes, at);
  }
}

function hashesOf({ bytes, count }: Block): Int32Array {
  const hashes = new Int32Array(count);
  let at = 0;
  for (let record = 0; record < count; record += 1) {
    const start = at + ENTRY_HEAD_BYTES;
    hashes[record] = hashKey(bytes, start, start + lengthAt(bytes, at));
    at = recordEnd(bytes, at);
  }
  return hashes;
}

/** Puts delta number `part` over what `table` holds of the parts before. */
export async function loadDelta(table: RecordTable, part: number, chunks: SnapshotChunks): Promise<LoadedPart> {
  const reader = new BlockReader("delta");
  const ids = new IdSet();
  try {
    for await (const block of blocksOf(reader, chunks)) addBlock(table, block, table.arena.keep(block.bytes), ids);
  } catch (error) {
    throw inPart(part, error);
  }
  return { timestampNs: reader.timestampNs, ids };
}

/** A table of its own from a full snapshot. */
async function loadBase(chunks: SnapshotChunks, spare: SpareMemory): Promise<RecordTable> {
  const table = new RecordTable(spare);
  const base = new FirstPart(table);
  try {
    for await (const block of blocksOf(new BlockReader("full"), chunks)) base.add(block, table.arena.keep(block.bytes));
  } catch (error) {
    // A key that came twice came before whatever ended the reading, and is told first, as by all readers.
    await indexInTurns(base);
    throw inPart(0, error);
  }
  await indexInTurns(base);
  return table;
}

async function indexInTurns(base: FirstPart): Promise<void> {
  const pace = new Pace();
  try {
    for (const _ of base.index()) if (pace.isDue) await pace.rest();
  } catch (error) {
    throw inPart(0, error);
  }
}

/** A table of its own from a full snapshot and the deltas that follow it, with the entries that the deltas changed. */
export async function loadState([base = [], ...deltas]: readonly SnapshotChunks[], spare: SpareMemory): Promise<{ readonly table: RecordTable; readonly changed: IdSet }> {
  const table = await loadBase(base, spare);
  const changed = new IdSet();
  for (const [index, chunks] of deltas.entries()) changed.absorb((await loadDelta(table, index + 1, chunks)).ids);
  return { table, changed };
}

/** A table of its own from entries, of which the last one of a key counts. Nothing is left of a deleted key. */
export function loadEntries(entries: Iterable<SnapshotEntry>, spare: SpareMemory): RecordTable {
  const table = new RecordTable(spare);
  for (const entry of entries) {
    if (typeof entry !== "object" || entry === null) throw new TypeError(`An entry is { key, value }, not ${shown(entry)}.`);
    const { key, value } = entry;
    checkEntry(key, value);
    const hash = hashKey(key, 0, key.length);
    const id = table.find(hash, key);
    if (value === undefined) {
      if (id !== NO_ID) table.remove(id);
    } else if (id === NO_ID) {
      table.insert(hash, key, value);
    } else {
      table.replace(id, key, value);
    }
  }
  return table;
}
