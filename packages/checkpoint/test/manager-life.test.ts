import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Disk, Owners } from "@laminar/disk";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { type CheckpointConfig, type CheckpointEvents, openCheckpointManager } from "../src/index.ts";
import { nameOf } from "../src/checkpoint-names.ts";
import { flipBit } from "./damage-file.ts";
import { CountedState } from "./counted-state.ts";

const directory = "/c";
const one = new Uint8Array(600).fill(1);
const logAt = (startsAfter: number | undefined) => ({ logId: "l", startsAfter, durableLsn: 100, counts: (lsn: number) => lsn !== 50, truncateBefore: async () => 0 });

const open = (disk = createSimulatedDisk(), config: CheckpointConfig = {}) => openCheckpointManager({ directory, disk, ...config });

function* chunks(count: number): Generator<Uint8Array> {
  for (let chunk = 0; chunk < count; chunk++) yield one;
}

describe("progress and abort", () => {
  it("tells the bytes that are written, up to the state's size", async () => {
    const manager = await open();
    const told: number[] = [];
    const { sizeBytes } = await manager.create({ walPosition: 0, state: chunks(3) }, { onProgress: ({ bytes }) => told.push(bytes) });
    expect([told, sizeBytes]).toEqual([[600, 1200, 1800], 1800]);
  });

  it("gives up between chunks, with the signal's reason, and nothing is left of it but its id", async () => {
    const disk = createSimulatedDisk();
    const manager = await open(disk);
    for (const abortAfter of [0, 600, 1200]) {
      const controller = new AbortController();
      if (abortAfter === 0) controller.abort(new Error("enough"));
      const state = new CountedState();
      const made = manager.create(
        { walPosition: 0, state: { ...state.capture(), bytes: () => chunks(3) } },
        { signal: controller.signal, onProgress: ({ bytes }) => void (bytes === abortAfter && controller.abort(new Error("enough"))) },
      );
      await expect(made).rejects.toThrow("enough");
      expect(state.ends).toEqual(["failed"]);
    }
    expect(await manager.list()).toEqual([]);
    expect((await manager.create({ walPosition: 0, state: one })).id).toBe(4);
    expect(disk.listSync(directory).map(({ name }) => name).sort()).toEqual(["LOCK", nameOf("checkpoint", 4)]);
  });
});

