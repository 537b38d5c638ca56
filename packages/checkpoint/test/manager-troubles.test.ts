import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { CheckpointError, type CheckpointStore, memoryCheckpointStore, openCheckpointManager, openCheckpointReader } from "../src/index.ts";
import { nameOf } from "../src/checkpoint-names.ts";
import { checkpointReader } from "../src/read-checkpoints.ts";
import { alteredMemory, bytes } from "./altered-stores.ts";
import { CountedState } from "./counted-state.ts";
import { flipBit, replaceFile } from "./damage-file.ts";

const directory = "/c";
const pathOf = (id: number, file: string): string => `${directory}/${nameOf("checkpoint", id)}/${file}`;
const eio = { kind: "error", errno: "EIO" } as const;

async function withTwo() {
  const disk = createSimulatedDisk();
  const manager = await openCheckpointManager({ directory, disk });
  await manager.create({ walPosition: 0, state: bytes("one") });
  await manager.create({ walPosition: 0, state: bytes("two") });
  return { disk, manager };
}

describe("a checkpoint that can't be read", () => {
  it.each(["metadata.json", "state.bin"])("is no verdict: the newest usable one isn't known while %s fails", async (file) => {
    const { disk, manager } = await withTwo();
    disk.plan(({ kind, path }) => (kind === "read" && path === pathOf(2, file) ? eio : undefined));
    await expect(manager.latest()).rejects.toMatchObject({ code: "CHECKPOINT_IO", id: 2 });
    disk.plan(undefined);
    expect((await manager.latest())?.id).toBe(2);
  });

  it("postpones a round of cleaning up, by its metadata, its state or the look at it", async () => {
    for (const [kind, file] of [["read", "metadata.json"], ["read", "state.bin"], ["stat", "state.bin"]] as const) {
      const { disk, manager } = await withTwo();
      await manager.close();
      const again = await openCheckpointManager({ directory, disk, maxRetained: 1 });
      disk.plan((operation) => (operation.kind === kind && operation.path === pathOf(1, file) ? eio : undefined));
      expect((await again.create({ walPosition: 0, state: bytes("three") })).id).toBe(3);
      expect(again.lastCleanup, `${kind} ${file}`).toMatchObject({ removed: [], kept: [], error: { code: "CHECKPOINT_IO" } });
      disk.plan(undefined);
      expect(await again.cleanup()).toEqual([1, 2]);
    }
  });

  it("ends a survey when its store fails by an error of another kind", async () => {
    const broken = alteredMemory(() => ({ readMetadata: () => Promise.reject(new Error("no route")) }));
    await (await openCheckpointManager({ store: broken })).create({ walPosition: 0, state: bytes("") });
    await expect(checkpointReader(broken).survey()).rejects.toThrow("no route");
  });
});

describe("a checkpoint that is damaged", () => {
  it("is left out of the list, and its metadata are the error that says what is wrong", async () => {
    const { disk, manager } = await withTwo();
    await flipBit(disk, pathOf(2, "metadata.json"), 40);
    expect((await manager.list()).map(({ id }) => id)).toEqual([1]);
    await expect(manager.metadata(2)).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT", id: 2 });
    expect((await openCheckpointReader(directory, { disk }).survey()).checkpoints).toMatchObject([{ id: 2, problem: { code: "CHECKPOINT_CORRUPT" } }, { id: 1 }]);
  });

  it("stays where nothing is usable, and the report says so", async () => {
    const { disk, manager } = await withTwo();
    for (const id of [1, 2]) await flipBit(disk, pathOf(id, "state.bin"), 1);
    expect(await manager.cleanup()).toEqual([]);
    expect(manager.lastCleanup).toMatchObject({ kept: [{ id: 2, reason: "nothing-usable" }, { id: 1, reason: "nothing-usable" }], error: undefined });
  });

  it.each([0, 1])("by a file that ends after %i bytes, though it was longer when it was opened, is told where it ends", async (length) => {
    const { disk, manager } = await withTwo();
    const [newest] = await manager.list();
    if (!newest) throw new Error("there is one");
    const path = pathOf(2, "state.bin");
    await replaceFile(disk, path, bytes("two").subarray(0, length));
    const open = disk.open.bind(disk);
    // The size of its earlier content, as of a file that is cut while it is read.
    disk.open = async (name) => (name === path ? Object.assign(await open(name), { size: async () => 3 }) : open(name));
    const message: unknown = expect.stringContaining(`ends at byte ${length} of 3`);
    await expect(openCheckpointReader(directory, { disk }).verify(newest)).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT", actual: { size: length }, message });
  });
});

