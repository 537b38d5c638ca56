import { AssertionError } from "node:assert/strict";
import { createSimulatedDisk, type DiskImage } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import {
  type EntryVisitor,
  isWalError,
  type Lsn,
  memoryWal,
  openWal,
  openWalReader,
  type ReadOptions,
  type WalBatch,
  type WalCodec,
  type WalEntry,
  type WalEntryInput,
  type WalOptions,
} from "../src/index.ts";
import { logConformance, logReaderConformance, type LogUnderTest, type StandardLog, type TestFunction, writeContent } from "../src/testing/index.ts";
import { freshDirectory, put, readAll } from "./logs.ts";

const options: WalOptions = { syncInterval: Number.POSITIVE_INFINITY, segmentSize: 1024 };

const inMemory = { lacks: ["readers", "reopen", "visit"] as const, create: async (): Promise<LogUnderTest> => ({ log: memoryWal() }) };

const inDirectory = {
  async create(): Promise<LogUnderTest> {
    const directory = await freshDirectory();
    const open = (): Promise<StandardLog> => openWal(directory, options);
    return { log: await open(), reopen: open, openReader: () => openWalReader(directory) };
  },
};

const onSimulatedDisk = {
  async create(): Promise<LogUnderTest> {
    const disk = createSimulatedDisk();
    const open = (): Promise<StandardLog> => openWal("/log", { ...options, disk });
    return { log: await open(), reopen: open, openReader: () => openWalReader("/log", { disk }), passTime: (milliseconds) => disk.advance(milliseconds) };
  },
};

/** A log in memory with the fast way to read, by the slow one. */
const visited = {
  lacks: ["readers", "reopen"] as const,
  async create(): Promise<LogUnderTest> {
    const log = memoryWal();
    return { log: altered(log, { visit: (visitor, how) => visitByReading(log, visitor, how) }) };
  },
};

describe("the log in memory", () => {
  logConformance({ test: it, ...inMemory });
});

describe("a log in memory that can be visited", () => {
  logConformance({ test: it, ...visited });
});

describe("the log in a directory", () => {
  logConformance({ test: it, ...inDirectory });
});

describe("the log on the simulated disk", () => {
  logConformance({ test: it, ...onSimulatedDisk });
});

describe("a reader of a directory alone", () => {
  logReaderConformance({
    test: it,
    lacks: ["follow"],
    async create(content) {
      const directory = await freshDirectory();
      const log = await openWal(directory, options);
      await writeContent(log, content);
      await log.close();
      return { reader: await openWalReader(directory) };
    },
  });
});

describe("memoryWal", () => {
  const codec: WalCodec<{ readonly n: number }> = {
    encode(event) {
      if (event.n < 0) throw new Error("no negative events");
      return Uint8Array.of(event.n);
    },
    decode: (bytes) => ({ n: bytes[0] ?? -1 }),
  };

  it("takes entries of one's own type through their codec, and is as it was when that throws", async () => {
    const log = memoryWal({ codec });
    log.append({ n: 5 });
    expect(() => log.append({ n: -1 })).toThrow("no negative events");
    expect(() => log.appendAll([{ n: 6 }, { n: -1 }])).toThrow("no negative events");
    expect(log.append({ n: 7 })).toBe(2);
    await log.sync();
    const seen = [];
    for await (const { lsn, entry } of log.entries()) seen.push([lsn, entry.n]);
    expect(seen).toEqual([[1, 5], [2, 7]]);
  });

  it("refuses a codec that encodes to anything but bytes, and copies bytes that the codec uses again", async () => {
    expect(() => memoryWal({ codec: { ...codec, encode: () => "text" as unknown as Uint8Array } }).append({ n: 1 })).toThrow(TypeError);
    const scratch = Buffer.alloc(1);
    const log = memoryWal<{ readonly n: number }>({ codec: { ...codec, encode: ({ n }) => (scratch.fill(n), scratch) } });
    log.appendAll([{ n: 1 }, { n: 2 }]);
    await log.sync();
    const seen = [];
    for await (const { entry } of log.entries()) seen.push(entry.n);
    expect(seen).toEqual([1, 2]);
  });

  it("hands out copies: a reader that writes into an entry changes nothing", async () => {
    const log = memoryWal();
    log.append(put("key", "value"));
    await log.sync();
    for (const { entry } of await readAll(log)) if (entry.type === "put") entry.value.fill(0);
    expect((await readAll(log)).map(({ entry }) => entry)).toEqual([put("key", "value")]);
  });

  it("has the identity it is given, one of its own otherwise", () => {
    const logId = "0123456789abcdef0123456789abcdef";
    expect(memoryWal({ logId }).logId).toBe(logId);
    expect(memoryWal().logId).not.toBe(memoryWal().logId);
    for (const wrong of ["", "memory", 5]) expect(() => memoryWal({ logId: wrong as string })).toThrow(TypeError);
  });

  it("counts the bytes it holds, and those that it frees", async () => {
    const log = memoryWal();
    await writeContent(log, [{ append: [put("a", "x".repeat(100))] }, { append: [put("b", "x".repeat(50))] }]);
    const { sizeBytes } = log;
    expect(sizeBytes).toBeGreaterThan(150);
    const freed = await log.truncateBefore(2);
    expect(freed).toBeGreaterThan(100);
    expect(log.sizeBytes).toBe(sizeBytes - freed);
  });
});