describe("what a manager tells", () => {
  it("sends events about what was published, what failed, and what was cleaned up", async () => {
    const disk = createSimulatedDisk();
    const manager = await open(disk, { maxRetained: 1 });
    const heard: unknown[] = [];
    const names: readonly (keyof CheckpointEvents)[] = ["laminar:checkpoint:published", "laminar:checkpoint:failed", "laminar:checkpoint:cleanup"];
    const listen = (message: unknown, name: string | symbol): void => void heard.push({ name, message });
    for (const name of names) subscribe(name, listen);
    try {
      const metadata = await manager.create({ walPosition: 0, state: one });
      disk.plan(({ kind }) => (kind === "sync" ? { kind: "error", errno: "EIO" } : undefined));
      const error = await manager.create({ walPosition: 0, state: one }).catch((failure: unknown) => failure);
      disk.plan(undefined);
      await manager.create({ walPosition: 0, state: one });
      expect(heard).toMatchObject([
        { name: "laminar:checkpoint:published", message: { location: directory, metadata, duration: expect.any(Number) as number } },
        { name: "laminar:checkpoint:cleanup", message: { location: directory, report: { removed: [], kept: [{ id: 1, reason: "restore-point" }] } } },
        { name: "laminar:checkpoint:failed", message: { location: directory, id: 2, error, duration: expect.any(Number) as number } },
        { name: "laminar:checkpoint:published", message: { metadata: { id: 3 } } },
        { name: "laminar:checkpoint:cleanup", message: { report: { removed: [1], kept: [{ id: 3, reason: "restore-point" }], error: undefined } } },
      ]);
    } finally {
      for (const name of names) unsubscribe(name, listen);
    }
  });

  it("says of everything that stays why it does", async () => {
    const disk = createSimulatedDisk();
    const state = new CountedState();
    const log = { ...logAt(0), counts: (lsn: number) => lsn !== 7 };
    const first = await open(disk, { log, maxRetained: 2, maxDeltaRatio: 9 });
    const positions = [5, 7, 9, 9, 9];
    log.counts = () => true;
    for (const walPosition of positions) {
      state.set(`at ${walPosition}`, "x");
      await first.create({ walPosition, state: state.capture() });
    }
    await first.close();
    await flipBit(disk, `${directory}/${nameOf("checkpoint", 5)}/state.bin`, 1);
    await flipBit(disk, `${directory}/${nameOf("checkpoint", 1)}/metadata.json`, 40);
    log.counts = (lsn) => lsn !== 7;
    const again = await open(disk, { log, maxRetained: 2 });
    expect(again.latestCheckpointId).toBe(4);
    await again.create({ walPosition: 9, state: one });
    expect(again.lastCleanup?.kept.map(({ id, reason }) => `${id} ${reason}`)).toEqual(["6 restore-point", "5 damaged", "4 restore-point", "3 restore-point", "2 needed", "1 needed"]);
    expect(again.lastCleanup?.kept.filter(({ problem }) => problem !== undefined)).toMatchObject([
      { id: 5, problem: { code: "CHECKPOINT_CORRUPT" } },
      { id: 1, problem: { code: "CHECKPOINT_CORRUPT" } },
    ]);
    await again.create({ walPosition: 9, state: one });
    expect(again.lastCleanup).toMatchObject({ removed: [1, 2, 3, 4, 5], oldestWalPosition: 9 });
  });

  it("reports a removal that failed, and makes up for it in the next round", async () => {
    const disk = createSimulatedDisk();
    const manager = await open(disk, { maxRetained: 1 });
    await manager.create({ walPosition: 0, state: one });
    disk.plan(({ kind, path }) => (kind === "rename" && path.endsWith(nameOf("checkpoint", 1)) ? { kind: "error", errno: "EIO" } : undefined));
    expect((await manager.create({ walPosition: 0, state: one })).id).toBe(2);
    expect(manager.lastCleanup).toMatchObject({ removed: [], kept: [{ id: 2 }, { id: 1, reason: "not-removed" }], error: { code: "CHECKPOINT_IO" } });
    await expect(manager.cleanup()).rejects.toMatchObject({ code: "CHECKPOINT_IO" });
    disk.plan(undefined);
    expect(await manager.cleanup()).toEqual([1]);
    expect(manager.lastCleanup).toMatchObject({ removed: [1], kept: [{ id: 2 }], error: undefined });
  });

  it("postpones a round when a checkpoint can't be read, and publishes all the same", async () => {
    const disk = createSimulatedDisk();
    const manager = await open(disk, { maxRetained: 1 });
    await manager.create({ walPosition: 0, state: one });
    disk.plan(({ kind, path }) => (kind === "read" && path.includes(nameOf("checkpoint", 1)) ? { kind: "error", errno: "EIO" } : undefined));
    await manager.create({ walPosition: 0, state: one });
    expect(manager.lastCleanup).toMatchObject({ removed: [], kept: [], error: { code: "CHECKPOINT_IO" } });
    disk.plan(undefined);
    await manager.create({ walPosition: 0, state: one });
    expect(manager.lastCleanup).toMatchObject({ removed: [1, 2], error: undefined });
  });
});

