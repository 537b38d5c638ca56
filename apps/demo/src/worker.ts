import { type IncrementalCheckpointManager, openCheckpointManager } from "@laminar/checkpoint";
import { type RecoveredState, recover } from "@laminar/recovery";
import { encodeSnapshot } from "@laminar/state-snapshot";
import { openWal, type WalEntry, type WalEntryInput, type WriteAheadLog } from "@laminar/wal";
import { type FlightSource, flightSource, loadFlights } from "./flights.ts";
import { type Change, createJob, type Job } from "./job.ts";
import type { RecoverySummary, WorkerMessage, WorkerSettings } from "./messages.ts";
import { flightsOffset, restoreJob } from "./restore.ts";
import { type Random, seededRandom, wholeBelow } from "./seeded-random.ts";
import { placesIn } from "./working-directory.ts";

/** Resolves when the supervisor's side of the pipe took the message: what was told is known, whatever happens next. */
export type Tell = (message: WorkerMessage) => Promise<void>;

interface Stores {
  readonly log: WriteAheadLog<WalEntry, WalEntryInput>;
  readonly checkpoints: IncrementalCheckpointManager;
}

/** Small, so that a run of a few seconds fills several segments and gives some of them back. */
const segmentSize = 512 * 1024;

const text = new TextEncoder();

/** Recovers, works through what is left of the input, and waits for `mayStop` before it closes. */
export async function work(settings: WorkerSettings, tell: Tell, mayStop: Promise<void>): Promise<void> {
  const { walDir, checkpointDir } = placesIn(settings.directory);
  const recovered = await recover({ checkpointDir, walDir, replay: settings.replay });
  const { state, nextEvent, watermark } = restoreJob(recovered);
  await tell({ type: "recovered", summary: summaryOf(recovered, nextEvent) });

  const log = await openWal(walDir, { segmentSize });
  const checkpoints = await openCheckpointManager({ directory: checkpointDir, log });
  const source = flightSource(loadFlights(), settings.events);
  const random = seededRandom(settings.seed);
  await processFrom(nextEvent, { job: createJob(state, watermark), source, stores: { log, checkpoints }, settings, random, tell });

  await tell({ type: "finished" });
  await mayStop;
  await checkpoints.close();
  await log.close();
}

function summaryOf({ checkpointId, report }: RecoveredState, nextEvent: number): RecoverySummary {
  return {
    checkpointId,
    skippedCheckpoints: report.skippedCheckpoints.length,
    replayed: report.log?.entriesApplied ?? 0,
    discarded: report.log?.entriesDiscarded ?? 0,
    milliseconds: report.durations.total,
    nextEvent,
  };
}

/** A process's work: what it works on and with. */
interface Run {
  readonly job: Job;
  readonly source: FlightSource;
  readonly stores: Stores;
  readonly settings: WorkerSettings;
  readonly random: Random;
  readonly tell: Tell;
}

async function processFrom(nextEvent: number, run: Run): Promise<void> {
  const { source, settings, tell } = run;
  const { commitEvery, checkpointEvery } = settings;
  for (let from = nextEvent; from < source.length; ) {
    const to = Math.min(from + commitEvery, source.length);
    await takeGroup(from, to, run);
    const walPosition = await commit(to, run);
    await tell({ type: "committed", event: to });
    // By event number, so that a process that is killed often still gets to its checkpoints.
    if (Math.floor(from / checkpointEvery) < Math.floor(to / checkpointEvery)) {
      await tell({ type: "checkpointing", event: to });
      await checkpoint(to, walPosition, run);
    }
    from = to;
  }
}

/** Logs the changes of every event as it happens. Half of the groups are synced somewhere before their commit, as any timer might do. */
async function takeGroup(from: number, to: number, { job, source, stores, settings, random, tell }: Run): Promise<void> {
  const hold = settings.holdAt !== undefined && to > settings.holdAt;
  const flushAfter = hold ? Math.max(from, settings.holdAt) : random() < 0.5 ? from + wholeBelow(random, to - from) : undefined;
  for (let event = from; event < to; event++) {
    stores.log.appendAll(job.take(source.at(event)).map(entryOf));
    if (event !== flushAfter) continue;
    await stores.log.sync();
    await tell({ type: "flushed", event: event + 1 });
    if (hold) await new Promise<never>(() => undefined);
  }
}

function entryOf({ key, value }: Change): WalEntryInput {
  return value ? { type: "put", key: text.encode(key), value } : { type: "delete", key: text.encode(key) };
}

function cut(events: number, { watermark }: Job): { readonly offsets: ReadonlyMap<string, bigint>; readonly watermark?: bigint } {
  const offsets = new Map([[flightsOffset, BigInt(events)]]);
  return watermark === undefined ? { offsets } : { offsets, watermark: BigInt(watermark) };
}

async function commit(events: number, { job, stores: { log } }: Run): Promise<number> {
  const position = log.append({ type: "commit", ...cut(events, job) });
  await log.sync();
  return position;
}

async function checkpoint(events: number, walPosition: number, { job, stores: { checkpoints } }: Run): Promise<void> {
  const { offsets, watermark } = cut(events, job);
  const entries = Array.from(job.state, ([key, value]) => [text.encode(key), value] as const);
  await checkpoints.create({ walPosition, sourceOffsets: offsets, watermark, state: encodeSnapshot(entries), keyCount: entries.length });
}
