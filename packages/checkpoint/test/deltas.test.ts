import type { Disk } from "@laminar/disk";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { type CheckpointConfig, type CheckpointMetadata, type IncrementalCheckpointManager, openCheckpointManager, openCheckpointReader } from "../src/index.ts";
import { nameOf } from "../src/checkpoint-names.ts";
import { flipBit } from "./damage-file.ts";
import { CountedState, mergeTexts, restored } from "./counted-state.ts";

const directory = "/c";

async function open(config: CheckpointConfig = {}): Promise<{ disk: ReturnType<typeof createSimulatedDisk>; manager: IncrementalCheckpointManager; state: CountedState }> {
  const disk = createSimulatedDisk();
  const manager = await openCheckpointManager({ directory, disk, merge: mergeTexts, ...config });
  const state = new CountedState();
  for (let key = 0; key < 20; key++) state.set(`key ${key}`, "from the beginning");
  return { disk, manager, state };
}

/** One more checkpoint after a change of one key. */
async function step(manager: IncrementalCheckpointManager, state: CountedState, value: string): Promise<CheckpointMetadata> {
  state.set("key 0", value);
  return manager.create({ walPosition: 0, state: state.capture() });
}

const chainOf = ({ chain }: CheckpointMetadata): number[] => chain.map(({ id }) => id);
const load = (disk: Disk, { chain }: CheckpointMetadata) => restored(chain.map((part) => openCheckpointReader(directory, { disk }).readPart(part)));

