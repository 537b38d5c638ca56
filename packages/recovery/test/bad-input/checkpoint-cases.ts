import { checkpointReader, fileCheckpointStore, memoryCheckpointStore, openCheckpointManager, openCheckpointReader, validateCheckpoint, type CheckpointReader, type CheckpointStore, type IncrementalCheckpointManager } from "@laminar/checkpoint";
import type { SimulatedDisk } from "@laminar/disk/testing";
import { mergeSnapshots } from "@laminar/state-snapshot";
import { notBytes, notDisks, notFlags, notFunctions, notIntegers, notIterables, notNumbers, notObjects, notPaths, notSignals, optionRows, row, type Place, type Row } from "./sweep.ts";

const state = new Uint8Array(3);
const CHECKPOINT = "/c/checkpoint_0000000000000001";

export const checkpointDoors: readonly Row<SimulatedDisk>[] = [
  row("openCheckpointManager", "directory", [undefined, ...notObjects, {}, { directory: "/c", store: memoryCheckpointStore() }], (_, value) => openCheckpointManager(value)),
  row("openCheckpointManager", "directory", notPaths, (disk, directory) => openCheckpointManager({ disk, directory })),
  row("openCheckpointManager", "store", [null, 5, "memory", {}], (disk, store) => openCheckpointManager({ disk, store })),
  row("openCheckpointManager", "oneContainer", [{}], () => openCheckpointManager({ store: memoryCheckpointStore(), oneContainer: true })),
  ...optionRows<SimulatedDisk>(
    "openCheckpointManager",
    {
      disk: notDisks,
      oneContainer: notFlags,
      log: [null, 5, "log", {}, { logId: "a", durableLsn: 1 }],
      interval: [...notNumbers, 0],
      maxRetained: [...notNumbers, 0],
      minWalSizeForCheckpoint: notNumbers,
      incremental: notFlags,
      maxChainLength: [...notNumbers, 0],
      maxDeltaRatio: [null, "0.5", 1n, true, {}, Number.NaN, -1, Number.POSITIVE_INFINITY],
      merge: notFunctions,
      truncateWal: notFlags,
      maxretained: [3],
      retain: [3],
    },
    (disk, options) => openCheckpointManager(Object.assign({ directory: "/c", disk }, options)),
  ),
  row("fileCheckpointStore", "directory", notPaths, (_, value) => fileCheckpointStore(value)),
  row("fileCheckpointStore", "options", notObjects, (_, value) => fileCheckpointStore("/c", value)),
  ...optionRows<SimulatedDisk>("fileCheckpointStore", { disk: notDisks, oneContainer: notFlags, onecontainer: [true] }, (_, options) => fileCheckpointStore("/c", options)),
  row("openCheckpointReader", "directory", notPaths, (_, value) => openCheckpointReader(value)),
  row("openCheckpointReader", "options", notObjects, (_, value) => openCheckpointReader("/c", value)),
  ...optionRows<SimulatedDisk>("openCheckpointReader", { disk: notDisks, dsk: [1] }, (_, options) => openCheckpointReader("/c", options)),
  row("checkpointReader", "store", [undefined, null, 5, {}, "/c"], (_, value) => checkpointReader(value)),
  row("validateCheckpoint", "directory", notPaths, (disk, value) => validateCheckpoint(value, { disk })),
  row("validateCheckpoint", "checkpoint", ["/c", "/c/checkpoint_1", "/"], (disk, value) => validateCheckpoint(value, { disk })),
  row("validateCheckpoint", "options", notObjects, (_, value) => validateCheckpoint(CHECKPOINT, value)),
  ...optionRows<SimulatedDisk>("validateCheckpoint", { disk: notDisks, signal: notSignals, onProgress: notFunctions, sginal: [1] }, (disk, options) => validateCheckpoint(CHECKPOINT, Object.assign({ disk }, options))),
];

/** With one checkpoint of its own. */
export async function manager(disk: SimulatedDisk): Promise<Place<IncrementalCheckpointManager>> {
  const opened = await openCheckpointManager({ directory: "/c", disk, merge: mergeSnapshots });
  await opened.create({ walPosition: 0, state });
  return { subject: opened, look: () => [opened.latestCheckpointId, opened.epoch, opened.lastCleanup], close: () => opened.close() };
}

