import { type LogReader, type ReadOptions, type WalBatch, WalError, type WalEntry } from "@laminar/wal";

/**
 * A log that is an array: for tests of a recovery of one's own, and as the smallest `LogReader` there is. Batches in ascending order;
 * holes between them are damage, for nothing was fenced. It can't be followed.
 */
export function memoryLogReader(batches: readonly WalBatch<WalEntry>[], facts: { readonly logId?: string; readonly startsAfter?: number } = {}): LogReader<WalEntry> {
  const { logId = "memory", startsAfter = (batches[0]?.firstLsn ?? 1) - 1 } = facts;
  const last = batches.at(-1);
  const lastLsn = last ? last.firstLsn + last.entries.length - 1 : startsAfter;
  let isClosed = false;
  const close = async (): Promise<void> => void (isClosed = true);
  async function* read({ after = startsAfter, follow = false, signal }: ReadOptions = {}): AsyncGenerator<WalBatch<WalEntry>, void, undefined> {
    if (typeof after !== "number" || follow) throw new TypeError("after must be a record's number, and a log that is an array can't be followed");
    if (!Number.isSafeInteger(after) || after < 0) throw new RangeError("after must be a whole number, 0 or more");
    if (isClosed) throw new WalError("WAL_CLOSED", "this reader was closed; make another one");
    if (after < startsAfter) throw new WalError("WAL_TRUNCATED", `the records up to ${startsAfter} are gone`, { lsn: after });
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
    close,
    [Symbol.asyncDispose]: close,
  };
}
