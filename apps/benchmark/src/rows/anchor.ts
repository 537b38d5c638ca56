import { join } from "node:path";
import { rawBytes, writePreformed } from "../floor.ts";
import type { Peer } from "../peers/peer.ts";
import type { Contestant, Row } from "../row.ts";
import { requireCount } from "../verify.ts";
import { Work } from "../work.ts";
import { anchorRow, referenceNumbers } from "./reference.ts";

/** The work of which both machines' numbers are known. */
const anchorWork = { entries: 200_000, keyBytes: 16, valueBytes: 100, commitMs: 1 };

/** What this machine does with the work by which the other one is known: by it the published numbers are scaled. */
export const anchor: Row = {
  name: anchorRow,
  title: "anchor: 200,000 entries under ascending keys",
  unit: "entries/s",
  place: "disk",
  start: "cold",
  contestants: (peers) => [floor, ...peers.filter(({ name }) => name === "lmdb").map(ofPeer)],
  published: () => [
    { name: "floor (published, another machine)", value: referenceNumbers.anchors.floor },
    { name: "lmdb (published, another machine)", value: referenceNumbers.anchors.lmdb },
  ],
};

const floor: Contestant = {
  name: "floor",
  role: "floor",
  async run(directory) {
    const start = performance.now();
    writePreformed(join(directory, "file"), rawBytes(new Work(anchorWork)));
    const value = (anchorWork.entries * 1000) / (performance.now() - start);
    return { sample: { value }, verify: () => undefined };
  },
};

const ofPeer = (peer: Peer): Contestant => ({
  name: peer.name,
  role: "peer as documented",
  async run(directory) {
    const work = new Work(anchorWork);
    const texts = work.ascendingTexts();
    const store = await peer.open(directory);
    const start = performance.now();
    await store.append(texts, work);
    const value = (anchorWork.entries * 1000) / (performance.now() - start);
    return { sample: { value }, verify: async () => requireCount(peer.name, (await store.readAll()).size, anchorWork.entries) };
  },
});
