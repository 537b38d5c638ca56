import type { DurableStateStats } from "@laminar/recovery";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { listen } from "./listening.ts";

/*
 * Numbers that only grow, and numbers of now, come from stats() when Prometheus asks. How long things take comes from events, as they
 * happen. Prometheus counts in seconds, Laminar in milliseconds. With several states in one process, make `location` a label.
 */

type Reading = (stats: DurableStateStats) => number | undefined;

/** [name, what it is, where it is read] */
const counters: readonly (readonly [name: string, help: string, read: (stats: DurableStateStats) => number])[] = [
  ["laminar_wal_entries_total", "Entries that the log took", ({ wal }) => wal.appendedEntries],
  ["laminar_wal_batches_total", "Batches that were written", ({ wal }) => wal.writtenBatches],
  ["laminar_wal_written_bytes_total", "Bytes of those batches", ({ wal }) => wal.writtenBytes],
  ["laminar_wal_syncs_total", "Syncs that made records durable", ({ wal }) => wal.syncs],
  ["laminar_checkpoints_total", "Checkpoints published", ({ checkpoints }) => checkpoints.published],
  ["laminar_checkpoint_failures_total", "Checkpoints that could not be made", ({ checkpoints }) => checkpoints.failed],
  ["laminar_checkpoint_cleanup_failures_total", "Rounds of cleaning up that left something undone", ({ checkpoints }) => checkpoints.failedCleanups],
];

const gauges: readonly (readonly [name: string, help: string, read: Reading])[] = [
  ["laminar_keys", "Keys as of the last commit", ({ keys }) => keys],
  ["laminar_wal_failed", "1 when the log takes nothing more", ({ wal }) => Number(wal.state === "failed")],
  ["laminar_wal_durable_lsn", "The last record that is durable", ({ wal }) => wal.durableLsn],
  ["laminar_wal_pending_bytes", "Bytes that aren't durable", ({ wal }) => wal.pendingBytes],
  ["laminar_wal_waiting_commits", "Callers who wait for a sync", ({ wal }) => wal.waitingCommits],
  ["laminar_wal_segments", "Files of the log", ({ wal }) => wal.segments],
  ["laminar_wal_size_bytes", "Bytes of the log's files", ({ wal }) => wal.sizeBytes],
  ["laminar_wal_replayed_records", "Records that a recovery would replay", ({ wal, checkpoints }) => wal.durableLsn - (checkpoints.latestWalPosition ?? 0)],
  ["laminar_checkpoint_timestamp_seconds", "When the newest checkpoint was made", ({ checkpoints }) => seconds(checkpoints.latestTimestamp)],
  ["laminar_checkpoint_chain_length", "Checkpoints that a restore reads", ({ checkpoints }) => checkpoints.chainLength],
  ["laminar_checkpoint_chain_bytes", "Bytes that it reads", ({ checkpoints }) => checkpoints.chainSizeBytes],
];

function seconds(milliseconds: number): number;
function seconds(milliseconds: number | undefined): number | undefined;
function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

/** Gives a registry the numbers of a state, which are read each time that they are asked for. */
export function exposeStats(registry: Registry, state: { stats(): DurableStateStats }): void {
  for (const [name, help, read] of counters) {
    const counter: Counter = new Counter({
      name,
      help,
      registers: [],
      collect() {
        this.reset();
        this.inc(read(state.stats()));
      },
    });
    registry.registerMetric(counter);
  }
  for (const [name, help, read] of gauges) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [],
      collect() {
        const value = read(state.stats());
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
    registry.registerMetric(gauge);
  }
}

const SYNC_BUCKETS = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];
const WORK_BUCKETS = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];

/** Gives a registry what events tell from now on. To be called before the state is opened, whose recovery tells too. Returns a function that ends it. */
export function measureEvents(registry: Registry): () => void {
  const registers = [registry];
  const histogram = (name: string, help: string, buckets: number[]): Histogram => new Histogram({ name, help, buckets, registers });
  const syncs = histogram("laminar_wal_sync_seconds", "How long syncs of the log took", SYNC_BUCKETS);
  const segments = histogram("laminar_wal_segment_seconds", "How long it took to begin another segment", WORK_BUCKETS);
  const checkpoints = histogram("laminar_checkpoint_seconds", "How long checkpoints took", WORK_BUCKETS);
  const recoveries = histogram("laminar_recovery_seconds", "How long recoveries took", WORK_BUCKETS);
  const walFailures = new Counter({ name: "laminar_wal_failures_total", help: "Logs that failed and take nothing more", registers });
  const recoveryFailures = new Counter({ name: "laminar_recovery_failures_total", help: "Recoveries that were refused or failed", registers });
  const ends = [
    listen("laminar:wal:sync", ({ duration }) => syncs.observe(seconds(duration))),
    listen("laminar:wal:segment", ({ duration }) => segments.observe(seconds(duration))),
    listen("laminar:wal:failed", () => walFailures.inc()),
    listen("laminar:checkpoint:published", ({ duration }) => checkpoints.observe(seconds(duration))),
    listen("laminar:recovery:done", ({ duration }) => recoveries.observe(seconds(duration))),
    listen("laminar:recovery:failed", () => recoveryFailures.inc()),
  ];
  return () => {
    for (const end of ends) end();
  };
}
