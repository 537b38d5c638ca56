import type { SimulatedDisk } from "@laminar/disk/testing";
import { breakLock, bytesCodec, inspectWal, memoryWal, msgpackCodec, openWal, openWalReader, readWalSync, verifyWal, walSize, type LogReader, type WalEntry, type WalEntryInput, type WriteAheadLog } from "@laminar/wal";
import { notBytes, notCodecs, notDisks, notFlags, notFunctions, notIntegers, notNumbers, notObjects, notPaths, notPolicies, notSignals, optionRows, row, type Place, type Row } from "./sweep.ts";

const KEY = Uint8Array.of(1);
const put: WalEntryInput = { type: "put", key: KEY, value: KEY };
const notSizes = [...notNumbers, 0, 2 ** 54, Number.POSITIVE_INFINITY];
const misspelt = { segmentsize: [1024], syncIntervall: [10], "on-damage": ["stop"] };

const readerOptions = { codec: notCodecs, onDamage: notPolicies, disk: notDisks, ...misspelt };

/** Calls that open or look. */
export const logDoors: readonly Row<SimulatedDisk>[] = [
  row("openWal", "directory", notPaths, (disk, value) => openWal(value, { disk })),
  row("openWalReader", "directory", notPaths, (disk, value) => openWalReader(value, { disk })),
  row("readWalSync", "directory", notPaths, (disk, value) => readWalSync(value, { disk })),
  row("verifyWal", "directory", notPaths, (disk, value) => verifyWal(value, { disk })),
  row("inspectWal", "directory", notPaths, (disk, value) => inspectWal(value, { disk })),
  row("walSize", "directory", notPaths, (disk, value) => walSize(value, { disk })),
  row("breakLock", "directory", notPaths, (disk, value) => breakLock(disk, value)),
  row("openWal", "options", notObjects, (_, value) => openWal("/log", value)),
  row("openWalReader", "options", notObjects, (_, value) => openWalReader("/log", value)),
  row("readWalSync", "options", notObjects, (_, value) => readWalSync("/log", value)),
  row("verifyWal", "options", notObjects, (_, value) => verifyWal("/log", value)),
  row("inspectWal", "options", notObjects, (_, value) => inspectWal("/log", value)),
  row("walSize", "options", notObjects, (_, value) => walSize("/log", value)),
  row("memoryWal", "options", notObjects, (_, value) => memoryWal(value)),
  ...optionRows<SimulatedDisk>(
    "openWal",
    {
      codec: notCodecs,
      syncInterval: [null, "100", 100n, true, {}, Number.NaN, -1, 0, 2 ** 31],
      segmentSize: [...notSizes, 1023],
      maxEntrySize: [...notSizes, 2 ** 29 + 1],
      maxBatchSize: notSizes,
      highWaterMark: [...notSizes, 2 ** 28 + 1],
      mustExist: notFlags,
      oneContainer: notFlags,
      onDamage: notPolicies,
      disk: notDisks,
      ...misspelt,
    },
    (disk, options) => openWal("/log", Object.assign({ disk }, options)),
  ),
  row("openWal", "after", notNumbers, (disk, after) => openWal("/log", { disk, onDamage: "stop", after })),
  row("openWal", "after", [{}], (disk) => openWal("/log", { disk, after: 3 })),
  ...optionRows<SimulatedDisk>("openWalReader", readerOptions, (disk, options) => openWalReader("/log", Object.assign({ disk }, options))),
  ...optionRows<SimulatedDisk>("readWalSync", readerOptions, (disk, options) => readWalSync("/log", Object.assign({ disk }, options))),
  ...optionRows<SimulatedDisk>("readWalSync", { after: notNumbers, unproven: notFlags }, (disk, options) => [...readWalSync("/log", Object.assign({ disk }, options))]),
  ...[verifyWal, inspectWal].flatMap((look) =>
    optionRows<SimulatedDisk>(look.name, { signal: notSignals, onProgress: notFunctions, disk: notDisks, onprogress: [() => undefined] }, (disk, options) => look("/log", Object.assign({ disk }, options))),
  ),
  ...optionRows<SimulatedDisk>("walSize", { disk: notDisks, dsk: [1] }, (_, options) => walSize("/log", options)),
  ...optionRows<SimulatedDisk>("memoryWal", { codec: notCodecs, logId: [null, 5, "", "x", "A".repeat(32)], logid: ["a"] }, (_, options) => memoryWal(options)),
  row("bytesCodec.encode", "entry", notBytes, (_, value) => bytesCodec.encode(value)),
  row("bytesCodec.decode", "bytes", notBytes, (_, value) => bytesCodec.decode(value)),
  row("msgpackCodec().encode", "entry", [() => 1, Symbol.iterator, new Set([1]), /x/, new Date(Number.NaN)], (_, value) => msgpackCodec<unknown>().encode(value)),
  row("msgpackCodec().decode", "bytes", notBytes, (_, value) => msgpackCodec<unknown>().decode(value)),
];