describe("what a manager refuses", () => {
  it("doesn't delete the only checkpoint on which the log can be replayed", async () => {
    const manager = await open(createSimulatedDisk(), { log: logAt(10) });
    await manager.create({ walPosition: 20, state: one });
    await expect(manager.delete(1)).rejects.toMatchObject({ code: "CHECKPOINT_IN_USE" });
    await manager.create({ walPosition: 30, state: one });
    await manager.delete(1);
    await expect(manager.delete(2)).rejects.toMatchObject({ code: "CHECKPOINT_IN_USE" });
    const whole = await open(createSimulatedDisk(), { log: logAt(0) });
    await whole.create({ walPosition: 20, state: one });
    await whole.delete(1);
    const unknown = await open(createSimulatedDisk(), { log: logAt(undefined) });
    await unknown.create({ walPosition: 20, state: one });
    await expect(unknown.delete(1)).rejects.toMatchObject({ code: "CHECKPOINT_IN_USE" });
  });

  it("doesn't delete what another checkpoint's chain needs", async () => {
    const manager = await open();
    const state = new CountedState();
    for (let round = 0; round < 3; round++) {
      state.set("k", "a value that is long enough for the deltas to be smaller".repeat(round === 0 ? 9 : 1));
      await manager.create({ walPosition: 0, state: state.capture() });
    }
    expect((await manager.list()).map(({ kind }) => kind)).toEqual(["delta", "delta", "full"]);
    for (const id of [1, 2]) await expect(manager.delete(id)).rejects.toMatchObject({ code: "CHECKPOINT_IN_USE" });
    for (const id of [3, 2, 1]) await manager.delete(id);
    expect([manager.latestCheckpointId, await manager.list()]).toEqual([undefined, []]);
  });

  it("counts no checkpoint below the log's start, of another log, or where a fence is", async () => {
    const disk = createSimulatedDisk();
    const log = { ...logAt(0), counts: () => true };
    const manager = await open(disk, { log });
    for (const walPosition of [40, 50, 60]) await manager.create({ walPosition, state: one });
    await manager.close();
    const latestWith = async (of: CheckpointConfig["log"]): Promise<number | undefined> => {
      const again = await open(disk, { log: of });
      await again.close();
      return again.latestCheckpointId;
    };
    expect(await latestWith({ ...logAt(0), durableLsn: 55 })).toBe(1);
    expect(await latestWith({ ...logAt(45), durableLsn: 55 })).toBeUndefined();
    expect(await latestWith({ ...logAt(0), logId: "m" })).toBeUndefined();
    expect(await latestWith(logAt(0))).toBe(3);
  });

  it("takes a place whose last owner can't be judged only when told that there is one container at a time", async () => {
    const disk = createSimulatedDisk();
    await open(disk);
    const next = disk.killed().mount();
    const owners: Owners = {
      identify: (place) => next.owners.identify(place),
      judge: async () => "unknown",
      takeKernelLock: (place) => next.owners.takeKernelLock(place),
    };
    const unknowing = new Proxy<Disk>(next, {
      get(target, name) {
        const value: unknown = name === "owners" ? owners : Reflect.get(target, name, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    await expect(openCheckpointManager({ directory, disk: unknowing })).rejects.toMatchObject({ code: "CHECKPOINT_LOCKED" });
    await (await openCheckpointManager({ directory, disk: unknowing, oneContainer: true })).close();
  });

  it("gives no id twice, and none at all when they are used up", async () => {
    const disk = createSimulatedDisk();
    await disk.makeDirectory(directory);
    await disk.makeDirectory(`${directory}/${nameOf("trash", Number.MAX_SAFE_INTEGER)}`);
    const manager = await open(disk);
    await expect(manager.create({ walPosition: 0, state: one })).rejects.toThrow(RangeError);
  });

  it.each([
    { maxChainLength: 0 },
    { maxChainLength: 1.5 },
    { maxDeltaRatio: -1 },
    { maxDeltaRatio: Number.NaN },
    { incremental: 1 },
    { merge: "mergeSnapshots" },
    { oneContainer: "yes" },
    { truncateWal: "no" },
    { log: {} },
    { log: { logId: "l", durableLsn: 1 } },
  ])("refuses %o", async (wrong) => {
    const disk = createSimulatedDisk();
    await expect(open(disk, wrong as unknown as CheckpointConfig)).rejects.toThrow(/must/);
    expect(disk.statSync(directory)).toBeUndefined();
  });
});