describe("a checkpoint of a capture", () => {
  it("is full at first, then what changed since the one before, and its chain gives back the state", async () => {
    const { disk, manager, state } = await open();
    const full = await step(manager, state, "1");
    state.set("key 1", undefined);
    const delta = await step(manager, state, "2");
    expect([full, delta]).toMatchObject([
      { kind: "full", isIncremental: false, keyCount: 20 },
      { kind: "delta", isIncremental: true, keyCount: 19, parentId: 1 },
    ]);
    expect([chainOf(full), chainOf(delta)]).toEqual([[1], [1, 2]]);
    expect(delta.sizeBytes).toBeLessThan(full.sizeBytes / 5);
    expect(await load(disk, delta)).toEqual(state.now);
    expect((await manager.latest())?.id).toBe(2);
  });

  it("is full again when the chain has maxChainLength parts", async () => {
    const { manager, state } = await open({ maxChainLength: 3 });
    const kinds: string[] = [];
    for (let round = 0; round < 7; round++) kinds.push((await step(manager, state, `${round}`)).kind);
    expect(kinds).toEqual(["full", "delta", "delta", "full", "delta", "delta", "full"]);
  });

  it("is full again when the deltas of a chain outweigh maxDeltaRatio of its full part", async () => {
    const { manager, state } = await open({ maxDeltaRatio: 0.5 });
    await step(manager, state, "1");
    for (let key = 0; key < 11; key++) state.set(`key ${key}`, "from the beginning");
    const large = await manager.create({ walPosition: 0, state: state.capture() });
    expect([large.kind, (await step(manager, state, "2")).kind, (await step(manager, state, "3")).kind]).toEqual(["delta", "full", "delta"]);
  });

  it.each([{ incremental: false }, { maxChainLength: 1 }])("is always full with %o", async (config) => {
    const { manager, state } = await open(config);
    for (let round = 0; round < 3; round++) expect((await step(manager, state, `${round}`)).kind).toBe("full");
  });

  it("is full when its changes are counted from another checkpoint than the last one", async () => {
    const { disk, manager, state } = await open();
    const other = new CountedState();
    await step(manager, state, "1");
    await step(manager, other, "other");
    const back = await step(manager, state, "2");
    expect([back.kind, await load(disk, back)]).toEqual(["full", state.now]);
  });

  it("is full when the state was saved to another place meanwhile, whose ids are the same", async () => {
    const { disk, manager, state } = await open();
    const other = await openCheckpointManager({ directory: "/other", disk });
    await step(manager, state, "1");
    state.set("key 7", "known to the other place as a change of before");
    await step(other, state, "2");
    const back = await step(manager, state, "3");
    expect([back.kind, await load(disk, back)]).toEqual(["full", state.now]);
  });

  it("is full after opening, though the state knows the checkpoint that is there", async () => {
    const { disk, manager, state } = await open();
    await step(manager, state, "1");
    await manager.close();
    const again = await openCheckpointManager({ directory, disk });
    expect([(await step(again, state, "2")).kind, (await step(again, state, "3")).kind]).toEqual(["full", "delta"]);
  });

  it("is full when any state of the chain was damaged or lost meanwhile, and a delta when only metadata were", async () => {
    for (const { id, file, harm, kind } of [
      { id: 1, file: "state.bin", harm: "flip", kind: "full" },
      { id: 2, file: "state.bin", harm: "flip", kind: "full" },
      { id: 1, file: "state.bin", harm: "remove", kind: "full" },
      { id: 1, file: "metadata.json", harm: "flip", kind: "delta" },
    ] as const) {
      const { disk, manager, state } = await open();
      await step(manager, state, "1");
      await step(manager, state, "2");
      const path = `${directory}/${nameOf("checkpoint", id)}/${file}`;
      if (harm === "flip") await flipBit(disk, path, 3);
      else await disk.remove(path);
      const next = await step(manager, state, "3");
      expect({ id, file, harm, kind: next.kind }).toEqual({ id, file, harm, kind });
      expect(await load(disk, next)).toEqual(state.now);
      expect((await manager.latest())?.id).toBe(3);
    }
  });

  it("that fails leaves its changes unsaved, and the next one, a delta of the same base, has them", async () => {
    const { disk, manager, state } = await open();
    await step(manager, state, "1");
    state.set("key 5", "only once");
    disk.plan(({ kind }) => (kind === "sync" ? { kind: "error", errno: "EIO" } : undefined));
    await expect(step(manager, state, "2")).rejects.toMatchObject({ code: "CHECKPOINT_IO" });
    disk.plan(() => undefined);
    const next = await step(manager, state, "3");
    expect(chainOf(next)).toEqual([1, 3]);
    expect(await load(disk, next)).toEqual(state.now);
    expect(state.ends).toEqual(["done 1", "failed", "done 3"]);
  });

  it("holds the state of the call, however long it waits for its turn", async () => {
    const { disk, manager, state } = await open();
    const waiting = [1, 2].map((round) => {
      state.set("key 0", `round ${round}`);
      return manager.create({ walPosition: 0, state: state.capture() });
    });
    state.set("key 0", "later");
    const [first, second] = await Promise.all(waiting);
    const values = await Promise.all([first, second].map(async (made) => made && (await load(disk, made)).get("key 0")));
    expect(values).toEqual(["round 1", "round 2"]);
  });

  it("calls a function that gives the state at once, for a full one", async () => {
    const { manager, state } = await open();
    await step(manager, state, "1");
    const asked: string[] = [];
    const made = manager.create({ walPosition: 0, state: (kind) => (asked.push(kind), state.capture()) });
    expect(asked).toEqual(["full"]);
    expect((await made).kind).toBe("delta");
    const plain = await manager.create({ walPosition: 0, state: () => new Uint8Array(3) });
    expect([plain.kind, plain.sizeBytes, plain.keyCount]).toEqual(["full", 3, undefined]);
  });

  it("ends whatever refuses it", async () => {
    const log = { logId: "l", durableLsn: 1, counts: () => true, truncateBefore: async () => 0 };
    const { manager, state } = await open({ log });
    const refused = [{ walPosition: 2 }, { walPosition: -1 }, { walPosition: 0, walId: "other" }, { walPosition: 0, watermark: "x" as unknown as bigint }, { walPosition: 0, keyCount: 0.5 }];
    for (const cut of refused) await expect(manager.create({ ...cut, state: state.capture() })).rejects.toThrow();
    await expect(manager.create({ walPosition: 0, state: state.capture() }, { onProgress: 1 as unknown as () => void })).rejects.toThrow(TypeError);
    await expect(
      manager.create({
        walPosition: 0,
        state: {
          ...state.capture(),
          bytes: () => {
            throw new Error("no bytes");
          },
        },
      }),
    ).rejects.toThrow("no bytes");
    await manager.close();
    await expect(manager.create({ walPosition: 0, state: state.capture() })).rejects.toMatchObject({ code: "CHECKPOINT_CLOSED" });
    expect(state.ends).toEqual(Array.from({ length: refused.length + 3 }, () => "failed"));
  });
});