describe("a checkpoint that goes while it is looked for", () => {
  it("makes the manager look again, and then the one before it is the newest", async () => {
    const other: { withdraw?: CheckpointStore["withdraw"] } = {};
    const store = alteredMemory((memory) => ({
      async *readState(id) {
        // As by another process, between the listing and the read.
        await other.withdraw?.([2]);
        yield* memory.readState(id);
      },
    }));
    const manager = await openCheckpointManager({ store });
    for (const text of ["one", "two"]) await manager.create({ walPosition: 0, state: bytes(text) });
    other.withdraw = store.withdraw;
    expect((await manager.latest())?.id).toBe(1);
  });

  it("is damaged when the listing still has it at the second look", async () => {
    const store = alteredMemory((memory) => ({
      readState: (id) => (id === 2 ? missing(id) : memory.readState(id)),
    }));
    const manager = await openCheckpointManager({ store });
    for (const text of ["one", "two"]) await manager.create({ walPosition: 0, state: bytes(text) });
    expect((await manager.latest())?.id).toBe(1);
  });

  it("isn't there to be read", async () => {
    const { manager } = await withTwo();
    await manager.delete(2);
    await expect(manager.readState(2)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "CHECKPOINT_NOT_FOUND", id: 2 });
    expect(await manager.metadata(2)).toBeUndefined();
  });
});

async function* missing(id: number): AsyncGenerator<Uint8Array> {
  yield bytes("t");
  throw new CheckpointError("CHECKPOINT_NOT_FOUND", "gone", { id });
}

describe("a store", () => {
  it("that can't say a revision costs a read later, and nothing else", async () => {
    let revisions = 0;
    const store = alteredMemory((memory) => ({
      revision: (id) => (++revisions === 1 ? Promise.reject(new CheckpointError("CHECKPOINT_IO", "no route", { id })) : memory.revision(id)),
    }));
    const state = new CountedState();
    const manager = await openCheckpointManager({ store, maxDeltaRatio: 9 });
    const kinds: string[] = [];
    for (const key of ["a", "b"]) {
      state.set(key, "x");
      kinds.push((await manager.create({ walPosition: 0, state: state.capture() })).kind);
    }
    expect([kinds, manager.lastCleanup?.error]).toEqual([["full", "delta"], undefined]);
  });

  it("that publishes without asking for the metadata is told so, and the capture ends", async () => {
    const store = alteredMemory(() => ({ publish: async () => undefined }));
    const manager = await openCheckpointManager({ store });
    const state = new CountedState();
    await expect(manager.create({ walPosition: 0, state: state.capture() })).rejects.toThrow(/without asking for the metadata/);
    expect(state.ends).toEqual(["failed"]);
  });

  it("whose leftovers can't be swept is opened all the same, and the report says why they stay", async () => {
    const store = alteredMemory(() => ({ sweep: () => Promise.reject(new CheckpointError("CHECKPOINT_IO", "no route")) }));
    const manager = await openCheckpointManager({ store });
    expect(manager.lastCleanup).toMatchObject({ removed: [], error: { code: "CHECKPOINT_IO" } });
    await manager.close();
  });

  it("whose lock was taken away takes no more checkpoints, and gives none up", async () => {
    const { disk, manager } = await withTwo();
    for (const { name } of disk.listSync(`${directory}/LOCK`)) await disk.remove(`${directory}/LOCK/${name}`);
    const locked = { code: "CHECKPOINT_LOCKED" };
    await expect(manager.create({ walPosition: 0, state: bytes("three") })).rejects.toMatchObject(locked);
    await expect(manager.delete(1)).rejects.toMatchObject(locked);
    expect((await manager.list()).map(({ id }) => id)).toEqual([2, 1]);
  });

  it("fails to open with the first failure, whatever becomes of the lock", async () => {
    const store = alteredMemory((memory) => ({
      list: () => Promise.reject(new CheckpointError("CHECKPOINT_IO", "no route")),
      lock: async () => ({ ...(await memory.lock()), release: () => Promise.reject(new Error("no route either")) }),
    }));
    await expect(openCheckpointManager({ store })).rejects.toMatchObject({ code: "CHECKPOINT_IO" });
  });
});

