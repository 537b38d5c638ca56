import type { Disk } from "@laminar/disk";
import { type EntryVisitor, type LogReader, type LogWriter, openWal, openWalReader, type WalCodec, type WalEntry, type WalEntryInput, type WriteAheadLog } from "@laminar/wal";
import { keysOf, value } from "./entries.ts";
import type { HotPath } from "./hot-path.ts";

const directory = "/log";
const operations = 20_000;
/** As often as somebody who appends a lot asks for room. */
const readyEvery = 256;
const committers = 64;

export const append: HotPath = {
  name: "append",
  per: "put of 16 and 100 bytes, one sync at the end",
  operations,
  async prepare(disk, count) {
    const entries = keysOf(count).map((key) => ({ type: "put", key, value }) as const);
    const log = await openWal(directory, { disk });
    return () => appendAll(log, entries);
  },
};

/** The same with a codec of one's own. */
export function appendWith(codec: WalCodec<Uint8Array>): HotPath {
  return {
    name: "append-codec",
    per: "entry of 116 bytes that a codec hands on as it is",
    operations,
    async prepare(disk, count) {
      const entries = Array.from({ length: count }, () => new Uint8Array(116));
      const log = await openWal(directory, { disk, codec });
      return () => appendAll(log, entries);
    },
  };
}

export const appendCodec: HotPath = appendWith({ encode: (entry) => entry, decode: (bytes) => bytes });

export const commit: HotPath = {
  name: "commit",
  per: `put that is appended and synced, by ${committers} callers at once`,
  operations: 6400,
  async prepare(disk, count) {
    const entries = keysOf(count).map((key) => ({ type: "put", key, value }) as const);
    const log = await openWal(directory, { disk });
    return () => commitAll(log, entries);
  },
};

export const visit: HotPath = {
  name: "visit",
  per: "put that a reader shows to a visitor",
  operations,
  async prepare(disk, count) {
    await writeLog(disk, count);
    const log = await openWalReader(directory, { disk });
    return () => log.visit?.(new Counter(), { unproven: true });
  },
};

export const read: HotPath = {
  name: "read",
  per: "put that a reader gives as an entry",
  operations,
  async prepare(disk, count) {
    await writeLog(disk, count);
    const log = await openWalReader(directory, { disk });
    return () => readAll(log);
  },
};

/** Writes a log of so many puts, with a commit after each hundred. */
export async function writeLog(disk: Disk, count: number, place: string = directory): Promise<void> {
  const log = await openWal(place, { disk });
  const entries = keysOf(count).flatMap((key, number): WalEntryInput[] => {
    const put = { type: "put", key, value } as const;
    return number % 100 === 99 ? [put, { type: "commit", offsets: new Map() }] : [put];
  });
  await appendAll(log, entries);
  await log.close();
}

async function appendAll<I>(log: LogWriter<I>, entries: readonly I[]): Promise<void> {
  let number = 0;
  for (const entry of entries) {
    if (number++ % readyEvery === 0) await log.ready();
    log.append(entry);
  }
  await log.sync();
}

async function commitAll(log: WriteAheadLog<WalEntry, WalEntryInput>, entries: readonly WalEntryInput[]): Promise<void> {
  const committer = async (first: number): Promise<void> => {
    for (let number = first; number < entries.length; number += committers) {
      log.append(entries[number] as WalEntryInput);
      await log.sync();
    }
  };
  await Promise.all(Array.from({ length: committers }, (_, first) => committer(first)));
}

async function readAll(log: LogReader<WalEntry>): Promise<number> {
  let bytes = 0;
  for await (const { entries } of log.read()) for (const entry of entries) if (entry.type === "put") bytes += entry.value.length;
  return bytes;
}

class Counter implements EntryVisitor {
  count = 0;

  put(): void {
    this.count++;
  }

  delete(): void {
    this.count++;
  }

  commit(): void {
    this.count++;
  }

  checkpoint(): void {
    this.count++;
  }
}
