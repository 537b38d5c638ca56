import { join } from "node:path";
import { type IncrementalCheckpointManager, openCheckpointManager } from "@laminar/checkpoint";
import { recover, type RecoveredState } from "@laminar/recovery";
import { encodeSnapshot } from "@laminar/state-snapshot";
import { openWal, type WalEntry, type WalEntryInput, type WriteAheadLog } from "@laminar/wal";
import { openFlights } from "./flights.ts";
import { apply, type Change, changesOf, closeHours, type State, watermarkAfter } from "./job.ts";

/** What the supervisor tells the job when it starts it. */
export interface WorkOrder {
  readonly directory: string;
  readonly events: number;
  readonly commitEvery: number;
  readonly checkpointEvery: number;
  readonly replay: "committed" | "all";
}

/** What the job tells its supervisor. */
export type WorkMessage =
  | { readonly type: "started"; readonly from: number; readonly checkpoint: number | undefined; readonly replayed: number; readonly discarded: number; readonly milliseconds: number }
  /** Events up to here are committed, durably. */
  | { readonly type: "committed"; readonly events: number }
  /** Part of a group of changes is durable, without its commit. */
  | { readonly type: "uncommitted" }
  | { readonly type: "done" };

const SOURCE = "flights";
const text = new TextEncoder();
const fromText = new TextDecoder();

/** The state that a recovery found, by name. */
export function stateOf(recovered: RecoveredState): State {
  const state: State = new Map();
  for (const [key, value] of recovered.stateSnapshot ?? []) state.set(fromText.decode(key), value);
  for (const change of recovered.stateChanges) {
    if (change.type === "put") state.set(fromText.decode(change.key), change.value);
    else state.delete(fromText.decode(change.key));
  }
  return state;
}

export const placesIn = (directory: string): { readonly walDir: string; readonly checkpointDir: string } => ({
  walDir: join(directory, "log"),
  checkpointDir: join(directory, "checkpoints"),
});

function entryOf({ name, value }: Change): WalEntryInput {
  return value ? { type: "put", key: text.encode(name), value } : { type: "delete", key: text.encode(name) };
}

function* entriesOf(state: State): Generator<readonly [Uint8Array, Uint8Array]> {
  for (const [name, value] of state) yield [text.encode(name), value];
}

/** Recovers, and counts flights from where the last commit was until all are counted. */
export async function work(order: WorkOrder, tell: (message: WorkMessage) => void): Promise<void> {
  const { walDir, checkpointDir } = placesIn(order.directory);
  const recovered = await recover({ walDir, checkpointDir, replay: order.replay });
  const wal = await openWal(walDir, { segmentSize: 256 * 1024 });
  const checkpoints = await openCheckpointManager({ directory: checkpointDir, log: wal, maxRetained: 2 });
  const from = Number(recovered.sourceOffsets.get(SOURCE) ?? 0n);
  const { log, durations } = recovered.report;
  tell({
    type: "started",
    from,
    checkpoint: recovered.checkpointId,
    replayed: log?.entriesApplied ?? 0,
    discarded: log?.entriesDiscarded ?? 0,
    milliseconds: durations.total,
  });
  await count(order, stateOf(recovered), from, wal, checkpoints, tell);
  await checkpoints.close();
  await wal.close();
  tell({ type: "done" });
}

async function count(
  order: WorkOrder,
  state: State,
  from: number,
  wal: WriteAheadLog<WalEntry, WalEntryInput>,
  checkpoints: IncrementalCheckpointManager,
  tell: (message: WorkMessage) => void,
): Promise<void> {
  const flights = openFlights(order.events);
  let commits = 0;
  for (let index = from; index < flights.length; index++) {
    const flight = flights.at(index);
    const changes = changesOf(state, flight);
    apply(state, changes);
    for (const change of changes) wal.append(entryOf(change));
    const counted = index + 1;
    if (counted % order.commitEvery === Math.floor(order.commitEvery / 2) && commits % 4 === 3) {
      // The middle of a group, on disk without its commit: the moment at which a careless recovery would count twice.
      await wal.sync();
      tell({ type: "uncommitted" });
    }
    if (counted % order.commitEvery !== 0 && counted !== flights.length) continue;
    const watermark = watermarkAfter(flight);
    const closed = closeHours(state, watermark);
    apply(state, closed);
    const offsets = new Map([[SOURCE, BigInt(counted)]]);
    const walPosition = wal.appendAll([...closed.map(entryOf), { type: "commit", offsets, watermark }]);
    await wal.sync();
    tell({ type: "committed", events: counted });
    if (++commits % order.checkpointEvery !== 0) continue;
    await checkpoints.create({ walPosition, sourceOffsets: offsets, watermark, keyCount: state.size, state: () => encodeSnapshot(entriesOf(state)) });
  }
}
