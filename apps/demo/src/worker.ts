import { type DurableState, openDurableState, type RecoveryReport } from "@laminar/recovery";
import { type Aggregate, decodeAggregate, encodeAggregate } from "./aggregate.ts";
import { type FlightSource, flightSource, loadFlights } from "./flights.ts";
import { createJob, type Job } from "./job.ts";
import type { RecoverySummary, WorkerMessage, WorkerSettings } from "./messages.ts";

/** Resolves when the supervisor's side of the pipe took the message: what was told is known, whatever happens next. */
export type Tell = (message: WorkerMessage) => Promise<void>;

/** The name under which commits record how many events of the input they cover. */
const flightsOffset = "flights";

/** Small, so that a run of a few seconds fills several segments and gives some of them back. */
const segmentSize = 512 * 1024;

/** Opens the state, works through what is left of the input, and waits for `mayStop` before it closes. */
export async function work(settings: WorkerSettings, tell: Tell, mayStop: Promise<void>): Promise<void> {
  const values = { encode: encodeAggregate, decode: decodeAggregate };
  const state = await openDurableState<Aggregate>({ directory: settings.directory, values, log: { segmentSize } });
  const nextEvent = Number(state.offsets.get(flightsOffset) ?? 0n);
  await tell({ type: "recovered", summary: summaryOf(state.recovered, nextEvent) });

  const job = createJob(state, state.watermark === undefined ? undefined : Number(state.watermark));
  await processFrom(nextEvent, { job, state, source: flightSource(loadFlights(), settings.events), settings, tell });

  await tell({ type: "finished" });
  await mayStop;
  await state.close();
}

function summaryOf({ checkpoint, skippedCheckpoints, log, durations }: RecoveryReport, nextEvent: number): RecoverySummary {
  return {
    checkpointId: checkpoint?.id,
    skippedCheckpoints: skippedCheckpoints.length,
    replayed: log?.entriesApplied ?? 0,
    tornBytes: log?.end.kind === "torn" ? log.end.bytes : 0,
    milliseconds: durations.total,
    nextEvent,
  };
}

/** A process's work: what it works on and with. */
interface Run {
  readonly job: Job;
  readonly state: DurableState<string, Aggregate>;
  readonly source: FlightSource;
  readonly settings: WorkerSettings;
  readonly tell: Tell;
}

async function processFrom(nextEvent: number, run: Run): Promise<void> {
  const { job, state, source, settings, tell } = run;
  const { commitEvery, checkpointEvery, forgetOffsetAt } = settings;
  for (let from = nextEvent; from < source.length; ) {
    const to = Math.min(from + commitEvery, source.length);
    for (let event = from; event < to; event++) job.take(source.at(event));
    if (forgetOffsetAt !== undefined && to >= forgetOffsetAt) await commitWithoutOffset(to, run);
    await tell({ type: "committing", event: to });
    await state.commit({ offsets: new Map([[flightsOffset, to]]), watermark: job.watermark });
    await tell({ type: "committed", event: to });
    // By event number, so that a process that is killed often still gets to its checkpoints.
    if (Math.floor(from / checkpointEvery) < Math.floor(to / checkpointEvery)) {
      await tell({ type: "checkpointing", event: to });
      await state.checkpoint();
    }
    from = to;
  }
}

/** The mistake that the proof has to see: changes without the place in the input that they belong to. Then waits to be killed. */
async function commitWithoutOffset(to: number, { job, state, tell }: Run): Promise<never> {
  await state.commit({ watermark: job.watermark });
  await tell({ type: "committing", event: to });
  return new Promise<never>(() => undefined);
}
