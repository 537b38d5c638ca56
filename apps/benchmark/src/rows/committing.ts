import { join } from "node:path";
import { openDurableState } from "@laminar/recovery";
import { openWal } from "@laminar/wal";
import { GroupCommitByHand, type Sync, syncInLoop, syncOffThread } from "../by-hand/group-commit.ts";
import { recoverByHand } from "../by-hand/recover.ts";
import { CommitFloor, rawBytes } from "../floor.ts";
import { requireLog } from "../laminar/logs.ts";
import { plainBytes } from "../laminar/states.ts";
import { BatchedCommits } from "../peers/batched-commits.ts";
import type { Peer } from "../peers/peer.ts";
import type { Role } from "../row.ts";
import { bytesBelow } from "../sizes.ts";
import { requireCount, requireEntries, requireMap, requireStore } from "../verify.ts";
import type { Work } from "../work.ts";

/** Something that entries can be committed to, one at a time, each durable when its promise settles. */
export interface Committing {
  /** The entry of this index. */
  commit(index: number): Promise<unknown>;
  close(): Promise<unknown> | void;
  /** After `close`: throws unless all of so many commits are there, whose indexes went round the work's entries. */
  verify(commits: number): Promise<void> | void;
}

export interface Committer {
  readonly name: string;
  readonly role: Role;
  readonly open: (directory: string, work: Work) => Promise<Committing>;
}

export const floor: Committer = {
  name: "floor, syncing off-thread",
  role: "floor",
  async open(directory, work) {
    const file = new CommitFloor(join(directory, "file"), work);
    return { commit: () => file.commit(), close: () => file.close(), verify: (commits) => requireCount("floor", (bytesBelow(directory) * work.entries) / rawBytes(work), commits) };
  },
};

const ofHand = (name: string, sync: Sync): Committer => ({
  name,
  role: "by hand",
  async open(directory, work) {
    const path = join(directory, "file");
    const file = new GroupCommitByHand(path, sync);
    const keys = work.keys();
    return {
      commit: (i) => file.commit(keys[i] as Uint8Array, work.value(i)),
      close: () => file.close(),
      verify: (commits) => requireMap(path, work, Math.min(commits, work.entries), recoverByHand(path)),
    };
  },
});

export const byHand: readonly Committer[] = [ofHand("by hand", syncOffThread), ofHand("by hand, syncing in the loop", syncInLoop)];

export const log: Committer = {
  name: "@laminar/wal",
  role: "ours",
  async open(directory, work) {
    const wal = await openWal(directory);
    const keys = work.keys();
    const commit = (i: number): Promise<number> => {
      wal.append({ type: "put", key: keys[i] as Uint8Array, value: work.value(i) });
      return wal.sync();
    };
    return { commit, close: () => wal.close(), verify: (commits) => requireLog(directory, work, commits) };
  },
};

export const state: Committer = {
  name: "a durable state",
  role: "ours",
  async open(directory, work) {
    const durable = await openDurableState({ directory, ...plainBytes });
    const keys = work.keys();
    return {
      commit: (i) => {
        durable.put(keys[i] as Uint8Array, work.value(i));
        return durable.commit();
      },
      close: () => durable.close(),
      verify: async (commits) => {
        await using reopened = await openDurableState({ directory, ...plainBytes, mustExist: true });
        const keysThere = Math.min(commits, work.entries);
        requireCount(directory, reopened.size, keysThere);
        requireEntries(directory, work, keysThere, (i) => reopened.get(work.key(i)));
      },
    };
  },
};

export const documented = (peer: Peer): Committer => ({
  name: peer.name,
  role: "peer as documented",
  async open(directory, work) {
    const store = await peer.open(directory);
    const texts = work.texts();
    return { commit: (i) => store.commit(texts[i] as string, work.value(i)), close: () => store.close(), verify: (commits) => requireStore(peer, directory, work, Math.min(commits, work.entries)) };
  },
});

export const batched = (peer: Peer): Committer => ({
  name: `${peer.name}, batched by hand`,
  role: "peer batched by hand",
  async open(directory, work) {
    const store = await peer.open(directory);
    const queue = new BatchedCommits(store);
    const texts = work.texts();
    return { commit: (i) => queue.commit(texts[i] as string, work.value(i)), close: () => store.close(), verify: (commits) => requireStore(peer, directory, work, Math.min(commits, work.entries)) };
  },
});
