import assert from "node:assert/strict";
import type { LogCases } from "./log-conformance.ts";
import { batch, batchesOf, bytes, lsnsFrom, lsnsOf, record, textOf, writeContent } from "./log-conformance-content.ts";
import type { WalEntryInput } from "../wal-entry.ts";

const wrong = (value: unknown): WalEntryInput => value as WalEntryInput;

const noEntries: readonly (readonly [string, WalEntryInput, new (message: string) => Error])[] = [
  ["nothing", wrong(undefined), TypeError],
  ["null", wrong(null), TypeError],
  ["no type", wrong({ key: bytes("a") }), TypeError],
  ["another type", wrong({ type: "merge", key: bytes("a") }), TypeError],
  ["a key that is a string", wrong({ type: "put", key: "a", value: bytes("b") }), TypeError],
  ["no value", wrong({ type: "put", key: bytes("a") }), TypeError],
  ["no key", wrong({ type: "delete" }), TypeError],
  ["offsets that are no map", wrong({ type: "commit", offsets: { a: 1n } }), TypeError],
  ["a source that is no string", wrong({ type: "commit", offsets: new Map([[1, 1n]]) }), TypeError],
  ["an offset that is no integer", wrong({ type: "commit", offsets: new Map([["a", 0.5]]) }), TypeError],
  ["an offset of more than 64 bits", wrong({ type: "commit", offsets: new Map([["a", 2n ** 64n]]) }), RangeError],
  ["a watermark that is a string", wrong({ type: "commit", offsets: new Map(), watermark: "1" }), TypeError],
  ["a checkpoint without an id", wrong({ type: "checkpoint" }), TypeError],
];

