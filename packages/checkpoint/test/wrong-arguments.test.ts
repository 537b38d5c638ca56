import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { type CheckpointConfig, checkpointReader, type CheckpointRequest, fileCheckpointStore, memoryCheckpointStore, openCheckpointManager, openCheckpointReader, type PublishOptions, validateCheckpoint } from "../src/index.ts";
import { METADATA_BYTES_MAX } from "../src/metadata-format.ts";
import { CountedState } from "./counted-state.ts";

const directory = "/c";
const state = new Uint8Array(3);

it.each([
  undefined,
  null,
  "/c",
  {},
  { directory, store: memoryCheckpointStore() },
  { store: memoryCheckpointStore(), oneContainer: true },
  { directory, maxRetained: "3" },
  { directory, maxDeltaRatio: "0.5" },
  { directory, incremental: "yes" },
  { directory, log: "log" },
  { directory, log: null },
])("a manager isn't opened with %o", async (wrong: unknown) => {
  const disk = createSimulatedDisk();
  await expect(openCheckpointManager((typeof wrong === "object" && wrong !== null && "directory" in wrong ? Object.assign({}, wrong, { disk }) : wrong) as CheckpointConfig)).rejects.toThrow(TypeError);
  expect(disk.operations).toEqual([]);
});

it.each([
  ["", undefined],
  ["a\0b", undefined],
  [5, undefined],
  [directory, null],
  [directory, "options"],
  [directory, { oneContainer: "yes" }],
])("a store isn't made of %o with %o", (place: unknown, options: unknown) => {
  expect(() => fileCheckpointStore(place as string, options as undefined)).toThrow(TypeError);
});

describe("a request", () => {
  it.each<[string, unknown, typeof RangeError | typeof TypeError]>([
    ["isn't null", null, TypeError],
    ["isn't a position alone", { walPosition: 0 }, TypeError],
    ["has a state that isn't null", { walPosition: 0, state: null }, TypeError],
    ["has a state that isn't a text", { walPosition: 0, state: "state" }, TypeError],
    ["has a state that isn't an object of no kind", { walPosition: 0, state: {} }, TypeError],
    ["has a position that isn't a text", { walPosition: "0", state }, TypeError],
    ["has a position that isn't a fraction", { walPosition: 0.5, state }, RangeError],
    ["has a log's id that isn't a number", { walPosition: 0, state, walId: 7 }, TypeError],
    ["has offsets that aren't a record", { walPosition: 0, state, sourceOffsets: { source: 1n } }, TypeError],
    ["has an offset that isn't a text", { walPosition: 0, state, sourceOffsets: new Map([["source", "1"]]) }, TypeError],
    ["has an offset that fits in 64 bits", { walPosition: 0, state, sourceOffsets: new Map([["source", 2n ** 64n]]) }, RangeError],
    ["has a watermark that fits in 64 bits", { walPosition: 0, state, watermark: -(2n ** 63n) - 1n }, RangeError],
    ["has an epoch from 0", { walPosition: 0, state, epoch: -1 }, RangeError],
  ])("%s", async (_, request, error) => {
    const manager = await openCheckpointManager({ store: memoryCheckpointStore() });
    await expect(manager.create(request as CheckpointRequest)).rejects.toThrow(error);
    expect(await manager.list()).toEqual([]);
    expect((await manager.create({ walPosition: 0, state })).id).toBe(1);
  });

  it.each([null, "options", { onProgress: 5 }, { signal: null }, { signal: { aborted: 1 } }])("has options that aren't %o, and its capture ends", async (options: unknown) => {
    const manager = await openCheckpointManager({ store: memoryCheckpointStore() });
    const captured = new CountedState();
    await expect(manager.create({ walPosition: 0, state: captured.capture() }, options as PublishOptions)).rejects.toThrow(TypeError);
    expect([captured.ends, await manager.list()]).toEqual([["failed"], []]);
  });
});

it("a manager keeps at least one chain when it cleans up", async () => {
  const manager = await openCheckpointManager({ store: memoryCheckpointStore() });
  await manager.create({ walPosition: 0, state });
  await expect(manager.cleanup(0)).rejects.toThrow(RangeError);
  expect((await manager.list()).map(({ id }) => id)).toEqual([1]);
});