const request = { walPosition: 0, state };
const notIds = [undefined, ...notNumbers];

export const managerCalls: readonly Row<IncrementalCheckpointManager>[] = [
  row("create", "request", [undefined, ...notObjects], (made, value) => made.create(value)),
  row("create", "state", [undefined, null, 5, "state", {}, { bytes() {} }], (made, value) => made.create({ walPosition: 0, state: value })),
  row("create", "state", [["text"], [5], [null], [new Uint16Array(2)]], (made, value) => made.create({ walPosition: 0, state: value })),
  row("create", "walPosition", [undefined, ...notNumbers], (made, walPosition) => made.create({ state, walPosition })),
  ...optionRows<IncrementalCheckpointManager>(
    "create",
    { walId: [null, 5, {}], epoch: notNumbers, sourceOffsets: [null, {}, [["s", 1]], "s"], watermark: [...notIntegers, 2n ** 64n], keyCount: notNumbers },
    (made, given) => made.create(Object.assign({}, request, given)),
  ),
  row("create", "offset", [undefined, ...notIntegers, 2n ** 64n], (made, offset) => made.create({ ...request, sourceOffsets: new Map([["s", offset]]) })),
  row("create", "options", notObjects, (made, value) => made.create(request, value)),
  ...optionRows<IncrementalCheckpointManager>("create", { signal: notSignals, onProgress: notFunctions, onprogress: [1] }, (made, options) => made.create(request, options)),
  row("compact", "options", notObjects, (made, value) => made.compact(value)),
  ...optionRows<IncrementalCheckpointManager>("compact", { signal: notSignals, onProgress: notFunctions, onprogress: [1] }, (made, options) => made.compact(options)),
  row("metadata", "id", notIds, (made, id) => made.metadata(id)),
  row("readState", "id", notIds, (made, id) => made.readState(id)),
  row("readState", "checkpoint", [99], (made, id) => made.readState(id)),
  row("delete", "id", notIds, (made, id) => made.delete(id)),
  row("delete", "checkpoint", [99], (made, id) => made.delete(id)),
  row("cleanup", "keep", [...notNumbers, 0], (made, keep) => made.cleanup(keep)),
  row("shouldCheckpoint", "walBytes", [null, 5, {}], (made, log) => made.shouldCheckpoint(log)),
  row("shouldCheckpoint", "walBytes", notNumbers, (made, walBytes) => made.shouldCheckpoint({ walBytes })),
  row("epoch", "epoch", [undefined, ...notNumbers], (made, epoch) => {
    made.epoch = epoch;
  }),
];

export async function fileStore(disk: SimulatedDisk): Promise<Place<CheckpointStore>> {
  const store = fileCheckpointStore("/c", { disk });
  const lock = await store.lock();
  await store.publish(1, [state], () => state);
  return { subject: store, close: () => lock.release() };
}

export async function memoryStore(): Promise<Place<CheckpointStore>> {
  const store = memoryCheckpointStore();
  await store.publish(1, [state], () => state);
  return { subject: store };
}

export const storeCalls: readonly Row<CheckpointStore>[] = [
  row("publish", "id", [undefined, ...notNumbers, 0], (store, id) => store.publish(id, [state], () => state)),
  row("publish", "state", notIterables, (store, given) => store.publish(2, given, () => state)),
  row("publish", "chunk of a state", notBytes, (store, chunk) => store.publish(2, [chunk], () => state)),
  row("publish", "describes", [undefined, ...notFunctions], (store, describe) => store.publish(2, [state], describe)),
  row("publish", "metadata", notBytes, (store, metadata) => store.publish(2, [state], () => metadata)),
  row("readMetadata", "id", notIds, (store, id) => store.readMetadata(id)),
  row("readState", "id", notIds, (store, id) => store.readState(id)),
  row("withdraw", "ids", [undefined, null, 5, "1", {}], (store, ids) => store.withdraw(ids)),
  row("withdraw", "id", [[undefined], ["1"], [1n], [0.5], [1, "2"]], (store, ids) => store.withdraw(ids)),
];

export async function checkpointsReader(disk: SimulatedDisk): Promise<Place<CheckpointReader>> {
  await (await manager(disk)).close?.();
  return { subject: openCheckpointReader("/c", { disk }) };
}
