import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { type CheckpointConfig, openCheckpointManager, openCheckpointReader, validateCheckpoint } from "../src/index.ts";
import { nameOf } from "../src/checkpoint-names.ts";
import { flipBit, replaceFile } from "./damage-file.ts";
import { CountedState, restored, textOf } from "./counted-state.ts";

/*
 * The numbers are those of the study of the reference. 43 and 44 are about snapshots and stand in that package; what 6 to 8 and 15
 * mean for a recovery stands in that one.
 */
const directory = "/c";
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const pathOf = (id: number, file = ""): string => `${directory}/${nameOf("checkpoint", id)}${file && `/${file}`}`;

async function open(disk: SimulatedDisk, config: CheckpointConfig = {}) {
  return openCheckpointManager({ directory, disk, ...config });
}

/** A closed directory with checkpoints whose states are their ids. */
async function written(ids: number, config: CheckpointConfig = {}): Promise<SimulatedDisk> {
  const disk = createSimulatedDisk();
  const manager = await open(disk, config);
  for (let id = 1; id <= ids; id++) await manager.create({ walPosition: 0, epoch: 42, state: bytesOf(`state ${id}`) });
  await manager.close();
  return disk;
}

async function latestIn(disk: SimulatedDisk): Promise<number | undefined> {
  const manager = await open(disk);
  await manager.close();
  return manager.latestCheckpointId;
}

