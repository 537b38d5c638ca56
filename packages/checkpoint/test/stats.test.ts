import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { type CheckpointConfig, type CheckpointEvents, openCheckpointManager } from "../src/index.ts";
import { nameOf } from "../src/checkpoint-names.ts";
import { CountedState, mergeTexts } from "./counted-state.ts";

const directory = "/c";
const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(1);

const open = (disk: SimulatedDisk, config: CheckpointConfig = {}) => openCheckpointManager({ directory, disk, ...config });

const NOTHING = {
  published: 0,
  publishedBytes: 0,
  publishDuration: 0,
  failed: 0,
  removed: 0,
  failedCleanups: 0,
  latestCheckpointId: undefined,
  latestTimestamp: undefined,
  latestWalPosition: undefined,
  latestSizeBytes: undefined,
  lastPublishDuration: undefined,
  chainLength: 0,
  chainSizeBytes: 0,
  kept: undefined,
  oldestWalPosition: 0,
};

describe("the numbers of a manager", () => {
  it("are of nothing at first, and of what was published then, by the disk's clock", async () => {
    const disk = createSimulatedDisk();
    const manager = await open(disk);
    expect(manager.stats()).toEqual(NOTHING);
    const slow = (length: number, milliseconds: number) => ({
      basedOn: undefined,
      *bytes() {
        disk.advance(milliseconds);
        yield bytes(length);
      },
      done: () => undefined,
      fail: () => undefined,
    });
    await manager.create({ walPosition: 3, state: slow(600, 40) });
    const { timestamp } = await manager.create({ walPosition: 7, state: slow(500, 25) });
    expect(manager.stats()).toEqual({
      ...NOTHING,
      published: 2,
      publishedBytes: 1100,
      publishDuration: 65,
      lastPublishDuration: 25,
      latestCheckpointId: 2,
      latestTimestamp: timestamp,
      latestWalPosition: 7,
      latestSizeBytes: 500,
      chainLength: 1,
      chainSizeBytes: 500,
      kept: 2,
      oldestWalPosition: 3,
    });
    expect(Object.keys(manager.stats())).toEqual(Object.keys(NOTHING));
  });

  it("count what fails, and what clean-ups and delete removed or left undone", async () => {
    const disk = createSimulatedDisk();
    const manager = await open(disk, { maxRetained: 1 });
    await manager.create({ walPosition: 1, state: bytes(10) });
    disk.plan(({ kind }) => (kind === "sync" ? { kind: "error", errno: "EIO" } : undefined));
    await expect(manager.create({ walPosition: 2, state: bytes(10) })).rejects.toMatchObject({ code: "CHECKPOINT_IO" });
    expect(manager.stats()).toMatchObject({ published: 1, failed: 1, latestCheckpointId: 1 });
    disk.plan(({ kind, path }) => (kind === "rename" && path.endsWith(nameOf("checkpoint", 1)) ? { kind: "error", errno: "EIO" } : undefined));
    await manager.create({ walPosition: 3, state: bytes(10) });
    expect(manager.stats()).toMatchObject({ published: 2, removed: 0, failedCleanups: 1, kept: 2 });
    disk.plan(({ kind, path }) => (kind === "read" && path.includes(nameOf("checkpoint", 1)) ? { kind: "error", errno: "EIO" } : undefined));
    await manager.create({ walPosition: 4, state: bytes(10) });
    expect(manager.stats()).toMatchObject({ published: 3, removed: 0, failedCleanups: 2, kept: undefined, oldestWalPosition: 0 });
    disk.plan(undefined);
    await manager.create({ walPosition: 5, state: bytes(10) });
    expect(manager.stats()).toMatchObject({ published: 4, removed: 3, failedCleanups: 2, kept: 1, oldestWalPosition: 5 });
    await manager.delete(5);
    expect(manager.stats()).toMatchObject({ removed: 4, latestCheckpointId: undefined, chainLength: 0, published: 4 });
    const before = manager.stats();
    await manager.close();
    expect(manager.stats()).toEqual(before);
  });

  it("tell what a restore reads: the chain, found or made", async () => {
    const disk = createSimulatedDisk();
    const state = new CountedState();
    const manager = await open(disk, { maxDeltaRatio: 9 });
    const sizes: number[] = [];
    for (const key of ["a", "b", "c"]) {
      state.set(key, "x".repeat(50));
      sizes.push((await manager.create({ walPosition: 0, state: state.capture() })).sizeBytes);
    }
    const sum = sizes.reduce((all, size) => all + size, 0);
    const made = manager.stats();
    expect(made).toMatchObject({ chainLength: 3, chainSizeBytes: sum, latestSizeBytes: sizes[2] });
    await manager.close();
    const { chainLength, chainSizeBytes, latestCheckpointId, latestTimestamp, latestWalPosition, latestSizeBytes } = made;
    const again = await open(disk);
    expect(again.stats()).toEqual({ ...NOTHING, chainLength, chainSizeBytes, latestCheckpointId, latestTimestamp, latestWalPosition, latestSizeBytes });
  });

  it("count a compaction as one more checkpoint, and one that isn't needed not at all", async () => {
    const manager = await open(createSimulatedDisk(), { merge: mergeTexts, maxDeltaRatio: 9 });
    const state = new CountedState();
    for (const key of ["a", "b"]) {
      state.set(key, "x");
      await manager.create({ walPosition: 0, state: state.capture() });
    }
    expect(manager.stats()).toMatchObject({ published: 2, chainLength: 2 });
    const { publishedBytes } = manager.stats();
    const compacted = await manager.compact();
    const stats = manager.stats();
    expect(stats).toMatchObject({ published: 3, chainLength: 1, latestCheckpointId: 3, publishedBytes: publishedBytes + (compacted?.sizeBytes ?? 0) });
    await manager.compact();
    expect(manager.stats()).toEqual(stats);
  });
});

