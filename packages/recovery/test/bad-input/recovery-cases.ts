import { breakLock, lockDirectory, makeDirectories, publishFile, readFully, readFullySync, writeFully, writeFullySync, type DiskFile } from "@laminar/disk";
import { crc32 } from "@laminar/disk/checksum";
import type { SimulatedDisk } from "@laminar/disk/testing";
import { msgpackCodec } from "@laminar/wal";
import { applyRecovered, emptyRecoveredState, formatReport, hasState, openDurableState, recover, recoverSimple, recoverWithChanges, RecoveryManager, storeSink, type DurableState } from "../../src/index.ts";
import { notBytes, notCodecs, notDisks, notFlags, notFunctions, notIntegers, notIterables, notNumbers, notObjects, notPaths, notPolicies, notSignals, optionRows, row, type Place, type Row } from "./sweep.ts";

const checkpoints = { interval: [...notNumbers, 0], minWalSizeForCheckpoint: notNumbers, maxRetained: [...notNumbers, 0], incremental: notFlags, maxChainLength: [...notNumbers, 0], maxDeltaRatio: [null, "0.5", 1n, Number.NaN, -1], truncateWal: [true], maxretained: [3] };
const settings = {
  replay: [null, "", "commited", 1],
  collectStateChanges: notFlags,
  apply: [null, 5, "store", {}, []],
  maxWalEntries: notNumbers,
  until: [null, "5", 5n, {}, Number.NaN, -1, 0.5, { watermark: "5" }, { watermark: 0.5 }, { watermark: 1n, lsn: 1 }],
  mustExist: notFlags,
  acceptMissingLog: notFlags,
  maxTransactionBytes: notNumbers,
  onDamage: notPolicies,
  repairWal: notFlags,
  onProgress: notFunctions,
  signal: notSignals,
  disk: notDisks,
  checkpointDirectory: ["/c"],
  waldir: ["/log"],
};

export const recoveryDoors: readonly Row<SimulatedDisk>[] = [
  row("openDurableState", "directory", [undefined, ...notObjects, {}], (_, value) => openDurableState(value)),
  row("openDurableState", "directory", notPaths, (disk, directory) => openDurableState({ disk, directory })),
  ...optionRows<SimulatedDisk>(
    "openDurableState",
    {
      keys: [null, "", "text", "byte", 1], values: notCodecs, checkpoints: notObjects, log: notObjects, onDamage: notPolicies, mustExist: notFlags, oneContainer: notFlags, onProgress: notFunctions, signal: notSignals, disk: notDisks,
      dir: ["/x"], mustexist: [true],
    },
    (disk, options) => openDurableState(Object.assign({ directory: "/state", disk }, options)),
  ),
  ...optionRows<SimulatedDisk>("openDurableState checkpoints", checkpoints, (disk, given) => openDurableState({ directory: "/state", disk, checkpoints: given })),
  ...optionRows<SimulatedDisk>("openDurableState log", { segmentSize: [...notNumbers, 1023], segmentsize: [1024], syncInterval: [5] }, (disk, log) => openDurableState({ directory: "/state", disk, log })),
  row("recover", "checkpointDir", [undefined, ...notObjects, {}], (_, value) => recover(value)),
  row("recover", "checkpointDir", notPaths.slice(1), (disk, checkpointDir) => recover({ checkpointDir, disk })),
  row("recover", "walDir", notPaths.slice(1), (disk, walDir) => recover({ walDir, disk })),
  row("recover", "checkpoints", [null, 5, {}, "/c"], (disk, given) => recover({ checkpoints: given, disk })),
  row("recover", "wal", [null, 5, {}, "/log"], (disk, wal) => recover({ wal, disk })),
  ...optionRows<SimulatedDisk>("recover", settings, (disk, options) => recover(Object.assign({ walDir: "/log", checkpointDir: "/c", disk }, options))),
  row("recover", "repairWal", [{ maxWalEntries: 1 }, { onDamage: "stop" }, { walDir: undefined, checkpointDir: "/c" }], (disk, options) => recover(Object.assign({ walDir: "/log", disk, repairWal: true }, options))),
  ...optionRows<SimulatedDisk>("new RecoveryManager", settings, (disk, options) => new RecoveryManager(Object.assign({ walDir: "/log", disk }, options))),
  ...[recoverSimple, recoverWithChanges].flatMap((call): readonly Row<SimulatedDisk>[] => [
    row(call.name, "checkpointDir", notPaths, (_, value) => call(value, "/nowhere/log")),
    row(call.name, "walDir", notPaths, (_, value) => call("/nowhere/c", value)),
  ]),
  row("applyRecovered", "state", [undefined, null, 5, {}, Promise.resolve()], (_, value) => applyRecovered(value, { restore() {}, put() {}, delete() {} })),
  row("applyRecovered", "store", [undefined, null, 5, {}, new Map()], (_, value) => applyRecovered(emptyRecoveredState(), value)),
  row("hasState", "state", [undefined, null, 5, {}, Promise.resolve()], (_, value) => hasState(value)),
  row("formatReport", "report", [undefined, null, 5, {}, emptyRecoveredState()], (_, value) => formatReport(value)),
  row("storeSink", "StateStore", [undefined, null, 5, {}, new Map()], (_, value) => storeSink(value)),
];

