import { type CheckpointMetadata, openCheckpointManager, openCheckpointReader } from "@laminar/checkpoint";
import { recover, storeSink } from "@laminar/recovery";
import { createStateStore, type StateStore } from "@laminar/state-snapshot";
import type { Contestant, Row } from "../row.ts";
import { longestStall } from "../stall.ts";
import { median } from "../statistics.ts";
import { requireCount, requireState } from "../verify.ts";
import type { Work } from "../work.ts";
import { isReferenceWork, referenceNumbers } from "./reference.ts";

/** One key of so many has changed when a delta is made. */
const oneIn = 100;
/** So many are made, and the median is what one takes: the first of a process runs code that isn't fast yet, as the full one before it did in the warm-up. */
const deltas = 3;

export const checkpoint: Row = {
  name: "checkpoint",
  title: "full checkpoint",
  unit: "ms",
  place: "disk",
  start: "warm",
  contestants: () => [
    full("checkpoint", async () => undefined),
    full("and read back, verified", (directory, metadata) => openCheckpointReader(directory).verify(metadata)),
  ],
  published: (settings) => (isReferenceWork(settings) ? [{ name: `${referenceNumbers.name}, not verified`, value: referenceNumbers.checkpointMs }] : []),
};

export const delta: Row = {
  name: "delta",
  title: "delta of 1 %, as a share",
  unit: "%",
  place: "disk",
  start: "warm",
  contestants: () => [
    share("time", ({ deltaMs, fullMs }) => deltaMs / fullMs),
    share("bytes", ({ deltaBytes, fullBytes }) => deltaBytes / fullBytes),
  ],
};

function storeOf(work: Work): StateStore {
  const store = createStateStore();
  for (let i = 0; i < work.entries; i++) store.put(work.key(i), work.value(i));
  return store;
}

async function timed<T>(action: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const start = performance.now();
  const result = await action();
  return { ms: performance.now() - start, result };
}

/** One that counts for the time, and another one while somebody looks for stalls. */
function full(name: string, verify: (directory: string, metadata: CheckpointMetadata) => Promise<void>): Contestant {
  return {
    name,
    role: "ours",
    async run(directory, work) {
      const store = storeOf(work);
      const manager = await openCheckpointManager({ directory, incremental: false });
      const create = async (): Promise<CheckpointMetadata> => {
        const metadata = await manager.create({ walPosition: 0, state: store.snapshot() });
        await verify(directory, metadata);
        return metadata;
      };
      const { ms, result } = await timed(create);
      requireCount("the checkpoint", result.keyCount ?? -1, work.entries);
      const stall = await longestStall(create);
      await manager.close();
      return { sample: { value: ms, stall, bytesPerEntry: result.sizeBytes / work.entries }, verify: () => requireRestored(directory, work) };
    },
  };
}

/** Everything in the newest checkpoint is what the work says. */
async function requireRestored(directory: string, work: Work): Promise<void> {
  const store = createStateStore();
  await recover({ checkpointDir: directory, apply: storeSink(store), mustExist: true });
  requireState(store, work);
}

/** Puts 1 % of the keys once more, each time others. */
function change(store: StateStore, work: Work, time: number): void {
  const step = Math.min(oneIn, work.entries);
  for (let i = time; i < work.entries; i += step) store.put(work.key(i), work.value(i));
}

interface FullAndDelta {
  readonly fullMs: number;
  readonly fullBytes: number;
  readonly deltaMs: number;
  readonly deltaBytes: number;
}

function share(name: string, of: (both: FullAndDelta) => number): Contestant {
  return {
    name,
    role: "ours",
    async run(directory, work) {
      const store = storeOf(work);
      const manager = await openCheckpointManager({ directory });
      const create = () => manager.create({ walPosition: 0, state: store.snapshot() });
      const { ms: fullMs, result: state } = await timed(create);
      const times: number[] = [];
      let deltaBytes = 0;
      for (let number = 0; number < deltas; number++) {
        change(store, work, number);
        const { ms, result } = await timed(create);
        if (result.kind !== "delta") throw new Error("a checkpoint behind the full one is no delta");
        times.push(ms);
        deltaBytes = result.sizeBytes;
      }
      await manager.close();
      const value = 100 * of({ fullMs, fullBytes: state.sizeBytes, deltaMs: median(times) as number, deltaBytes });
      return { sample: { value }, verify: () => requireRestored(directory, work) };
    },
  };
}