it("metadata that no reader would take aren't published, and the state's changes stay unsaved", async () => {
  const manager = await openCheckpointManager({ store: memoryCheckpointStore() });
  const captured = new CountedState();
  const sourceOffsets = new Map([["s".repeat(METADATA_BYTES_MAX), 1n]]);
  await expect(manager.create({ walPosition: 0, sourceOffsets, state: captured.capture() })).rejects.toThrow(/no reader takes more/);
  expect([captured.ends, await manager.list()]).toEqual([["failed"], []]);
  expect((await manager.create({ walPosition: 0, state })).id).toBe(2);
});

describe("a setting is refused by its name, with what was given", () => {
  it.each<readonly [config: object, words: string]>([
    [{ maxRetained: "3" }, 'maxRetained must be a number, not "3"'],
    [{ maxRetained: 0 }, "at least 1, not 0"],
    [{ maxRetained: null }, "maxRetained must be a number, not null"],
    [{ interval: 1n }, "interval must be a number, not 1n"],
    [{ maxDeltaRatio: Number.NaN }, "maxDeltaRatio must be a number, 0 or more, not NaN"],
    [{ incremental: 1 }, "incremental must be true or false, not 1"],
    [{ merge: new Map() }, "not a Map"],
    [{ log: { logId: 5 } }, "log must have logId, durableLsn, counts and truncateBefore"],
    [{ log: { logId: "l", durableLsn: 0 } }, "log must have logId, durableLsn, counts and truncateBefore"],
    [{ log: { logId: "l", durableLsn: 0, counts: () => true } }, "not an Object"],
    [{ disk: null }, "disk must be a Disk of @laminar/disk, not null"],
    [{ disk: () => 1 }, "not a function"],
    [{ disk: [] }, "not an Array"],
    [{ retain: 3 }, 'no option "retain"'],
    [{ ["x".repeat(100)]: 3 }, `no option "${"x".repeat(60)}…"`],
  ])("%o", async (config, words) => {
    await expect(openCheckpointManager({ directory, ...config })).rejects.toThrow(words);
  });

  it.each([null, 5, {}])("a store that is %o", async (store: unknown) => {
    await expect(openCheckpointManager({ store } as CheckpointConfig)).rejects.toThrow(/store must be a CheckpointStore/);
    expect(() => checkpointReader(store as never)).toThrow(/store must be a CheckpointStore/);
  });

  it("an option that is there and says nothing isn't one", async () => {
    const manager = await openCheckpointManager(Object.assign({ store: memoryCheckpointStore() }, { retain: undefined }));
    await manager.close();
  });
});

it("a reader and a store have no option that doesn't exist", () => {
  expect(() => openCheckpointReader(directory, { dsk: 1 } as object)).toThrow('no option "dsk"');
  expect(() => fileCheckpointStore(directory, { disk: {} } as never)).toThrow(/disk must be a Disk/);
});

it.each<readonly [place: unknown, options: unknown]>([
  [undefined, {}], ["", {}], ["/c/checkpoint_0000000000000001\0", {}], ["/c/checkpoint_0000000000000001", null], ["/c/checkpoint_0000000000000001", 5], ["/c/checkpoint_0000000000000001", { sginal: 1 }],
])("a checkpoint isn't validated at %o with %o", async (place, options) => {
  await expect(validateCheckpoint(place as string, options as object)).rejects.toThrow(TypeError);
});

describe("a manager", () => {
  it.each([undefined, null, "1", 0.5])("finds nothing by an id that is %o", async (id: unknown) => {
    const manager = await openCheckpointManager({ store: memoryCheckpointStore() });
    await manager.create({ walPosition: 0, state });
    await expect(manager.delete(id as number)).rejects.toThrow(/id must be/);
    expect(() => manager.readState(id as number)).toThrow(/id must be/);
    await expect(manager.create({ walPosition: 0, state, keyCount: id === undefined ? null : id } as CheckpointRequest)).rejects.toThrow(/keyCount must be/);
    expect((await manager.list()).length).toBe(1);
  });

  it.each([null, 5, {}, { walBytes: "5" }])("isn't asked with %o whether a checkpoint is due", async (log: unknown) => {
    const manager = await openCheckpointManager({ store: memoryCheckpointStore() });
    expect(() => manager.shouldCheckpoint(log as { walBytes: number })).toThrow(TypeError);
  });
});