export async function state(disk: SimulatedDisk): Promise<Place<DurableState<string, unknown>>> {
  const opened = await openDurableState({ directory: "/state", disk });
  opened.put("a", 1);
  await opened.commit({ offsets: new Map([["s", 1]]) });
  return { subject: opened, look: () => [[...opened.entries()], [...opened.offsets], opened.watermark], close: () => opened.close() };
}

export async function bytesState(disk: SimulatedDisk): Promise<Place<DurableState<Uint8Array, unknown>>> {
  const opened = await openDurableState({ directory: "/state", disk, keys: "bytes", values: msgpackCodec() });
  return { subject: opened, look: () => opened.size, close: () => opened.close() };
}

const notKeys = [undefined, null, 5, 5n, {}, new Uint8Array(2), "\ud800"];
const notInputs = { offsets: [null, {}, [["s", 1]], "s"], watermark: [...notIntegers, 2n ** 64n], offset: [new Map([["s", 1n]])], sourceOffsets: [new Map([["s", 1n]])] };

export const stateCalls: readonly Row<DurableState<string, unknown>>[] = [
  ...(["get", "has", "delete"] as const).map((call) => row<DurableState<string, unknown>>(call, "key", notKeys, (opened, key) => opened[call](key))),
  row("put", "key", notKeys, (opened, key) => opened.put(key, 1)),
  row("put", "entry", [() => 1, new Set(), Symbol.iterator, { a: { b: () => 1 } }], (opened, value) => opened.put("k", value)),
  row("commit", "commit", notObjects, (opened, value) => opened.commit(value)),
  ...optionRows<DurableState<string, unknown>>("commit", notInputs, (opened, input) => opened.commit(input)),
  row("commit", "offset", [undefined, ...notIntegers, 2n ** 64n], (opened, offset) => opened.commit({ offsets: new Map([["s", offset]]) })),
  row("commit", "offsets", [5, {}, "\ud800"], (opened, source) => opened.commit({ offsets: new Map([[source, 1]]) })),
  row("update", "function", [undefined, ...notFunctions], (opened, change) => opened.update(change)),
  row("update", "commit", notObjects, (opened, value) => opened.update((group) => group.put("k", 1), value)),
  ...optionRows<DurableState<string, unknown>>("update", notInputs, (opened, input) => opened.update((group) => group.put("k", 1), input)),
];

export const bytesStateCalls: readonly Row<DurableState<Uint8Array, unknown>>[] = (["get", "has", "delete"] as const)
  .map((call) => row<DurableState<Uint8Array, unknown>>(call, "key", notBytes, (opened, key) => opened[call](key)))
  .concat(row<DurableState<Uint8Array, unknown>>("put", "key", notBytes, (opened, key) => opened.put(key, 1)));

export const diskDoors: readonly Row<SimulatedDisk>[] = [
  row("makeDirectories", "directory", notPaths, (disk, value) => makeDirectories(disk, value)),
  row("lockDirectory", "directory", notPaths, (disk, value) => lockDirectory(disk, value)),
  row("lockDirectory", "options", notObjects, (disk, value) => lockDirectory(disk, "/", value)),
  ...optionRows<SimulatedDisk>("lockDirectory", { oneContainer: notFlags, onecontainer: [true] }, (disk, options) => lockDirectory(disk, "/", options)),
  row("breakLock", "directory", notPaths, (disk, value) => breakLock(disk, value)),
  row("publishFile", "directory", notPaths, (disk, value) => publishFile(disk, value, "a.new", "a", [])),
  row("publishFile", "temporary name", [...notPaths, "a/b", "..", "a"], (disk, value) => publishFile(disk, "/", value, "a", [])),
  row("publishFile", "final name", [...notPaths, "a/b", "."], (disk, value) => publishFile(disk, "/", "a.new", value, [])),
  row("publishFile", "content", notIterables, (disk, value) => publishFile(disk, "/", "a.new", "a", value)),
  ...[makeDirectories, lockDirectory, breakLock].map((call) => row<SimulatedDisk>(call.name, "disk", [undefined, ...notDisks], (_, value) => call(value, "/x"))),
  row("publishFile", "disk", [undefined, ...notDisks], (_, value) => publishFile(value, "/", "a.new", "a", [])),
  row("readFullySync", "target", notBytes, (disk, value) => readFullySync(disk, "/a", 0, value)),
  row("crc32", "CRC-32", notBytes, (_, value) => crc32(value)),
  row("crc32", "seed", notNumbers.slice(1).concat([2 ** 32]), (_, value) => crc32(new Uint8Array(1), value)),
];

export async function openFile(disk: SimulatedDisk): Promise<Place<DiskFile>> {
  const file = await disk.create("/file");
  await writeFully(file, 0, Uint8Array.of(1, 2, 3));
  return { subject: file, close: () => file.close() };
}

export const fileCalls: readonly Row<DiskFile>[] = [
  row("readFully", "target", notBytes, (file, value) => readFully(file, 0, value)),
  row("readFully", "position", [undefined, ...notNumbers], (file, value) => readFully(file, value, new Uint8Array(1))),
  row("writeFully", "source", notBytes, (file, value) => writeFully(file, 0, value)),
  row("writeFully", "position", [undefined, ...notNumbers], (file, value) => writeFully(file, value, new Uint8Array(1))),
  row("writeFullySync", "source", notBytes, (file, value) => writeFullySync(file, 0, value)),
];
