import type { LogReader, ReadOptions, WalBatch, WalEntry } from "@laminar/wal";

/** A log that is an array: for tests of a recovery of one's own, and as the smallest `LogReader` there is. Batches in ascending order. */
export function memoryLogReader(batches: readonly WalBatch<WalEntry>[], facts: { readonly logId?: string; readonly startsAfter?: number } = {}): LogReader<WalEntry> {
  const { logId = "memory", startsAfter = (batches[0]?.firstLsn ?? 1) - 1 } = facts;
  const last = batches.at(-1);
  const lastLsn = last ? last.firstLsn + last.entries.length - 1 : startsAfter;
  async function* read({ after = startsAfter, signal }: ReadOptions = {}): AsyncGenerator<WalBatch<WalEntry>, void, undefined> {
    for (const { firstLsn, session, entries } of batches) {
      if (signal?.aborted) throw signal.reason ?? new Error("aborted");
      const skipped = Math.max(0, after + 1 - firstLsn);
      if (skipped < entries.length) yield { firstLsn: firstLsn + skipped, session, entries: entries.slice(skipped) };
    }
  }
  return {
    logId,
    startsAfter,
    firstLsn: batches[0]?.firstLsn ?? lastLsn + 1,
    lastLsn,
    end: { kind: "clean", offset: 0, bytes: 0 },
    counts: () => true,
    read,
    async *entries(options) {
      for await (const batch of read(options)) for (const [i, entry] of batch.entries.entries()) yield { lsn: batch.firstLsn + i, entry };
    },
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}
