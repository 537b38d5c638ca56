import { type Log, logReader } from "./readers.ts";
import type { LogOnDisk } from "./model-log.ts";

/** What was dropped while it was read, as a log's readers report it. */
class Truncated extends Error {
  readonly code = "WAL_TRUNCATED";
}

/** A reader of a log that goes on being written and truncated; `pause` lets that happen between two batches. */
export function liveLogReader(log: LogOnDisk, pause: () => Promise<void>): Log {
  const reader = logReader(log.current);
  return {
    ...reader,
    async *read(options) {
      let after = options?.after ?? 0;
      for await (const batch of reader.read(options)) {
        await pause();
        if (log.current.startsAfter > after) throw new Truncated(`records after ${after} were dropped`);
        yield batch;
        after = batch.firstLsn + batch.entries.length - 1;
      }
    },
  };
}
