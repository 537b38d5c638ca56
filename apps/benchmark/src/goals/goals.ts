import { isReferenceWork, referenceNumbers } from "../rows/reference.ts";
import type { Goal, Limit, Rivals } from "./goal.ts";

const MB = 1_000_000;
const log = "@laminar/wal";
/** Open for writing afterwards, as a peer is. */
const opened = "openDurableState";
/** Read, as the reference does. */
const recovered = "recover into a store";

const ahead = (row: string, ours: string, role: Rivals["role"], times: number): Goal => ({ row, ours, against: { role, times } });
const below = (row: string, ours: string, limit: Limit): Goal => ({ row, ours, against: limit });
const atMost = (metric: Limit["metric"], most: number, unit: Limit["unit"], why: string): Limit => ({ metric, unit, most: () => most, why });

/** What a log may add to an entry: both lengths, and its share of what frames a batch. */
const overheadBytes = 6;

/** The goals of the design. A row that is measured without one is there to be read. */
export const goals: readonly Goal[] = [
  ahead("append", log, "peer as documented", 4),
  ahead("append", log, "published", 1.4),
  below("append", log, { metric: "bytesPerEntry", unit: "B/entry", most: ({ keyBytes, valueBytes }) => keyBytes + valueBytes + overheadBytes, why: `key and value and ${overheadBytes} bytes` }),
  ahead("commit-64", log, "peer as documented", 2),
  ahead("commit-64", log, "peer batched by hand", 1.5),
  ahead("commit-1", log, "floor", 0.9),
  below("commit-1", log, atMost("stall", 2, "ms", "longest stall")),
  ahead("free-sync-1", log, "by hand", 1),
  ahead("free-sync-64", log, "by hand", 1),
  ahead("recover", opened, "peer as documented", 6),
  ahead("reference-workload", recovered, "published", 2),
  below("reference-workload", recovered, {
    metric: "peakGrowth",
    unit: "bytes",
    most: (settings) => (isReferenceWork(settings) ? referenceNumbers.recoverPeakBytes : undefined),
    why: "peak memory of the Rust reference",
  }),
  ahead("checkpoint", "and read back, verified", "published", 0.5),
  below("checkpoint", "checkpoint", atMost("stall", 10, "ms", "longest stall")),
  ahead("load", recovered, "published", 1),
  below("delta", "bytes", atMost("value", 2, "%", "of the full one's bytes")),
  below("delta", "time", atMost("value", 5, "%", "of the full one's time")),
  ...["disk", "wal", "state-snapshot", "checkpoint", "recovery"].map((name) => below("install", `@laminar/${name}, tarball`, atMost("value", 0.15 * MB, "bytes", "a tarball"))),
  ...["wal", "recovery"].map((name) => below("install", `@laminar/${name}, installed`, atMost("value", 4 * MB, "bytes", "all dependencies"))),
];