it("a checkpoint whose position a fence takes while it is made lets nothing go for it", async () => {
  let isFenced = false;
  const truncated: number[] = [];
  const log = { logId: "l", durableLsn: 9, counts: (lsn: number) => !isFenced || lsn < 5, truncateBefore: async (lsn: number) => void truncated.push(lsn) };
  const manager = await openCheckpointManager({ store: memoryCheckpointStore(), log, maxRetained: 1 });
  await manager.create({ walPosition: 4, state: bytes("one") });
  const state = function* (): Generator<Uint8Array> {
    isFenced = true;
    yield bytes("two");
  };
  await manager.create({ walPosition: 5, state: state() });
  expect([(await manager.latest())?.id, truncated]).toEqual([1, [5]]);
  expect(manager.lastCleanup).toMatchObject({ removed: [], kept: [{ id: 2, reason: "not-removed" }, { id: 1, reason: "restore-point" }], error: undefined });
});

describe("an error without a value", () => {
  it("is a store's that doesn't say why: then the round says what failed", async () => {
    const store = alteredMemory(() => ({ withdraw: () => Promise.reject() }));
    const manager = await openCheckpointManager({ store });
    for (const text of ["one", "two"]) await manager.create({ walPosition: 0, state: bytes(text) });
    await expect(manager.cleanup(1)).rejects.toThrow("removing checkpoints failed");
    expect((await manager.list()).map(({ id }) => id)).toEqual([2, 1]);
  });

  it("is an abort's: then the abort says so itself", async () => {
    const signal = { aborted: true, addEventListener() {}, removeEventListener() {} };
    const { disk, manager } = await withTwo();
    await expect(manager.create({ walPosition: 0, state: bytes("") }, { signal })).rejects.toThrow("aborted");
    const reader = openCheckpointReader(directory, { disk });
    const [newest] = (await reader.survey()).checkpoints;
    if (!newest?.metadata) throw new Error("there is one");
    await expect(reader.verify(newest.metadata, { signal })).rejects.toThrow("aborted");
  });
});

it("a checkpoint's state may come in chunks as they are made, and a manager ends with its scope", async () => {
  const store = memoryCheckpointStore();
  {
    await using manager = await openCheckpointManager({ store });
    const made = await manager.create({
      walPosition: 0,
      state: (async function* () {
        yield bytes("one");
        yield bytes("two");
      })(),
    });
    expect(made.sizeBytes).toBe(6);
  }
  await (await openCheckpointManager({ store })).close();
});

it("a checkpoint from before the first record, made without a log, is one of any log", async () => {
  const store = memoryCheckpointStore();
  const first = await openCheckpointManager({ store });
  await first.create({ walPosition: 0, state: bytes("one") });
  await first.create({ walPosition: 5, state: bytes("two") });
  await first.close();
  const log = { logId: "l", durableLsn: 9, counts: () => true, truncateBefore: async () => 0 };
  expect((await openCheckpointManager({ store, log })).latestCheckpointId).toBe(1);
});
