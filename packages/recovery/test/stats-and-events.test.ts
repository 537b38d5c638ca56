import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { memoryWal } from "@laminar/wal";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDurableState, recover, type RecoveryEvents } from "../src/index.ts";

const directory = "/data/state";
const places = { walDir: `${directory}/log`, checkpointDir: `${directory}/checkpoints` };
const names: readonly (keyof RecoveryEvents)[] = ["laminar:recovery:done", "laminar:recovery:failed"];

type Heard = { readonly [Name in keyof RecoveryEvents]: { readonly name: Name } & RecoveryEvents[Name] }[keyof RecoveryEvents];

function listen(also: () => void = () => undefined): Heard[] {
  const heard: Heard[] = [];
  const note = (message: unknown, name: string | symbol): void => {
    heard.push({ name, ...(message as object) } as Heard);
    also();
  };
  for (const name of names) subscribe(name, note);
  onTestFinished(() => {
    for (const name of names) unsubscribe(name, note);
  });
  return heard;
}

describe("what a recovery tells", () => {
  it("is what it found and how long it took, from `recover` and from `openDurableState`", async () => {
    const disk = createSimulatedDisk();
    const heard = listen();
    const state = await openDurableState<number>({ directory, disk });
    expect(heard).toEqual([
      { name: "laminar:recovery:done", location: places.walDir, walPosition: 0, report: state.recovered, duration: expect.any(Number) as number },
    ]);
    state.put("a", 1);
    await state.commit();
    await state.close();
    heard.length = 0;
    const found = await recover({ ...places, disk, onProgress: () => disk.advance(30) });
    const [done] = heard;
    expect(heard).toEqual([{ name: "laminar:recovery:done", location: places.walDir, walPosition: 2, report: found.report, duration: done?.duration }]);
    expect(done?.duration).toBe(found.report.durations.total);
    expect(done?.duration).toBeGreaterThanOrEqual(30);
  });

  it("is the error it rejects with, and nothing about wrong arguments", async () => {
    const disk = createSimulatedDisk();
    const heard = listen();
    await expect(recover({ ...places, disk, maxWalEntries: -1 })).rejects.toThrow(RangeError);
    expect(heard).toEqual([]);
    const error: unknown = await recover({ ...places, disk, mustExist: true }).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: "RECOVERY_NOT_FOUND" });
    const signal = AbortSignal.abort(new Error("enough"));
    const wal = memoryWal();
    wal.append({ type: "commit", offsets: new Map() });
    await wal.sync();
    await expect(recover({ wal, signal })).rejects.toThrow("enough");
    await recover({ checkpointDir: places.checkpointDir, disk });
    expect(heard.map(({ name, location }) => [name, location])).toEqual([
      ["laminar:recovery:failed", places.walDir],
      ["laminar:recovery:failed", undefined],
      ["laminar:recovery:done", places.checkpointDir],
    ]);
    expect(heard.map((event) => event.name === "laminar:recovery:failed" && event.error)).toEqual([error, signal.reason, false]);
  });

  it("may throw in a subscriber, which the recovery knows nothing of", async () => {
    const uncaught: unknown[] = [];
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => void uncaught.push(error.message));
    onTestFinished(() => {
      process.removeAllListeners("uncaughtException");
      for (const other of others) process.on("uncaughtException", other);
    });
    listen(() => {
      throw new Error("a subscriber is wrong");
    });
    const disk = createSimulatedDisk();
    expect((await recover({ ...places, disk })).report.freshStart).toBe(true);
    await expect(recover({ ...places, disk, mustExist: true })).rejects.toMatchObject({ code: "RECOVERY_NOT_FOUND" });
    await new Promise<void>((resolve) => void setImmediate(resolve));
    expect(uncaught).toEqual(["a subscriber is wrong", "a subscriber is wrong"]);
  });
});

describe("the numbers of a durable state", () => {
  it("are of its commits, its log and its checkpoints", async () => {
    const disk = createSimulatedDisk();
    const state = await openDurableState<number>({ directory, disk });
    expect(state.stats()).toMatchObject({ keys: 0, wal: { state: "open", appendedEntries: 0 }, checkpoints: { published: 0, latestCheckpointId: undefined } });
    state.put("a", 1);
    state.put("b", 2);
    expect(state.stats()).toMatchObject({ keys: 0, wal: { appendedEntries: 0 } });
    await state.commit();
    const { walPosition } = await state.checkpoint();
    state.put("c", 3);
    await state.commit();
    expect(state.stats()).toMatchObject({
      keys: 3,
      wal: { appendedEntries: 5, syncs: 2, durableLsn: 5, waitingCommits: 0 },
      checkpoints: { published: 1, latestCheckpointId: 1, latestWalPosition: walPosition },
    });
    const before = state.stats();
    await state.close();
    expect(state.stats()).toEqual({ ...before, wal: { ...before.wal, state: "closed" } });
  });

  it("stay as they were left when its disk fails", async () => {
    const disk = createSimulatedDisk();
    const state = await openDurableState<number>({ directory, disk });
    state.put("a", 1);
    await state.commit();
    disk.plan(({ kind }) => (kind === "sync" ? { kind: "error", errno: "EIO" } : undefined));
    state.put("b", 2);
    await expect(state.commit()).rejects.toMatchObject({ code: "WAL_POISONED" });
    expect(() => state.size).toThrow(/earlier write failed/);
    expect(state.stats()).toMatchObject({ wal: { state: "failed", appendedLsn: 4, durableLsn: 2 } });
    await state.close();
    expect(state.stats()).toMatchObject({ wal: { state: "failed", appendedLsn: 4, durableLsn: 2 } });
  });
});
