import { join } from "node:path";
import { openDurableState, recover, storeSink } from "@laminar/recovery";
import { createStateStore } from "@laminar/state-snapshot";
import { plainBytes } from "../laminar/states.ts";
import { timeAndMemory } from "../memory.ts";
import type { Contestant, Row } from "../row.ts";
import { requireState } from "../verify.ts";
import type { Work } from "../work.ts";
import { isReferenceWork, referenceNumbers } from "./reference.ts";

export const load: Row = {
  name: "load",
  title: "load the checkpoint",
  unit: "ms",
  place: "disk",
  start: "cold",
  contestants: () => [recoverStore, openState],
  published: (settings) => (isReferenceWork(settings) ? [{ name: `${referenceNumbers.name}, to a list`, value: referenceNumbers.loadMs }] : []),
};

/** Of the log stays what is in the newest segment: with small ones little. */
const segmentSize = 1024 * 1024;

/** A durable state whose log was let go behind its checkpoint. */
async function prepareState(directory: string, work: Work): Promise<void> {
  const state = await openDurableState({ directory, ...plainBytes, log: { segmentSize } });
  for (let i = 0; i < work.entries; i++) {
    state.put(work.key(i), work.value(i));
    if (i % 1000 === 999) await state.commit();
  }
  await state.commit();
  await state.checkpoint();
  await state.close();
}

const openState: Contestant = {
  name: "openDurableState",
  role: "ours",
  prepare: prepareState,
  async run(directory, work) {
    const { result, ms, peak, peakGrowth } = await timeAndMemory(() => openDurableState({ directory, ...plainBytes, mustExist: true }));
    return { sample: { value: ms, peak, peakGrowth }, verify: () => requireState(result, work) };
  },
};

const recoverStore: Contestant = {
  name: "recover into a store",
  role: "ours",
  prepare: prepareState,
  async run(directory, work) {
    const store = createStateStore();
    const { ms, peak, peakGrowth } = await timeAndMemory(() => recover({ walDir: join(directory, "log"), checkpointDir: join(directory, "checkpoints"), apply: storeSink(store), mustExist: true }));
    return { sample: { value: ms, peak, peakGrowth }, verify: () => requireState(store, work) };
  },
};