export type Log = WriteAheadLog<WalEntry, WalEntryInput>;

/** Three records, of which two are durable. */
export async function openLog(disk: SimulatedDisk): Promise<Place<Log>> {
  const log = await openWal("/log", { disk, syncInterval: Number.POSITIVE_INFINITY });
  log.appendAll([put, { type: "commit", offsets: new Map([["s", 1]]) }]);
  await log.sync();
  log.append(put);
  return { subject: log, look: () => [log.lastLsn, log.durableLsn, log.firstLsn, log.startsAfter], close: () => log.close() };
}

export async function memoryLog(): Promise<Place<Log>> {
  const log = memoryWal();
  log.append(put);
  return { subject: log, look: () => [log.lastLsn, log.startsAfter] };
}

export async function reader(disk: SimulatedDisk): Promise<Place<LogReader<WalEntry>>> {
  await (await openLog(disk)).close?.();
  const opened = await openWalReader("/log", { disk });
  return { subject: opened, close: () => opened.close() };
}

/** What a log that is open takes, whatever it lives on. */
export const logCalls: readonly Row<Log>[] = [
  row("append", "entry", [undefined, null, 5, "put", [], {}, { type: "insert" }, { type: 1 }], (log, value) => log.append(value)),
  row("append", "put: key", notBytes, (log, key) => log.append({ type: "put", key, value: KEY })),
  row("append", "put: value", notBytes, (log, value) => log.append({ type: "put", key: KEY, value })),
  row("append", "delete: key", notBytes, (log, key) => log.append({ type: "delete", key })),
  row("append", "checkpoint: id", [undefined, ...notNumbers], (log, id) => log.append({ type: "checkpoint", id })),
  row("append", "offsets", [undefined, null, {}, [["s", 1]], "s"], (log, offsets) => log.append({ type: "commit", offsets })),
  row("append", "offset", [undefined, ...notIntegers, 2n ** 64n, -(2n ** 64n)], (log, offset) => log.append({ type: "commit", offsets: new Map([["s", offset]]) })),
  row("append", "offsets", [null, 5, 5n, {}, "\ud800", "s".repeat(70_000)], (log, source) => log.append({ type: "commit", offsets: new Map([[source, 1]]) })),
  row("append", "watermark", [...notIntegers, 2n ** 64n], (log, watermark) => log.append({ type: "commit", offsets: new Map(), watermark })),
  row("appendAll", "entries", [undefined, null, 5, {}, "put"], (log, value) => log.appendAll(value)),
  row("appendAll", "entry", [[put, undefined], [put, { type: "x" }]], (log, value) => log.appendAll(value)),
  row("truncateBefore", "lsn", [undefined, ...notNumbers], (log, value) => log.truncateBefore(value)),
  row("truncateAfter", "lsn", [undefined, ...notNumbers], (log, value) => log.truncateAfter(value)),
];

export const readCalls: readonly Row<LogReader<WalEntry>>[] = [
  row("read", "options", notObjects, (log, value) => log.read(value)),
  row("entries", "options", notObjects, (log, value) => log.entries(value)),
  ...(["read", "entries"] as const).flatMap((call) =>
    optionRows<LogReader<WalEntry>>(call, { after: notNumbers, unproven: notFlags, follow: notFlags, signal: notSignals, afer: [3], from: [3] }, (log, options) => log[call](options)),
  ),
];

const visitor = { put() {}, delete() {}, commit() {}, checkpoint() {} };

export const visitCalls: readonly Row<LogReader<WalEntry>>[] = [
  row("visit", "visitor", [undefined, null, 5, {}, { ...visitor, put: undefined }], (log, value) => log.visit?.(value)),
  row("visit", "visitor's batch", notFunctions, (log, batch) => log.visit?.({ ...visitor, batch })),
  row("visit", "visitor's batchEnd", notFunctions, (log, batchEnd) => log.visit?.({ ...visitor, batchEnd })),
  row("visit", "memory", [null, 5, {}], (log, memory) => log.visit?.({ ...visitor, memory })),
  row("visit", "options", notObjects, (log, value) => log.visit?.(visitor, value)),
  ...optionRows<LogReader<WalEntry>>("visit", { after: notNumbers, unproven: notFlags, signal: notSignals, afer: [3] }, (log, options) => log.visit?.(visitor, options)),
];
