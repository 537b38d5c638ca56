import { join } from "node:path";
import { openDurableState, recover, storeSink } from "@laminar/recovery";
import { createStateStore } from "@laminar/state-snapshot";
import type { WalEntryInput } from "@laminar/wal";
import { writeState } from "../laminar/logs.ts";
import { plainBytes } from "../laminar/states.ts";
import { timeAndMemory } from "../memory.ts";
import type { Contestant, Row } from "../row.ts";
import { type ReadableState, requireCount } from "../verify.ts";
import type { Work } from "../work.ts";
import { isReferenceWork, referenceNumbers } from "./reference.ts";

/** A delete of an older key after each ten puts, and a commit after each hundred changes: what the reference was measured with. */
export const referenceWorkload: Row = {
  name: "reference-workload",
  title: "recover the reference's workload",
  unit: "entries/s",
  place: "disk",
  start: "cold",
  contestants: () => [throughSink, durableState],
  published: (settings) =>
    isReferenceWork(settings) ? [{ name: referenceNumbers.name, value: changesOf(1_000_000) / referenceNumbers.recoverSeconds, peak: referenceNumbers.recoverPeakBytes, peakGrowth: referenceNumbers.recoverPeakBytes }] : [],
};

const putsBetween = 10;

function changesOf(puts: number): number {
  return puts + Math.floor(puts / putsBetween);
}

function* changes(work: Work): Generator<WalEntryInput> {
  for (let i = 0; i < work.entries; i++) {
    yield { type: "put", key: work.key(i), value: work.value(i) };
    if (i % putsBetween === putsBetween - 1) yield { type: "delete", key: work.key(i - i % putsBetween) };
  }
}

function requireChanges(state: ReadableState, work: Work): void {
  requireCount("the recovered state", state.size, work.entries - Math.floor(work.entries / putsBetween));
  const step = Math.max(1, Math.floor(work.entries / 1000));
  for (let i = 0; i < work.entries; i += step) {
    const value = state.get(work.key(i));
    const isDeleted = i % putsBetween === 0 && i + putsBetween <= work.entries;
    if (isDeleted ? value !== undefined : value === undefined || Buffer.compare(value, work.value(i)) !== 0) throw new Error(`the recovered state: entry ${i} is not as it was left`);
  }
}

const writeChanges = (directory: string, work: Work): Promise<void> => writeState(join(directory, "log"), changes(work));

function contestant(name: string, recoverIt: (directory: string) => Promise<ReadableState>): Contestant {
  return {
    name,
    role: "ours",
    prepare: writeChanges,
    async run(directory, work) {
      const { result, ms, peak, peakGrowth } = await timeAndMemory(() => recoverIt(directory));
      return { sample: { value: (changesOf(work.entries) * 1000) / ms, peak, peakGrowth }, verify: () => requireChanges(result, work) };
    },
  };
}

const durableState = contestant("openDurableState", (directory) => openDurableState({ directory, ...plainBytes, mustExist: true }));

const throughSink = contestant("recover into a store", async (directory) => {
  const store = createStateStore();
  await recover({ walDir: join(directory, "log"), apply: storeSink(store), mustExist: true });
  return store;
});
