import { expect, describe, it } from "vitest";
import { QuickSyncs } from "../src/quick-syncs.ts";

/** Syncs that take as long as `takes` says, on a clock of its own; notes where each was made. */
function diskThatTakes(takes: (number: number) => number, trip = 0.05) {
  let time = 0;
  const made: string[] = [];
  const syncs = new QuickSyncs({ monotonic: () => time });
  const pass = (where: string, more: number): void => {
    time += takes(made.length) + more;
    made.push(where);
  };
  const sync = async (): Promise<void> => (syncs.areQuick ? syncs.here(() => pass("here", 0)) : syncs.away(Promise.resolve().then(() => pass("away", trip))));
  return { made, sync };
}

async function syncTimes({ sync }: ReturnType<typeof diskThatTakes>, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await sync();
}

const run = (made: readonly string[]): string[] => {
  const runs: string[] = [];
  for (let at = 0; at < made.length; ) {
    const end = made.findIndex((where, i) => i > at && where !== made[at]);
    const next = end < 0 ? made.length : end;
    runs.push(`${next - at} ${made[at]}`);
    at = next;
  }
  return runs;
};

describe("where a sync is made", () => {
  it("is another thread until eight in a row were quick, and this one from then on", async () => {
    const disk = diskThatTakes(() => 0.001);
    await syncTimes(disk, 100);
    expect(run(disk.made)).toEqual(["8 away", "92 here"]);
  });

  it("is always another thread when the disk takes its time", async () => {
    const slow = diskThatTakes(() => 0.3);
    await syncTimes(slow, 100);
    expect(run(slow.made)).toEqual(["100 away"]);
  });

  it("is tried here ever less often when that takes longer than it should", async () => {
    const disk = diskThatTakes(() => 0.12);
    await syncTimes(disk, 20_000);
    expect(run(disk.made).slice(0, 8)).toEqual(["8 away", "1 here", "16 away", "1 here", "32 away", "1 here", "64 away", "1 here"]);
    expect(disk.made.filter((where) => where === "here").length).toBeLessThan(15);
  });

  it("goes back to the other thread after one slow sync here, and returns when the disk is quick again", async () => {
    const disk = diskThatTakes((number) => (number === 50 ? 5 : 0.001));
    await syncTimes(disk, 100);
    expect(run(disk.made)).toEqual(["8 away", "43 here", "16 away", "33 here"]);
  });

  it("makes a failure the caller's, wherever it was", async () => {
    const failure = new Error("the disk says no");
    const syncs = new QuickSyncs({ monotonic: () => 0 });
    await expect(syncs.away(Promise.reject(failure))).rejects.toBe(failure);
    expect(() => syncs.here(() => { throw failure; })).toThrow(failure);
  });
});
