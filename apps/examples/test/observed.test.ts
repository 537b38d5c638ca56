import { join } from "node:path";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { openDurableState } from "@laminar/recovery";
import { SpanStatusCode } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { Registry } from "prom-client";
import { expect, it, onTestFinished } from "vitest";
import { traceEvents } from "../src/event-spans.ts";
import { listen } from "../src/listening.ts";
import { exposeStats, measureEvents } from "../src/prometheus-metrics.ts";
import { freshDirectory, run, start } from "./program.ts";

interface Watch {
  readonly registry: Registry;
  readonly spans: () => readonly ReadableSpan[];
}

function watch(): Watch {
  const registry = new Registry();
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  for (const end of [measureEvents(registry), traceEvents(provider.getTracer("test"))]) onTestFinished(end);
  return { registry, spans: () => exporter.getFinishedSpans() };
}

/** The value of a metric in the text that Prometheus is given. */
function valueIn(text: string, name: string): number | undefined {
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length));
}

const milliseconds = ({ duration: [seconds, nanoseconds] }: ReadableSpan): number => seconds * 1000 + nanoseconds / 1e6;

/** Metrics that are there, with the numbers of a state. */
async function expectMetrics(registry: Registry, expected: Readonly<Record<string, number | undefined>>): Promise<void> {
  const text = await registry.metrics();
  for (const [name, value] of Object.entries(expected)) expect([name, valueIn(text, name)]).toEqual([name, value]);
}

it("gives Prometheus the numbers of real commits and a real checkpoint, and OpenTelemetry a span with its real duration", async () => {
  const directory = await freshDirectory();
  const { registry, spans } = watch();
  const durations: number[] = [];
  const syncs: number[] = [];
  for (const name of ["laminar:recovery:done", "laminar:wal:opened", "laminar:checkpoint:published"] as const) onTestFinished(listen(name, ({ duration }) => durations.push(duration)));
  onTestFinished(listen("laminar:wal:sync", ({ duration }) => syncs.push(duration)));
  const state = await openDurableState<number>({ directory });
  exposeStats(registry, state);
  await expectMetrics(registry, { laminar_keys: 0, laminar_wal_entries_total: 0, laminar_checkpoint_timestamp_seconds: undefined, laminar_wal_failed: 0 });
  for (let n = 0; n < 20; n++) {
    state.put(`key ${n % 7}`, n);
    await state.commit();
  }
  const { id, timestamp, walPosition, sizeBytes } = await state.checkpoint();
  state.put("one more", 1);
  await state.commit();
  await expectMetrics(registry, {
    laminar_keys: 8,
    laminar_wal_entries_total: 42,
    laminar_wal_batches_total: 21,
    laminar_wal_syncs_total: 21,
    laminar_wal_written_bytes_total: state.stats().wal.writtenBytes,
    laminar_wal_durable_lsn: 42,
    laminar_wal_replayed_records: 2,
    laminar_wal_pending_bytes: 0,
    laminar_wal_sync_seconds_count: 21,
    laminar_checkpoints_total: 1,
    laminar_checkpoint_seconds_count: 1,
    laminar_checkpoint_timestamp_seconds: timestamp / 1000,
    laminar_checkpoint_chain_bytes: sizeBytes,
    laminar_recovery_seconds_count: 1,
    laminar_wal_failures_total: 0,
    laminar_recovery_failures_total: 0,
  });
  expect(valueIn(await registry.metrics(), "laminar_wal_sync_seconds_sum")).toBeCloseTo(syncs.reduce((sum, one) => sum + one / 1000, 0), 9);
  expect(spans().map(({ name }) => name)).toEqual(["laminar.recovery", "laminar.wal.open", "laminar.checkpoint"]);
  for (const [i, span] of spans().entries()) expect(milliseconds(span), span.name).toBeCloseTo(durations[i] ?? Number.NaN, 3);
  expect(spans()[2]?.attributes).toEqual({
    "laminar.location": join(directory, "checkpoints"),
    "laminar.checkpoint_id": id,
    "laminar.kind": "full",
    "laminar.bytes": sizeBytes,
    "laminar.wal_position": walPosition,
  });
  await state.close();
  await openDurableState({ directory }).then((again) => again.close());
  expect(spans()[3]).toMatchObject({ name: "laminar.recovery", attributes: { "laminar.checkpoint_id": id, "laminar.entries_replayed": 1, "laminar.wal_position": 42 } });
});

it("says that the log failed, once, when its disk can't sync, and that a checkpoint couldn't be made", async () => {
  const disk = createSimulatedDisk();
  const { registry, spans } = watch();
  const state = await openDurableState<number>({ directory: "/data", disk });
  exposeStats(registry, state);
  state.put("a", 1);
  await state.commit();
  await expectMetrics(registry, { laminar_wal_failures_total: 0, laminar_wal_failed: 0 });
  disk.plan(({ kind, path }) => (kind === "sync" && path.includes("checkpoints") ? { kind: "error", errno: "EIO" } : undefined));
  await expect(state.checkpoint()).rejects.toMatchObject({ code: "CHECKPOINT_IO" });
  await expectMetrics(registry, { laminar_checkpoint_failures_total: 1, laminar_checkpoints_total: 0, laminar_wal_failures_total: 0 });
  disk.plan(({ kind }) => (kind === "sync" ? { kind: "error", errno: "EIO" } : undefined));
  state.put("b", 2);
  await expect(state.commit()).rejects.toMatchObject({ code: "WAL_POISONED" });
  await state.close();
  await expectMetrics(registry, { laminar_wal_failures_total: 1, laminar_wal_failed: 1, laminar_wal_durable_lsn: 2, laminar_wal_syncs_total: 1 });
  const failed = spans().filter(({ status }) => status.code === SpanStatusCode.ERROR);
  expect(failed.map(({ name, attributes }) => [name, attributes["laminar.appended_lsn"]])).toEqual([["laminar.checkpoint", undefined], ["laminar.wal.failure", 4]]);
  for (const { status, events } of failed) expect([status.message, events[0]?.name]).toEqual([expect.stringContaining("EIO"), "exception"]);
});

it("serves its metrics while it commits, through Ctrl+C and a new start", async () => {
  const directory = await freshDirectory();
  for (const life of [1, 2]) {
    const program = start("observed", directory, "0");
    await program.says(/^metrics at /);
    await program.says(/name: 'laminar\.checkpoint'/);
    const url = /http\S+/.exec(program.lines.find((line) => line.startsWith("metrics")) ?? "")?.[0] ?? "";
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toContain("text/plain");
    const text = await response.text();
    expect(valueIn(text, "laminar_keys")).toBe(100);
    expect(valueIn(text, "laminar_wal_syncs_total")).toBeGreaterThanOrEqual(100);
    expect(valueIn(text, "laminar_recovery_seconds_count")).toBe(1);
    const { status, lines, complaints } = await program.end("SIGINT");
    expect([life, status, complaints]).toEqual([life, 0, ""]);
    expect(lines.filter((line) => /name: 'laminar\.recovery'/.test(line))).toHaveLength(1);
  }
});

it("says how it is used", async () => {
  expect(await run("observed")).toMatchObject({ status: 2, lines: [], complaints: expect.stringContaining("observed DIRECTORY") as string });
});