describe("retention of chains", () => {
  it("keeps whole chains, and the log above the smallest of each one's newest position", async () => {
    const truncated: number[] = [];
    const log = { logId: "l", durableLsn: 100, counts: () => true, truncateBefore: async (lsn: number) => void truncated.push(lsn) };
    const { manager, state } = await open({ log, maxRetained: 2, maxChainLength: 2 });
    for (let position = 10; position <= 60; position += 10) {
      state.set("key 0", `${position}`);
      await manager.create({ walPosition: position, state: state.capture() });
    }
    expect((await manager.list()).map(({ id }) => id)).toEqual([6, 5, 4, 3]);
    expect(truncated).toEqual([11, 21, 21, 21, 41, 41]);
  });

  it("lets every kept chain alone give back the state, whatever becomes of the others", async () => {
    const { disk, manager, state } = await open({ maxRetained: 3, maxChainLength: 3 });
    const states = new Map<number, Map<string, string>>();
    for (let round = 0; round < 9; round++) {
      const { id } = await step(manager, state, `${round}`);
      states.set(id, new Map(state.now));
    }
    await manager.close();
    let damages = 0;
    for (const [survivors, newest] of [[[1, 2, 3], 3], [[4, 5, 6], 6], [[7, 8, 9], 9]] as const) {
      for (const file of ["state.bin", "metadata.json"]) {
        const copy = disk.killed().mount();
        for (let id = 1; id <= 9; id++) {
          if ((survivors as readonly number[]).includes(id)) continue;
          await flipBit(copy, `${directory}/${nameOf("checkpoint", id)}/${file}`, 5);
          damages++;
        }
        const again = await openCheckpointManager({ directory, disk: copy });
        const found = await again.latest();
        expect(found?.id).toBe(newest);
        if (found) expect(await load(copy, found)).toEqual(states.get(newest));
      }
    }
    console.log(`${damages} files damaged`);
  });
});

describe("compaction", () => {
  it("makes one full checkpoint of the newest chain's cut, which the next delta follows", async () => {
    const { disk, manager, state } = await open();
    await step(manager, state, "1");
    state.set("key 1", undefined);
    state.set("key 0", "2");
    const newest = await manager.create({ walPosition: 0, epoch: 4, watermark: 9, sourceOffsets: new Map([["s", 7]]), state: state.capture() });
    const compacted = await manager.compact();
    const { epoch, walPosition, walId, sourceOffsets, watermark, keyCount } = newest;
    expect(compacted).toMatchObject({ epoch, walPosition, walId, sourceOffsets, watermark, keyCount, id: 3, kind: "full", parentId: 2 });
    expect(compacted && (await load(disk, compacted))).toEqual(state.now);
    const next = await step(manager, state, "3");
    expect(chainOf(next)).toEqual([3, 4]);
    expect(await load(disk, next)).toEqual(state.now);
  });

  it("of an older checkpoint, since the newest was damaged, is no base for what changed since the newest", async () => {
    const { disk, manager, state } = await open();
    await step(manager, state, "1");
    await step(manager, state, "2");
    state.set("key 1", "only in what is damaged");
    await step(manager, state, "3");
    await flipBit(disk, `${directory}/${nameOf("checkpoint", 3)}/state.bin`, 3);
    expect(await manager.compact()).toMatchObject({ id: 4, kind: "full" });
    const next = await step(manager, state, "4");
    expect(await load(disk, next)).toEqual(state.now);
  });

  it("works on files alone, right after opening", async () => {
    const { disk, manager, state } = await open();
    await step(manager, state, "1");
    await step(manager, state, "2");
    await manager.close();
    const again = await openCheckpointManager({ directory, disk, merge: mergeTexts });
    const compacted = await again.compact();
    expect(compacted).toMatchObject({ id: 3, kind: "full" });
    expect(compacted && (await load(disk, compacted))).toEqual(state.now);
    expect((await step(again, state, "3")).kind).toBe("full");
  });

  it("has nothing to do for a full one, and nothing to work on where nothing is usable", async () => {
    const { manager, state } = await open();
    expect(await manager.compact()).toBeUndefined();
    const full = await step(manager, state, "1");
    expect(await manager.compact()).toEqual(full);
    expect(await manager.list()).toHaveLength(1);
  });

  it("is refused without merge, and publishes nothing when merge fails", async () => {
    const without = await openCheckpointManager({ directory: "/other", disk: createSimulatedDisk() });
    await expect(without.compact()).rejects.toThrow(TypeError);
    const { manager, state } = await open({
      merge: async function* () {
        yield new Uint8Array(1);
        throw new Error("can't be merged");
      },
    });
    await step(manager, state, "1");
    await step(manager, state, "2");
    await expect(manager.compact()).rejects.toThrow("can't be merged");
    expect((await manager.latest())?.id).toBe(2);
    expect(chainOf(await step(manager, state, "3"))).toEqual([1, 2, 4]);
  });
});
