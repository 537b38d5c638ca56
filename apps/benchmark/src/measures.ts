import * as fs from "node:fs";
import { join } from "node:path";
import { openWal, type WriteAheadLog } from "@laminar/wal";
import { appendByHand, CommitByHand } from "./by-hand.ts";
import type { Measure, Sample } from "./rounds.ts";

const readyEvery = 256;
const floorWriteBytes = 256 * 1024;

/** The standard work: distinct keys of 16 bytes in a shuffled order, and a value of 100. */
export function createWork(entries: number): { keys: Uint8Array[]; value: Uint8Array } {
  // An odd number has no factor in common with a power of two, so that no number comes twice.
  const shuffled = (i: number): number => Math.imul(i, 2_654_435_761) >>> 0;
  const keys = Array.from({ length: entries }, (_, i) => new TextEncoder().encode(`${shuffled(i)}`.padStart(16, "0")));
  return { keys, value: Uint8Array.from({ length: 100 }, (_, i) => (i * 37) % 251) };
}

/** Everything appended, one sync at the end. */
export function appendMeasures(keys: readonly Uint8Array[], value: Uint8Array): readonly Measure[] {
  const entries = keys.length;
  const title = `append ${entries}, one sync`;
  const standard = (i: number) => ({ type: "put", key: keys[i] as Uint8Array, value }) as const;
  const codec = { encode: (i: number) => joined(keys[i] as Uint8Array, value), decode: (bytes: Uint8Array) => bytes.length };
  const inNs = async (bytes: () => number | Promise<number>): Promise<Sample> => {
    const start = performance.now();
    const bytesPerEntry = (await bytes()) / entries;
    return { value: ((performance.now() - start) * 1e6) / entries, bytesPerEntry };
  };
  const unit = "ns an entry";
  return [
    { title, unit, name: "floor: the bytes, preformed", run: (directory) => inNs(() => writePreformed(join(directory, "file"), entries * 121)) },
    { title, unit, name: "by hand, checksum per 64 KiB", run: (directory) => inNs(() => appendByHand(join(directory, "file"), keys, value)) },
    { title, unit, name: "@laminar/wal, standard entries", run: (directory) => withLog(openWal(directory), (log) => inNs(() => appendTo(log, entries, standard))) },
    { title, unit, name: "@laminar/wal, own codec", run: (directory) => withLog(openWal(directory, { codec }), (log) => inNs(() => appendTo(log, entries, (i) => i))) },
    { title, unit: "ms", name: "longest stall, standard entries", run: (directory) => withLog(openWal(directory), (log) => longestStall(() => appendTo(log, entries, standard))) },
  ];
}

/** So many callers at once, each of whom waits until its own entry is durable and then commits the next. */
export function commitMeasures(keys: readonly Uint8Array[], value: Uint8Array, milliseconds: number): readonly Measure[] {
  return [1, 64, 1024].flatMap((committers): Measure[] => {
    const rate = (commit: (key: Uint8Array) => Promise<unknown>) => commitRate(keys, committers, milliseconds, commit);
    const byHand = async (directory: string): Promise<Sample> => {
      const file = new CommitByHand(join(directory, "file"));
      return rate((key) => file.commit(key, value)).finally(() => file.close());
    };
    const laminar = (directory: string): Promise<Sample> =>
      withLog(openWal(directory), (log) => rate((key) => (log.append({ type: "put", key, value }), log.sync())));
    const row = { title: committers === 1 ? "1 committer" : `${committers} committers`, unit: "commits/s" } as const;
    return [{ ...row, name: "by hand, group commit", run: byHand }, { ...row, name: "@laminar/wal", run: laminar }];
  });
}

function writePreformed(file: string, total: number): number {
  const bytes = new Uint8Array(floorWriteBytes).fill(171);
  const descriptor = fs.openSync(file, "wx");
  for (let at = 0; at < total; ) at += fs.writeSync(descriptor, bytes, 0, Math.min(bytes.length, total - at), at);
  fs.fdatasyncSync(descriptor);
  fs.closeSync(descriptor);
  return total;
}

function joined(key: Uint8Array, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(key.length + value.length);
  bytes.set(key);
  bytes.set(value, key.length);
  return bytes;
}

async function withLog<E, I>(opening: Promise<WriteAheadLog<E, I>>, measure: (log: WriteAheadLog<E, I>) => Promise<Sample>): Promise<Sample> {
  const log = await opening;
  try {
    return await measure(log);
  } finally {
    await log.close();
  }
}

async function appendTo<I>(log: WriteAheadLog<unknown, I>, entries: number, entry: (index: number) => I): Promise<number> {
  for (let i = 0; i < entries; i++) {
    if (i % readyEvery === 0) await log.ready();
    log.append(entry(i));
  }
  await log.sync();
  return log.sizeBytes;
}

/** The longest time between two turns of the event loop, the collector's pauses among them. */
async function longestStall(action: () => Promise<unknown>): Promise<Sample> {
  let last = performance.now();
  let value = 0;
  let next: NodeJS.Immediate;
  const look = (): void => {
    const now = performance.now();
    value = Math.max(value, now - last);
    last = now;
    next = setImmediate(look);
  };
  next = setImmediate(look);
  await action();
  clearImmediate(next);
  return { value };
}

async function commitRate(keys: readonly Uint8Array[], committers: number, milliseconds: number, commit: (key: Uint8Array) => Promise<unknown>): Promise<Sample> {
  let commits = 0;
  const start = performance.now();
  const committer = async (first: number): Promise<void> => {
    for (let i = first; performance.now() < start + milliseconds; i += committers, commits++) await commit(keys[i % keys.length] as Uint8Array);
  };
  await Promise.all(Array.from({ length: committers }, (_, i) => committer(i)));
  return { value: (commits * 1000) / (performance.now() - start) };
}
