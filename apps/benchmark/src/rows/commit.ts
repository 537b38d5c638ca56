import type { Contestant, Row } from "../row.ts";
import { longestStall } from "../stall.ts";
import { Work } from "../work.ts";
import { batched, byHand, type Committer, documented, floor, log, state } from "./committing.ts";

/** Committers go round so many keys: more than a slow one comes to. */
const keysMost = 100_000;

/** What is rare takes longer to be seen. */
const stallShare = 2;

/** So many callers at once, each of whom waits until its own entry is durable and then commits the next. */
function rate(commit: (index: number) => Promise<unknown>, committers: number, milliseconds: number, counter: { commits: number }): Promise<number> {
  const before = counter.commits;
  const start = performance.now();
  const committer = async (): Promise<void> => {
    do await commit(counter.commits++);
    while (performance.now() < start + milliseconds);
  };
  return Promise.all(Array.from({ length: committers }, committer)).then(() => ((counter.commits - before) * 1000) / (performance.now() - start));
}

function contestantOf({ name, role, open }: Committer, committers: number, measuresStall: boolean): Contestant {
  return {
    name,
    role,
    async run(directory, { entries, keyBytes, valueBytes, commitMs }) {
      const work = new Work({ entries: Math.min(entries, keysMost), keyBytes, valueBytes, commitMs });
      const target = await open(directory, work);
      const commit = (index: number): Promise<unknown> => target.commit(index % work.entries);
      const counter = { commits: 0 };
      // Unmeasured, on the same files: code becomes fast, files as long as they stay, and the engine's memory for what is short-lived,
      // 50 MB of it on Node.js 24, has been touched once, which is what takes longest.
      await rate(commit, committers, commitMs, counter);
      const value = await rate(commit, committers, commitMs, counter);
      // Looking for stalls keeps a core busy, and so comes after the rate.
      const stall = measuresStall ? { stall: await longestStall(() => rate(commit, committers, stallShare * commitMs, counter)) } : {};
      await target.close();
      return { sample: { value, ...stall }, verify: () => target.verify(counter.commits) };
    },
  };
}

/** One alone: the disk decides. */
export const commitOne: Row = {
  name: "commit-1",
  title: "1 committer",
  unit: "commits/s",
  place: "disk",
  start: "in use",
  contestants: (peers) => [floor, ...byHand, ...peers.map(documented), log, state].map((one) => contestantOf(one, 1, true)),
};

function concurrent(committers: number): Row {
  return {
    name: `commit-${committers}`,
    title: `${committers} committers`,
    unit: "commits/s",
    place: "disk",
    start: "in use",
    contestants: (peers) => [...byHand, ...peers.flatMap((peer) => [documented(peer), batched(peer)]), log, state].map((one) => contestantOf(one, committers, false)),
  };
}

export const commitMany: Row = concurrent(64);

/** Where a sync costs nothing, the software decides. */
export const commitFree: readonly Row[] = [
  { ...commitOne, contestants: (peers) => [...byHand, ...peers.map(documented), log, state].map((one) => contestantOf(one, 1, false)) } satisfies Row,
  commitMany,
].map((row) => ({ ...row, name: row.name.replace("commit", "free-sync"), title: `${row.title}, free syncs`, place: "memory" }));
