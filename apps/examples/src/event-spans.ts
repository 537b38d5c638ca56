import { type Attributes, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import { listen } from "./listening.ts";

/*
 * An event is told when it is over and says how long it took, so its span begins that long ago. Syncs are left out: there may be thousands a
 * second, and a histogram says more of them.
 */

/** Makes a span of each recovery, opening, checkpoint and failure from now on. Returns a function that ends it. */
export function traceEvents(tracer: Tracer): () => void {
  const trace = (name: string, duration: number, attributes: Attributes, failure?: unknown): void => {
    const endTime = Date.now();
    const span = tracer.startSpan(name, { startTime: endTime - duration, attributes });
    if (failure !== undefined) {
      const error = failure instanceof Error ? failure : new Error("something else than an error was thrown", { cause: failure });
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    }
    span.end(endTime);
  };
  const ends = [
    listen("laminar:recovery:done", ({ location = "", walPosition, report, duration }) =>
      trace("laminar.recovery", duration, {
        "laminar.location": location,
        "laminar.wal_position": walPosition,
        "laminar.checkpoint_id": report.checkpoint?.id ?? 0,
        "laminar.entries_replayed": report.log?.entriesApplied ?? 0,
        "laminar.checkpoints_skipped": report.skippedCheckpoints.length,
      })),
    listen("laminar:recovery:failed", ({ location = "", error, duration }) => trace("laminar.recovery", duration, { "laminar.location": location }, error)),
    listen("laminar:wal:opened", ({ location, end, lastLsn, duration }) =>
      trace("laminar.wal.open", duration, { "laminar.location": location, "laminar.wal_end": end.kind, "laminar.last_lsn": lastLsn })),
    listen("laminar:wal:failed", ({ location, error, durableLsn, appendedLsn }) =>
      trace("laminar.wal.failure", 0, { "laminar.location": location, "laminar.durable_lsn": durableLsn, "laminar.appended_lsn": appendedLsn }, error)),
    listen("laminar:checkpoint:published", ({ location, metadata, duration }) =>
      trace("laminar.checkpoint", duration, {
        "laminar.location": location,
        "laminar.checkpoint_id": metadata.id,
        "laminar.kind": metadata.kind,
        "laminar.bytes": metadata.sizeBytes,
        "laminar.wal_position": metadata.walPosition,
      })),
    listen("laminar:checkpoint:failed", ({ location, id, error, duration }) =>
      trace("laminar.checkpoint", duration, { "laminar.location": location, "laminar.checkpoint_id": id }, error)),
  ];
  return () => {
    for (const end of ends) end();
  };
}
