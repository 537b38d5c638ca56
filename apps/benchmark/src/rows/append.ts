import { statSync } from "node:fs";
import { join } from "node:path";
import { openWal } from "@laminar/wal";
import { appendByHand } from "../by-hand/append.ts";
import { recoverByHand } from "../by-hand/recover.ts";
import { rawBytes, writePreformed } from "../floor.ts";
import { appendOwn, appendStandard, ownCodec, requireLog, requireOwnLog } from "../laminar/logs.ts";
import type { Peer } from "../peers/peer.ts";
import type { Contestant, Row, Sample } from "../row.ts";
import { bytesBelow } from "../sizes.ts";
import { requireCount, requireMap, requireStore } from "../verify.ts";
import type { Work } from "../work.ts";
import { isReferenceWork, referenceNumbers } from "./reference.ts";

/** Everything appended, one sync at the end. */
export const append: Row = {
  name: "append",
  title: "append, one sync at the end",
  unit: "entries/s",
  place: "disk",
  start: "warm",
  contestants: (peers) => [floor, byHand, ...peers.map(ofPeer), standard, own],
  published: (settings) => (isReferenceWork(settings) ? [{ name: referenceNumbers.name, value: referenceNumbers.appendPerSecond, bytesPerEntry: referenceNumbers.bytesPerEntry }] : []),
};

async function rate({ entries }: Work, directory: string, action: () => void | Promise<void>, close: () => void | Promise<void> = () => undefined): Promise<Sample> {
  const start = performance.now();
  await action();
  const seconds = (performance.now() - start) / 1000;
  await close();
  return { value: entries / seconds, bytesPerEntry: bytesBelow(directory) / entries };
}

const floor: Contestant = {
  name: "floor",
  role: "floor",
  async run(directory, work) {
    const file = join(directory, "file");
    const sample = await rate(work, directory, () => writePreformed(file, rawBytes(work)));
    return { sample, verify: () => requireCount(file, statSync(file).size, rawBytes(work)) };
  },
};

const byHand: Contestant = {
  name: "by hand",
  role: "by hand",
  async run(directory, work) {
    const file = join(directory, "file");
    const keys = work.keys();
    const sample = await rate(work, directory, () => appendByHand(file, keys, work));
    return { sample, verify: () => requireMap(file, work, work.entries, recoverByHand(file)) };
  },
};

const ofPeer = (peer: Peer): Contestant => ({
  name: `${peer.name}: ${peer.bulkWay}`,
  role: "peer as documented",
  async run(directory, work) {
    const texts = work.texts();
    const store = await peer.open(directory);
    const sample = await rate(work, directory, () => store.append(texts, work), () => store.close());
    return { sample, verify: () => requireStore(peer, directory, work, work.entries) };
  },
});

const standard: Contestant = {
  name: "@laminar/wal",
  role: "ours",
  async run(directory, work) {
    const keys = work.keys();
    const log = await openWal(directory);
    const sample = await rate(work, directory, () => appendStandard(log, keys, work), () => log.close());
    return { sample, verify: () => requireLog(directory, work, work.entries) };
  },
};

const own: Contestant = {
  name: "@laminar/wal, own codec",
  role: "ours",
  async run(directory, work) {
    const keys = work.keys();
    const log = await openWal(directory, { codec: ownCodec(keys, work) });
    const sample = await rate(work, directory, () => appendOwn(log, work.entries), () => log.close());
    return { sample, verify: () => requireOwnLog(directory, work) };
  },
};