type Changes = { readonly [K in keyof StandardLog]?: StandardLog[K] | undefined };

/** `log` with some members replaced. */
function altered(log: StandardLog, changes: Changes): StandardLog {
  return new Proxy(log, {
    get(target, name) {
      const value: unknown = name in changes ? changes[name as keyof StandardLog] : Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function visitEntry(visitor: EntryVisitor, lsn: Lsn, entry: WalEntry): void {
  if (entry.type === "commit") visitor.commit(lsn, entry.offsets, entry.watermark);
  else if (entry.type === "checkpoint") visitor.checkpoint(lsn, entry.id);
  else {
    const { key } = entry;
    const value = entry.type === "put" ? entry.value : new Uint8Array(0);
    const bytes = Uint8Array.from([...key, ...value]);
    if (entry.type === "put") visitor.put(lsn, bytes, 0, key.length, key.length, bytes.length);
    else visitor.delete(lsn, bytes, 0, key.length);
  }
}

async function visitByReading(log: StandardLog, visitor: EntryVisitor, how?: ReadOptions): Promise<void> {
  for await (const { firstLsn, session, entries } of log.read(how)) {
    await visitor.batch?.(firstLsn, entries.length, session);
    for (const [i, entry] of entries.entries()) visitEntry(visitor, firstLsn + i, entry);
    await visitor.batchEnd?.();
  }
}

/** A log whose batches are changed on their way out. */
function rereading(log: StandardLog, change: (batch: WalBatch<WalEntry>) => readonly WalBatch<WalEntry>[]): StandardLog {
  async function* read(how?: ReadOptions): AsyncGenerator<WalBatch<WalEntry>> {
    for await (const batch of log.read(how)) yield* change(batch);
  }
  return altered(log, { read });
}

/** A log that is read with other options than the caller's. */
const readingWith = (log: StandardLog, change: (how: ReadOptions) => ReadOptions): StandardLog => altered(log, { read: (how = {}) => log.read(change(how)) });

/** The number that the next entry got, so far. */
function appendedTo(log: StandardLog): { readonly log: StandardLog; last(): Lsn } {
  let last = 0;
  const append = (entry: WalEntryInput): Lsn => (last = log.append(entry));
  const appendAll = (entries: Iterable<WalEntryInput>): Lsn => (last = log.appendAll(entries));
  return { log: altered(log, { append, appendAll }), last: () => last };
}

/** A fence that starts a new log with what it left. */
function renumbering(): StandardLog {
  let log = memoryWal();
  const truncateAfter = async (lsn: Lsn): Promise<void> => {
    await log.sync();
    const kept = (await readAll(log)).filter((found) => found.lsn <= lsn);
    log = memoryWal();
    log.appendAll(kept.map(({ entry }) => entry));
    await log.sync();
  };
  return new Proxy(log, {
    get(_, name) {
      const value: unknown = name === "truncateAfter" ? truncateAfter : Reflect.get(log, name);
      return typeof value === "function" ? value.bind(log) : value;
    },
  });
}

/** Read back from the objects that were appended. */
function keepingObjects(log: StandardLog): StandardLog {
  const kept = new Map<Lsn, WalEntry>();
  const keep = (entry: WalEntryInput, lsn: Lsn): Lsn => (kept.set(lsn, entry as WalEntry), lsn);
  const reread = rereading(log, (batch) => [{ ...batch, entries: batch.entries.map((entry, i) => kept.get(batch.firstLsn + i) ?? entry) }]);
  return altered(reread, {
    append: (entry) => keep(entry, log.append(entry)),
    appendAll(entries) {
      const all = [...entries];
      const last = log.appendAll(all);
      for (const [i, entry] of all.entries()) keep(entry, last - all.length + 1 + i);
      return last;
    },
  });
}

/** Follows in silence where it should say that what it gave was fenced. */
function hidingFences(log: StandardLog): StandardLog {
  async function* read(how: ReadOptions = {}): AsyncGenerator<WalBatch<WalEntry>> {
    try {
      yield* log.read(how);
    } catch (error) {
      if (!isWalError(error, "WAL_FENCED")) throw error;
    }
  }
  return altered(log, { read });
}

/** Gives every record as soon as it was appended, durable or not. */
function givingAppended(log: StandardLog): StandardLog {
  const appended: WalBatch<WalEntry>[] = [];
  let isOpen = true;
  const appendAll = (entries: Iterable<WalEntryInput>): Lsn => {
    const all = [...entries];
    const last = log.appendAll(all);
    appended.push({ firstLsn: last - all.length + 1, session: 1, entries: all as WalEntry[] });
    return last;
  };
  async function* read({ after = 0, follow = false, signal }: ReadOptions = {}): AsyncGenerator<WalBatch<WalEntry>, void, undefined> {
    const goesOn = (): boolean => follow && isOpen && !signal?.aborted;
    for (let at = 0; at < appended.length || goesOn(); ) {
      const batch = appended[at];
      if (!batch) await new Promise((resolve) => setImmediate(resolve));
      else if (at++ >= after) yield batch;
    }
  }
  const close = (): Promise<void> => {
    isOpen = false;
    return log.close();
  };
  return altered(log, { append: (entry) => appendAll([entry]), appendAll, read, close });
}

const asked = (how: ReadOptions, log: StandardLog): Lsn => how.after ?? log.startsAfter;

/** Deliberately wrong logs in memory: what each does, the case that catches it, and how it is made. */
const brokenLogs: readonly (readonly [does: string, caughtBy: string, make: (log: StandardLog) => StandardLog])[] = [
  ["gives a number again after a fence", "a log never gives a number again that a fence took, and goes on above all of them", () => renumbering()],
  [
    "doesn't fence",
    "a log, read by itself, leaves out what a fence took, even half a batch, and gives what came after it",
    (log) => altered(log, { truncateAfter: async () => void (await log.sync()) }),
  ],
  ["fences one record too many", "a log makes durable what waits before a fence takes effect", (log) => altered(log, { truncateAfter: (lsn) => log.truncateAfter(Math.max(0, lsn - 1)) })],
  ["forgets to change the session after a fence", "a log writes in another session after a fence: a commit there doesn't cover what is before it", (log) => rereading(log, (batch) => [{ ...batch, session: 1 }])],
  ["counts everything", "a log, read by itself, says which records a fence took, and only those", (log) => altered(log, { counts: () => true })],
  [
    "reads on from a fenced record",
    "a log, read by itself, refuses to read on from a record that a fence took, and reads on from those beside it",
    (log) => readingWith(log, (how) => ({ ...how, after: log.counts(asked(how, log)) ? how.after : log.startsAfter })),
  ],
  [
    "drops one record too many",
    "a log drops nothing at or above the record it is told, whichever that is",
    (log) => altered(log, { truncateBefore: (lsn) => log.truncateBefore(Math.min(lsn + 1, log.lastLsn + 1)) }),
  ],
  [
    "reads on silently where records were dropped",
    "a log, read by itself, refuses to read on from a position below what it holds",
    (log) => readingWith(log, (how) => ({ ...how, after: Math.max(asked(how, log), log.startsAfter) })),
  ],
  [
    "settles sync before anything is durable",
    "a log resolves sync to the last record appended before the call, which is then durable",
    (log) => {
      const appended = appendedTo(log);
      return altered(appended.log, { sync: async () => appended.last() });
    },
  ],
  [
    "lets sync wait for what was appended after the call",
    "a log resolves sync to the last record appended before the call, which is then durable",
    (log) => altered(log, { sync: () => Promise.resolve().then(() => log.sync()) }),
  ],
  ["gives what isn't durable", "a log returns from append before anything is durable, and gives readers only what is", givingAppended],
  [
    "tears an appendAll into batches",
    "a log puts all entries of an appendAll into one batch",
    (log) => rereading(log, (batch) => batch.entries.map((entry, i) => ({ ...batch, firstLsn: batch.firstLsn + i, entries: [entry] }))),
  ],
  [
    "keeps half of an appendAll that failed",
    "a log is as it was when an iterable throws on the way",
    (log) => altered(log, { appendAll: (entries) => [...mapped(entries, (entry) => log.append(entry))].at(-1) ?? log.lastLsn }),
  ],
  [
    "uses up a number for an entry that it refuses",
    "a log refuses what isn't an entry with TypeError or RangeError, and is as it was",
    (log) =>
      altered(log, {
        append(entry) {
          try {
            return log.append(entry);
          } catch (error) {
            log.append({ type: "checkpoint", id: 0 });
            throw error;
          }
        },
      }),
  ],
  ["keeps the caller's objects", "a log takes the bytes at append: what the caller changes afterwards changes nothing", keepingObjects],
  [
    "begins with the whole batch in the middle of which it is asked to begin",
    "a log, read by itself, gives exactly the records above `after`, also from the middle of a batch, with the batch's session",
    (log) => readingWith(log, (how) => ({ ...how, after: how.after === 5 ? 4 : how.after })),
  ],
  ["doesn't look at the signal", "a log, read by itself, throws the signal's reason between batches", (log) => readingWith(log, (how) => ({ ...how, signal: undefined }))],
  ["ends where it should follow", "a log, read by itself, follows: gives what is there, then what is written, until the signal aborts with its reason", (log) => readingWith(log, (how) => ({ ...how, follow: false }))],
  ["follows what isn't durable", "a log gives a follower nothing that isn't durable", givingAppended],
  ["hides from a follower what was fenced", "a log, read by itself, throws WAL_FENCED to a follower that has given what a fence takes, and ends it", hidingFences],
  ["goes on after close", "a log answers every call after close with WAL_CLOSED", (log) => altered(log, { close: async () => void (await log.sync()) })],
  [
    "forgets deletes on a visit",
    "a log, read by itself, visits exactly what it reads, from any record on",
    (log) => altered(log, { visit: (visitor, how) => visitByReading(log, { ...visitor, delete: () => undefined }, how) }),
  ],
  [
    "doesn't wait for a visitor",
    "a log, read by itself, waits for what a visitor's `batch` returns, and does without a `batch`",
    (log) => altered(log, { visit: (visitor, how) => visitByReading(log, { ...visitor, batch: (...batch) => void visitor.batch?.(...batch) }, how) }),
  ],
];

function* mapped<A, B>(items: Iterable<A>, map: (item: A) => B): Iterable<B> {
  for (const item of items) yield map(item);
}

/** The same for what one writer leaves to the next: `again` is the log that was opened after `log` was closed. */
const brokenReopenings: readonly (readonly [does: string, caughtBy: string, make: (again: StandardLog, log: StandardLog) => StandardLog])[] = [
  ["writes in the old session when it is opened again", "a log writes in another session each time it is opened", (again) => rereading(again, (batch) => [{ ...batch, session: 1 }])],
  ["is another log when it is opened again", "a log is the same log after reopening", (again) => altered(again, { logId: "f".repeat(32) })],
];

/** Runs the one case of the suite that has this name. */
async function runCase(name: string, create: () => Promise<LogUnderTest>): Promise<void> {
  const cases = new Map<string, () => Promise<void>>();
  const collect: TestFunction = Object.assign((declared: string, body: () => Promise<void>) => cases.set(declared, body), { skip: () => undefined });
  logConformance({ test: collect, create });
  await cases.get(name)?.();
  if (!cases.has(name)) throw new Error(`the suite has no case "${name}"`);
}

describe("the suite", () => {
  it.each(brokenLogs)("catches a log that %s", async (_, caughtBy, make) => {
    await expect(runCase(caughtBy, async () => ({ log: make(memoryWal()) }))).rejects.toThrow(AssertionError);
  });

  it.each(brokenReopenings)("catches a log that %s", async (_, caughtBy, make) => {
    const broken = async (): Promise<LogUnderTest> => {
      const given = await onSimulatedDisk.create();
      return { ...given, reopen: async () => make((await given.reopen?.()) ?? given.log, given.log) };
    };
    await expect(runCase(caughtBy, broken)).rejects.toThrow(AssertionError);
  });

  it("catches a log that loses at close what was not synced", async () => {
    const broken = async (): Promise<LogUnderTest> => {
      const disk = createSimulatedDisk();
      const log = await openWal("/log", { ...options, disk });
      let left: DiskImage | undefined;
      const close = (): Promise<void> => ((left ??= disk.killed()), log.close());
      return { log: altered(log, { close }), reopen: async () => openWal("/log", { ...options, disk: left?.mount() }) };
    };
    await expect(runCase("a log holds after reopening all that was appended, synced or not, and goes on with the next number", broken)).rejects.toThrow(AssertionError);
  });

  it("says what it leaves out, and why", () => {
    const skipped: string[] = [];
    const collect: TestFunction = Object.assign(() => undefined, { skip: (name: string) => void skipped.push(name) });
    logConformance({ test: collect, create: inMemory.create, lacks: ["readers", "reopen", "visit", "follow"] });
    for (const ability of ["readers", "reopen", "visit", "follow"]) expect(skipped).toContainEqual(expect.stringContaining(`lacks ${ability}`));
  });
});
