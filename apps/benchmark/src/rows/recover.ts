import { join } from "node:path";
import { openDurableState, recover as recoverState, storeSink } from "@laminar/recovery";
import { createStateStore } from "@laminar/state-snapshot";
import { appendByHand } from "../by-hand/append.ts";
import { recoverByHand } from "../by-hand/recover.ts";
import { rawBytes, readOnly, writePreformed } from "../floor.ts";
import { putsOf, writeState } from "../laminar/logs.ts";
import { plainBytes } from "../laminar/states.ts";
import { timeAndMemory } from "../memory.ts";
import type { Peer } from "../peers/peer.ts";
import type { Contestant, Row, Sample } from "../row.ts";
import { requireCount, requireMap, requireState } from "../verify.ts";
import type { Work } from "../work.ts";

/** From files that are in the page cache to a state that answers, in a new process. */
export const recover: Row = {
  name: "recover",
  title: "recover from the log alone",
  unit: "entries/s",
  place: "disk",
  start: "cold",
  contestants: (peers) => [floor, byHand, ...peers.flatMap(ofPeer), durableState, throughSink],
};

async function sampleOf<T>(entries: number, action: () => T | Promise<T>): Promise<{ sample: Sample; result: T }> {
  const { result, ms, peak, peakGrowth } = await timeAndMemory(action);
  return { result, sample: { value: (entries * 1000) / ms, peak, peakGrowth } };
}

const floor: Contestant = {
  name: "floor, read only",
  role: "floor",
  prepare: async (directory, work) => writePreformed(join(directory, "file"), rawBytes(work)),
  async run(directory, work) {
    const { result, sample } = await sampleOf(work.entries, () => readOnly(join(directory, "file")));
    return { sample, verify: () => requireCount("floor", result, rawBytes(work)) };
  },
};

const byHand: Contestant = {
  name: "by hand, into a Map",
  role: "by hand",
  prepare: async (directory, work) => appendByHand(join(directory, "file"), work.keys(), work),
  async run(directory, work) {
    const file = join(directory, "file");
    const { result, sample } = await sampleOf(work.entries, () => recoverByHand(file));
    return { sample, verify: () => requireMap(file, work, work.entries, result) };
  },
};

function ofPeer(peer: Peer): readonly Contestant[] {
  const prepare = async (directory: string, work: Work): Promise<void> => {
    const store = await peer.open(directory);
    await store.append(work.texts(), work);
    await store.close();
  };
  return [intoMap(peer, prepare), openOnly(peer, prepare)];
}

type Prepare = NonNullable<Contestant["prepare"]>;

const intoMap = (peer: Peer, prepare: Prepare): Contestant => ({
  name: `${peer.name}, into a Map`,
  role: "peer as documented",
  prepare,
  async run(directory, work) {
    // Loads the peer's code before the clock starts: all others' is loaded by then.
    await peer.look();
    const { result, sample } = await sampleOf(work.entries, async () => {
      const store = await peer.open(directory);
      return store.readAll();
    });
    return { sample, verify: () => requireMap(peer.name, work, work.entries, result) };
  },
});

/** What a store that reads from its files has to do: it answers at once, and each read costs more later. Not what the goals compare. */
const openOnly = (peer: Peer, prepare: Prepare): Contestant => ({
  name: `${peer.name}, opened only`,
  role: "beside",
  prepare,
  async run(directory, work) {
    await peer.look();
    const { result, sample } = await sampleOf(work.entries, () => peer.open(directory));
    // That everything is in these files, the contestant verifies who reads it.
    return { sample, verify: () => result.close() };
  },
});

const writeLog = (directory: string, work: Work): Promise<void> => writeState(join(directory, "log"), putsOf(work));

const durableState: Contestant = {
  name: "openDurableState",
  role: "ours",
  prepare: writeLog,
  async run(directory, work) {
    const { result, sample } = await sampleOf(work.entries, () => openDurableState({ directory, ...plainBytes, mustExist: true }));
    return { sample, verify: () => requireState(result, work) };
  },
};

const throughSink: Contestant = {
  name: "recover into a store",
  role: "ours",
  prepare: writeLog,
  async run(directory, work) {
    const store = createStateStore();
    const { sample } = await sampleOf(work.entries, () => recoverState({ walDir: join(directory, "log"), apply: storeSink(store), mustExist: true }));
    return { sample, verify: () => requireState(store, work) };
  },
};
