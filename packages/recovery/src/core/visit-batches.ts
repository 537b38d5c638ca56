import type { EntryVisitor, LogReader, ReadOptions, WalBatch, WalEntry } from "@laminar/wal";

/** A log's `visit`, also for one that has none. */
export function visitLog(log: LogReader<WalEntry>, visitor: EntryVisitor, options: ReadOptions): Promise<void> {
  return log.visit ? log.visit(visitor, options) : visitBatches(log.read(options), visitor);
}

/** Shows batches to a visitor as a log's `visit` would, after their keys and values were copied into one array. */
export async function visitBatches(batches: AsyncIterable<WalBatch<WalEntry>>, visitor: EntryVisitor): Promise<void> {
  for await (const { firstLsn, session, entries } of batches) {
    await visitor.batch?.(firstLsn, entries.length, session);
    const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + bytesOf(entry), 0));
    let at = 0;
    for (const [index, entry] of entries.entries()) {
      visitEntry(visitor, firstLsn + index, entry, bytes, at);
      at += bytesOf(entry);
    }
    await visitor.batchEnd?.();
  }
}

function bytesOf(entry: WalEntry): number {
  return entry.type === "put" ? entry.key.length + entry.value.length : entry.type === "delete" ? entry.key.length : 0;
}

function visitEntry(visitor: EntryVisitor, lsn: number, entry: WalEntry, bytes: Uint8Array, at: number): void {
  if (entry.type === "commit") return visitor.commit(lsn, entry.offsets, entry.watermark);
  if (entry.type === "checkpoint") return visitor.checkpoint(lsn, entry.id);
  const keyEnd = at + entry.key.length;
  bytes.set(entry.key, at);
  if (entry.type === "delete") return visitor.delete(lsn, bytes, at, keyEnd);
  bytes.set(entry.value, keyEnd);
  visitor.put(lsn, bytes, at, keyEnd, keyEnd, keyEnd + entry.value.length);
}