describe("a manager's subscriber", () => {
  const names: readonly (keyof CheckpointEvents)[] = ["laminar:checkpoint:published", "laminar:checkpoint:failed", "laminar:checkpoint:cleanup"];

  function listen(listener: (message: unknown, name: string | symbol) => void): void {
    for (const name of names) subscribe(name, listener);
    onTestFinished(() => {
      for (const name of names) unsubscribe(name, listener);
    });
  }

  it("that throws becomes an uncaught exception, and the checkpoint is made all the same", async () => {
    const uncaught: unknown[] = [];
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => void uncaught.push(error.message));
    onTestFinished(() => {
      process.removeAllListeners("uncaughtException");
      for (const other of others) process.on("uncaughtException", other);
    });
    listen((_, name) => {
      throw new Error(String(name));
    });
    const disk = createSimulatedDisk();
    const manager = await open(disk);
    const state = new CountedState();
    await manager.create({ walPosition: 0, state: state.capture() });
    disk.plan(({ kind }) => (kind === "sync" ? { kind: "error", errno: "EIO" } : undefined));
    await expect(manager.create({ walPosition: 0, state: state.capture() })).rejects.toMatchObject({ code: "CHECKPOINT_IO" });
    disk.plan(undefined);
    await new Promise<void>((resolve) => void setImmediate(resolve));
    expect(state.ends).toEqual(["done 1", "failed"]);
    expect(manager.stats()).toMatchObject({ published: 1, failed: 1, failedCleanups: 0, latestCheckpointId: 1 });
    expect(uncaught).toEqual(["laminar:checkpoint:published", "laminar:checkpoint:cleanup", "laminar:checkpoint:failed"]);
  });

  it("sees the manager as it is after the fact, and may call it", async () => {
    const manager = await open(createSimulatedDisk());
    const seen: unknown[] = [];
    const made: Promise<unknown>[] = [];
    listen((message, name) => {
      if (name !== "laminar:checkpoint:published") return;
      const { metadata } = message as CheckpointEvents["laminar:checkpoint:published"];
      seen.push([metadata.id, manager.latestCheckpointId, manager.stats().published]);
      if (metadata.id < 3) made.push(manager.create({ walPosition: 0, state: bytes(10) }));
    });
    await manager.create({ walPosition: 0, state: bytes(10) });
    for (const one of made) await one;
    expect(seen).toEqual([[1, 1, 1], [2, 2, 2], [3, 3, 3]]);
  });
});