describe("the reference's defect", () => {
  it("6: a state that can't be read is an error that names it, never a checkpoint without its state", async () => {
    for (const harm of [(disk: SimulatedDisk) => disk.remove(pathOf(1, "state.bin")), (disk: SimulatedDisk) => flipBit(disk, pathOf(1, "state.bin"), 0)]) {
      const disk = await written(1);
      await harm(disk);
      const reader = openCheckpointReader(directory, { disk });
      const [found] = (await reader.survey()).checkpoints;
      if (!found?.metadata) throw new Error("the metadata verify");
      await expect(reader.verify(found.metadata)).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT", id: 1 });
      for (const part of found.metadata.chain) await expect(textOf(reader.readPart(part))).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT", id: 1 });
      expect(await latestIn(disk)).toBeUndefined();
    }
  });

  it("7: every flipped byte of a state is found, and a wrong size too", async () => {
    const disk = await written(1);
    for (let at = 0; at < "state 1".length; at++) {
      const copy = disk.killed().mount();
      await flipBit(copy, pathOf(1, "state.bin"), at);
      await expect(validateCheckpoint(pathOf(1), { disk: copy })).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT" });
    }
    await replaceFile(disk, pathOf(1, "state.bin"), bytesOf("state 12"));
    await expect(validateCheckpoint(pathOf(1), { disk })).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT", actual: { size: 8 } });
  });

  it("8: an older checkpoint is used when the newest is damaged, in its metadata or its state", async () => {
    for (const file of ["metadata.json", "state.bin"]) {
      const disk = await written(2);
      await replaceFile(disk, pathOf(2, file), new Uint8Array(0));
      expect(await latestIn(disk)).toBe(1);
    }
  });

  it("15: reading makes no directory, and says that there is none", async () => {
    const disk = createSimulatedDisk();
    expect(await openCheckpointReader("/nowhere", { disk }).survey()).toMatchObject({ exists: false, checkpoints: [] });
    expect(disk.statSync("/nowhere")).toBeUndefined();
  });

  it("16: a directory whose name isn't canonical is no checkpoint, whatever number it could be read as", async () => {
    const disk = await written(1);
    for (const name of ["checkpoint_ff", "checkpoint_00000000000000FF", "checkpoint_0000000000000000", "checkpoint_"]) await disk.makeDirectory(`${directory}/${name}`);
    expect(await latestIn(disk)).toBe(1);
    const { ignored } = await openCheckpointReader(directory, { disk }).survey();
    expect(ignored).toHaveLength(4);
  });

  it("17: metadata of another id are damage", async () => {
    const disk = await written(1);
    await disk.rename(pathOf(1), pathOf(9));
    const [found] = (await openCheckpointReader(directory, { disk }).survey()).checkpoints;
    expect(found?.problem).toMatchObject({ code: "CHECKPOINT_CORRUPT", message: expect.stringContaining("checkpoint 1") as string });
    expect(await latestIn(disk)).toBeUndefined();
  });

  it("34: what a create settled is whole after any power cut, and what it didn't is whole or not there", async () => {
    const disk = await written(1);
    const manager = await open(disk);
    let looked = 0;
    const look = async (least: number): Promise<void> => {
      const images = [...disk.powerCuts({ limit: 40, seed: 1 })];
      looked += images.length;
      for (const image of images) {
        const { checkpoints } = await openCheckpointReader(directory, { disk: image.mount() }).survey();
        expect(checkpoints.length).toBeGreaterThanOrEqual(least);
        for (const { id } of checkpoints) await validateCheckpoint(pathOf(id), { disk: image.mount() });
      }
    };
    const pending: Promise<void>[] = [];
    const stop = disk.beforeEach(() => void pending.push(look(1)));
    await manager.create({ walPosition: 0, state: bytesOf("state 2") });
    stop();
    await Promise.all(pending);
    await look(2);
    console.log(`${looked} images`);
  });

  it("35: the older checkpoint is there until the new one is durable, also when one is all that is kept", async () => {
    const disk = await written(1, { maxRetained: 1 });
    const manager = await open(disk, { maxRetained: 1 });
    let images = 0;
    const pending: Promise<void>[] = [];
    const look = async (cut: Iterable<ReturnType<SimulatedDisk["killed"]>>): Promise<void> => {
      for (const image of cut) {
        images++;
        expect(await latestIn(image.mount())).toBeGreaterThanOrEqual(1);
      }
    };
    const stop = disk.beforeEach(() => void pending.push(look([...disk.powerCuts({ limit: 20, seed: 2 })])));
    await manager.create({ walPosition: 0, state: bytesOf("state 2") });
    stop();
    await Promise.all(pending);
    expect((await manager.list()).map(({ id }) => id)).toEqual([2]);
    console.log(`${images} images`);
  });

  it("36: a checkpoint without a state is refused, and one keeps offsets and watermark", async () => {
    const manager = await open(createSimulatedDisk());
    await expect(manager.create({ walPosition: 0 } as unknown as Parameters<typeof manager.create>[0])).rejects.toThrow(TypeError);
    const made = await manager.create({ walPosition: 0, sourceOffsets: new Map([["s", 100]]), watermark: 100, state: bytesOf("k") });
    expect(await manager.metadata(made.id)).toMatchObject({ sourceOffsets: new Map([["s", 100n]]), watermark: 100n, sizeBytes: 1 });
  });

  it("37: a cut is one: the state is that of the request, whatever changes before its turn comes", async () => {
    const disk = createSimulatedDisk();
    const manager = await open(disk);
    const state = new CountedState();
    state.set("count", "1");
    const first = manager.create({ walPosition: 0, state: bytesOf("a long one") });
    const second = manager.create({ walPosition: 0, sourceOffsets: new Map([["s", 1]]), state: state.capture() });
    state.set("count", "2");
    await first;
    const { id } = await second;
    expect(await restored([manager.readState(id)])).toEqual(new Map([["count", "1"]]));
  });

  it("38: a delta is one, what it needs is kept, and is listed in it", async () => {
    const disk = createSimulatedDisk();
    const manager = await open(disk, { maxRetained: 1, maxChainLength: 20, maxDeltaRatio: 20 });
    const state = new CountedState();
    for (let round = 0; round < 12; round++) {
      state.set(`key ${round}`, "x");
      await manager.create({ walPosition: 0, state: state.capture() });
    }
    const newest = await manager.latest();
    expect(newest).toMatchObject({ id: 12, isIncremental: true, parentId: 11 });
    const reader = openCheckpointReader(directory, { disk });
    expect(await restored((newest?.chain ?? []).map((part) => reader.readPart(part)))).toEqual(state.now);
    expect((await manager.create({ walPosition: 0, state: bytesOf("whole") })).isIncremental).toBe(false);
  });

  it("39: a restart carries epoch and ids on, gives no id again, and isn't due at once", async () => {
    const disk = await written(2);
    const manager = await open(disk, { interval: 1000 });
    expect([manager.epoch, manager.shouldCheckpoint()]).toEqual([42, false]);
    for (const id of [3, 4]) expect(await manager.create({ walPosition: 0, state: bytesOf("x") })).toMatchObject({ id, epoch: 42 });
    await manager.delete(4);
    await manager.close();
    const again = await open(disk);
    expect(await again.create({ walPosition: 0, state: bytesOf("x") })).toMatchObject({ id: 5, epoch: 42 });
  });

  it("40: an interval is milliseconds of a clock that nobody can set back, and the log's size counts", async () => {
    const disk = createSimulatedDisk();
    const manager = await open(disk, { interval: 500, minWalSizeForCheckpoint: 10 });
    expect(manager.shouldCheckpoint()).toBe(false);
    disk.advance(500);
    expect([manager.shouldCheckpoint(), manager.shouldCheckpoint({ walBytes: 9 })]).toEqual([true, false]);
  });

  it("41: directories that can't be used count for nothing, go once they are older than what is needed, and fail no checkpoint", async () => {
    const disk = await written(3);
    await disk.remove(pathOf(2, "metadata.json"));
    await flipBit(disk, pathOf(3, "state.bin"), 1);
    const manager = await open(disk, { maxRetained: 1 });
    await manager.create({ walPosition: 0, state: bytesOf("4") });
    expect(manager.lastCleanup).toMatchObject({ removed: [1, 2, 3], error: undefined });
    disk.plan(({ kind, path }) => (kind === "rename" && path === pathOf(4) ? { kind: "error", errno: "EACCES" } : undefined));
    expect(await manager.create({ walPosition: 0, state: bytesOf("5") })).toMatchObject({ id: 5 });
    expect(manager.lastCleanup).toMatchObject({ error: { code: "CHECKPOINT_IO" } });
  });

  it("42: no name makes the next id overflow", async () => {
    const disk = await written(1);
    await disk.makeDirectory(`${directory}/checkpoint_ffffffffffffffff`);
    const manager = await open(disk);
    expect((await manager.create({ walPosition: 0, state: bytesOf("x") })).id).toBe(2);
  });

  it("45: a removal that was cut short leaves nothing that looks like a checkpoint", async () => {
    const disk = await written(1);
    const manager = await open(disk);
    await manager.create({ walPosition: 0, state: bytesOf("2") });
    const images: ReturnType<SimulatedDisk["killed"]>[] = [];
    const stop = disk.beforeEach(() => void images.push(disk.killed(), ...disk.powerCuts({ limit: 20, seed: 3 })));
    await manager.delete(1);
    stop();
    for (const image of images) {
      const { checkpoints } = await openCheckpointReader(directory, { disk: image.mount() }).survey();
      for (const { id, problem } of checkpoints) {
        expect(problem).toBeUndefined();
        await validateCheckpoint(pathOf(id), { disk: image.mount() });
      }
    }
    console.log(`${images.length} images`);
  });
});