/** How records get into a log and become durable. */
export const appending: LogCases = {
  async "gives each entry the next number at once, and `appendAll` the last of its numbers"({ log }) {
    assert.equal(log.append(record(1)), 1);
    assert.equal(log.append(record(2)), 2);
    assert.equal(log.appendAll([record(3), record(4), record(5)]), 5);
    assert.equal(log.append(record(6)), 6);
    assert.equal(await log.sync(), 6);
    assert.deepEqual(await lsnsOf(log), lsnsFrom(1, 6));
    assert.deepEqual([log.startsAfter, log.firstLsn, log.lastLsn, log.durableLsn], [0, 1, 6, 6]);
  },
  async "returns from append before anything is durable, and gives readers only what is"({ log }) {
    await writeContent(log, [batch(1, 2)]);
    log.append(record(3));
    log.appendAll([record(4), record(5)]);
    const early = log.read();
    assert.equal(log.durableLsn, 2);
    await log.sync();
    const lsns = [];
    for await (const { firstLsn, entries } of early) lsns.push(...entries.map((_, i) => firstLsn + i));
    assert.deepEqual(lsns, [1, 2]);
    assert.deepEqual(await lsnsOf(log), lsnsFrom(1, 5));
  },
  async "gives a read what was durable when it was called, whatever is written meanwhile"({ log }) {
    await writeContent(log, [batch(1, 1), batch(2, 2)]);
    const seen = [];
    for await (const { firstLsn } of log.read()) {
      seen.push(firstLsn);
      await writeContent(log, [batch(log.lastLsn + 1, log.lastLsn + 1)]);
    }
    assert.deepEqual(seen, [1, 2]);
    assert.deepEqual(await lsnsOf(log), [1, 2, 3, 4]);
  },
  async "gives with `unproven` all that is durable and nothing that was not appended"({ log }) {
    await writeContent(log, [batch(1, 2)]);
    log.append(record(3));
    const lsns = await lsnsOf(log, { unproven: true });
    assert.deepEqual(lsns, lsnsFrom(1, Math.max(2, lsns.length)));
    assert.ok(lsns.length <= 3, `record ${lsns.length} was never appended`);
  },
  async "resolves sync to the last record appended before the call, which is then durable"({ log }) {
    log.append(record(1));
    log.append(record(2));
    const syncing = log.sync();
    log.append(record(3));
    assert.equal(await syncing, 2);
    assert.ok(log.durableLsn >= 2, `sync gave 2, and ${log.durableLsn} is durable`);
    assert.deepEqual((await lsnsOf(log)).slice(0, 2), [1, 2]);
    assert.equal(await log.sync(), 3);
    assert.equal(log.durableLsn, 3);
  },
  async "resolves sync to the last record when nothing waits, to 0 in an empty log"({ log }) {
    assert.equal(await log.sync(), 0);
    await writeContent(log, [batch(1, 2)]);
    assert.equal(await log.sync(), 2);
    assert.deepEqual((await batchesOf(log)).length, 1);
  },
  async "tells concurrent callers of sync each their own record"({ log }) {
    const syncing = lsnsFrom(1, 64).map(async (lsn) => {
      log.append(record(lsn));
      const synced = await log.sync();
      assert.ok(log.durableLsn >= synced, `sync gave ${synced}, and ${log.durableLsn} is durable`);
      return synced;
    });
    assert.deepEqual(await Promise.all(syncing), lsnsFrom(1, 64));
    assert.deepEqual(await lsnsOf(log), lsnsFrom(1, 64));
  },
  async "puts all entries of an appendAll into one batch"({ log }) {
    log.append(record(1));
    log.appendAll(lsnsFrom(2, 900).map((lsn) => record(lsn, 300)));
    void log.sync();
    log.append(record(901));
    log.appendAll([record(902), record(903)]);
    await log.sync();
    assert.deepEqual(await lsnsOf(log), lsnsFrom(1, 903));
    const batches = (await batchesOf(log)).map(({ firstLsn, entries }) => [firstLsn, firstLsn + entries.length - 1] as const);
    for (const [first, last] of [[2, 900], [902, 903]] as const) {
      assert.ok(batches.some((one) => one[0] <= first && one[1] >= last), `records ${first} to ${last} are in more than one batch`);
    }
  },
  async "takes any iterable, and from an empty one nothing"({ log }) {
    assert.equal(log.appendAll([]), 0);
    function* two(): Iterable<WalEntryInput> {
      yield record(1);
      yield record(2);
    }
    assert.equal(log.appendAll(two()), 2);
    assert.equal(log.appendAll(new Set<WalEntryInput>()), 2);
    await log.sync();
    assert.equal(log.appendAll([]), 2);
    assert.equal(await log.sync(), 2);
    assert.deepEqual((await batchesOf(log)).map(({ entries }) => entries.length), [2]);
  },
  async "is as it was when an iterable throws on the way"({ log }) {
    log.append(record(1));
    const failure = new Error("the source failed");
    function* failing(): Iterable<WalEntryInput> {
      yield record(90);
      yield record(91);
      throw failure;
    }
    assert.throws(() => log.appendAll(failing()), (error) => error === failure);
    assert.equal(log.append(record(2)), 2);
    assert.throws(() => log.appendAll(failing()), (error) => error === failure);
    assert.equal(await log.sync(), 2);
    assert.deepEqual(await lsnsOf(log), [1, 2]);
  },
  async "keeps every record under its number when an iterable appends on the way, or refuses that"({ log }) {
    const marker = (id: number): WalEntryInput => ({ type: "checkpoint", id });
    const between: (number | undefined)[] = [];
    function* appendingToo(end: () => void): Iterable<WalEntryInput> {
      yield marker(1);
      try {
        between.push(log.append(marker(2)));
      } catch {
        between.push(undefined);
      }
      end();
      yield marker(3);
    }
    const last = log.appendAll(appendingToo(() => undefined));
    const failing = (): never => {
      throw new Error("the source failed");
    };
    assert.throws(() => log.appendAll(appendingToo(failing)), /the source failed/);
    await log.sync();
    const read = new Map((await batchesOf(log)).flatMap(({ firstLsn, entries }) => entries.map((entry, i) => [firstLsn + i, textOf(entry)] as const)));
    assert.deepEqual([read.get(last - 1), read.get(last)], [1, 3].map((id) => textOf(marker(id))));
    const taken = between.filter((lsn) => lsn !== undefined);
    for (const lsn of taken) assert.equal(read.get(lsn), textOf(marker(2)));
    assert.equal(read.size, 2 + taken.length);
  },
  async "refuses what isn't an entry with TypeError or RangeError, and is as it was"({ log }) {
    log.append(record(1));
    for (const [what, entry, error] of noEntries) {
      assert.throws(() => log.append(entry), error, what);
      assert.throws(() => log.appendAll([record(90), entry]), error, what);
    }
    assert.equal(log.append(record(2)), 2);
    assert.equal(await log.sync(), 2);
    assert.deepEqual(await lsnsOf(log), [1, 2]);
  },
  async "takes the bytes at append: what the caller changes afterwards changes nothing"({ log }) {
    const put = { type: "put", key: bytes("key"), value: bytes("value") } as const;
    const removed = { type: "delete", key: bytes("key") } as const;
    const commit = { type: "commit", offsets: new Map([["source", 1n]]), watermark: 2n } as const;
    const texts = [put, removed, commit, put].map(textOf);
    for (const entry of [put, removed, commit]) log.append(entry);
    log.appendAll([put]);
    for (const array of [put.key, put.value, removed.key]) array.fill(0);
    commit.offsets.set("source", 9n).set("other", 9n);
    await log.sync();
    assert.deepEqual((await batchesOf(log)).flatMap(({ entries }) => entries).map(textOf), texts);
  },
  async "hands out entries that stay as they are while it is written"({ log }) {
    await writeContent(log, [batch(1, 50)]);
    const [kept] = await batchesOf(log);
    const texts = kept?.entries.map(textOf);
    await writeContent(log, [batch(51, 100), batch(101, 150), { truncateAfter: 20 }, batch(151, 200)]);
    await lsnsOf(log);
    assert.equal(kept?.entries.length, 50);
    assert.deepEqual(kept?.entries.map(textOf), texts);
  },
  async "is ready when nothing waits, and again after a lot was appended"({ log }) {
    await log.ready();
    for (const lsn of lsnsFrom(1, 1000)) {
      await log.ready();
      log.append(record(lsn, 1000));
    }
    await log.ready();
    assert.equal(await log.sync(), 1000);
  },
  async "says its size in whole bytes"({ log }) {
    await writeContent(log, [batch(1, 10)]);
    assert.ok(Number.isSafeInteger(log.sizeBytes) && log.sizeBytes >= 0, `${log.sizeBytes} bytes`);
  },
};
