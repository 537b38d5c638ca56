import assert from "node:assert/strict";
import type { LogCases } from "./log-conformance.ts";
import { batch, batchesOf, bulk, code, lsnsFrom, lsnsOf, noLsns, record, refuses, writeContent } from "./log-conformance-content.ts";

/** What a fence does to a log that goes on being written. */
export const fencing: LogCases = {
  async "never gives a number again that a fence took, and goes on above all of them"({ log }) {
    await writeContent(log, [batch(1, 4), { truncateAfter: 2 }]);
    assert.deepEqual([log.lastLsn, log.durableLsn], [2, 2]);
    assert.equal(log.append(record(5)), 5);
    assert.equal(await log.sync(), 5);
    await writeContent(log, [{ truncateAfter: 0 }]);
    assert.equal(log.appendAll([record(6), record(7)]), 7);
    await log.sync();
    assert.deepEqual(await lsnsOf(log), [6, 7]);
    assert.deepEqual(lsnsFrom(1, 8).map((lsn) => log.counts(lsn)), [false, false, false, false, false, true, true, true]);
  },
  async "makes durable what waits before a fence takes effect"({ log }) {
    log.appendAll([record(1), record(2)]);
    log.appendAll([record(3), record(4)]);
    await log.truncateAfter(3);
    assert.deepEqual([log.durableLsn, log.lastLsn, log.counts(3), log.counts(4)], [3, 3, true, false]);
    assert.deepEqual(await lsnsOf(log), [1, 2, 3]);
  },
  async "does nothing but make durable when the fence is at the last record or above"({ log }) {
    await writeContent(log, [batch(1, 2)]);
    log.append(record(3));
    await log.truncateAfter(3);
    assert.deepEqual([log.durableLsn, log.lastLsn], [3, 3]);
    for (const lsn of [3, 4, 1000, Number.MAX_SAFE_INTEGER]) await log.truncateAfter(lsn);
    assert.equal(log.append(record(4)), 4);
    await log.sync();
    assert.deepEqual(await lsnsOf(log), [1, 2, 3, 4]);
    assert.equal(new Set((await batchesOf(log)).map(({ session }) => session)).size, 1, "a fence that did nothing began a session");
  },
  async "resolves sync to the last record that counts when nothing was appended since a fence"({ log }) {
    await writeContent(log, [batch(1, 4), { truncateAfter: 1 }]);
    assert.equal(await log.sync(), 1);
    assert.equal(log.appendAll([]), 1);
    await log.truncateAfter(0);
    assert.equal(await log.sync(), 0);
  },
  async "writes in another session after a fence: a commit there doesn't cover what is before it"({ log }) {
    await writeContent(log, [batch(1, 2), batch(3, 3), { truncateAfter: 2 }, batch(4, 4), batch(5, 5), { truncateAfter: 4 }, batch(6, 6)]);
    const sessions = (await batchesOf(log)).map(({ session }) => session);
    assert.equal(sessions.length, 3);
    assert.equal(new Set(sessions).size, 3);
  },
  async "takes fences in the order of the calls"({ log }) {
    await writeContent(log, [batch(1, 6)]);
    await Promise.all([log.truncateAfter(4), log.truncateAfter(2), log.truncateAfter(3)]);
    assert.deepEqual([log.lastLsn, log.counts(3)], [2, false]);
    assert.deepEqual(await lsnsOf(log), [1, 2]);
  },
  async "fences from the last record that counts, when the fence is in a gap"({ log }) {
    await writeContent(log, [batch(1, 4), { truncateAfter: 2 }, batch(5, 6), { truncateAfter: 3 }]);
    assert.deepEqual([log.lastLsn, log.durableLsn], [2, 2]);
    assert.equal(log.append(record(7)), 7);
    await log.sync();
    assert.deepEqual(await lsnsOf(log), [1, 2, 7]);
  },
  async "either keeps or fences what is appended while a fence is under way"({ log }) {
    await writeContent(log, [batch(1, 4)]);
    const state = { done: false };
    const fenced = log.truncateAfter(2).finally(() => (state.done = true));
    const appended = [log.append(record(5))];
    while (!state.done) {
      await Promise.resolve();
      const lsn = (appended.at(-1) ?? 0) + 1;
      if (lsn < 200) appended.push(log.append(record(lsn)));
      else await fenced;
    }
    const last = (appended.at(-1) ?? 0) + 1;
    assert.equal(log.append(record(last)), last);
    assert.equal(await log.sync(), last);
    assert.deepEqual(appended, lsnsFrom(5, last - 1));
    assert.deepEqual(await lsnsOf(log), lsnsFrom(1, last).filter((lsn) => log.counts(lsn)));
    assert.deepEqual([2, 3, 4, last].map((lsn) => log.counts(lsn)), [true, false, false, true]);
  },
  async "refuses a fence at what is no LSN, and is as it was"({ log }) {
    await writeContent(log, [batch(1, 3)]);
    for (const [lsn, error] of noLsns) await refuses(() => log.truncateAfter(lsn as number), error);
    assert.deepEqual(await lsnsOf(log), [1, 2, 3]);
    assert.equal(log.append(record(4)), 4);
  },
  async "refuses a fence below its start with RangeError, and is as it was"({ log }) {
    await writeContent(log, [...bulk(1, 12), { truncateBefore: 9 }]);
    const { startsAfter } = log;
    for (const lsn of [0, startsAfter - 1]) await refuses(() => log.truncateAfter(lsn), RangeError);
    assert.deepEqual(await lsnsOf(log), lsnsFrom(startsAfter + 1, 12));
    await log.truncateAfter(startsAfter);
    assert.deepEqual([log.startsAfter, log.firstLsn, log.lastLsn], [startsAfter, startsAfter + 1, startsAfter]);
    assert.equal(log.append(record(13)), 13);
    await log.sync();
    assert.deepEqual(await lsnsOf(log), [13]);
  },
};

/** What dropping old records does to a log that goes on being written. */
export const dropping: LogCases = {
  async "drops nothing at or above the record it is told, whichever that is"({ log }) {
    await writeContent(log, bulk(1, 12));
    let before = 0;
    for (const lsn of [0, 1, 2, 3, 7, 7, 11, 12]) {
      const freed = await log.truncateBefore(lsn);
      assert.ok(Number.isSafeInteger(freed) && freed >= 0, `${freed} bytes freed`);
      assert.ok(log.startsAfter >= before && log.startsAfter < Math.max(1, lsn), `after truncateBefore(${lsn}) the log starts after ${log.startsAfter}`);
      before = log.startsAfter;
      assert.equal(log.firstLsn, before + 1);
      assert.deepEqual(await lsnsOf(log), lsnsFrom(before + 1, 12));
    }
    assert.ok(before > 0, "of 11 records of a kilobyte each none was dropped: this log's unit is too large for the suite");
  },
  async "frees nothing and stays as it was when nothing can be dropped"({ log }) {
    assert.equal(await log.truncateBefore(0), 0);
    await writeContent(log, [batch(1, 3)]);
    for (const lsn of [0, 1]) assert.equal(await log.truncateBefore(lsn), 0);
    assert.deepEqual(await lsnsOf(log), [1, 2, 3]);
  },
  async "never drops a part of a batch"({ log }) {
    await writeContent(log, [...bulk(1, 5), { append: lsnsFrom(6, 15).map((lsn) => record(lsn, 300)) }, ...bulk(16, 20)]);
    await log.truncateBefore(10);
    assert.ok(log.startsAfter > 0 && log.startsAfter <= 5, `the log starts after ${log.startsAfter}`);
    assert.deepEqual(await lsnsOf(log), lsnsFrom(log.startsAfter + 1, 20));
  },
  async "keeps its last number when everything may go, and goes on after it"({ log }) {
    await writeContent(log, bulk(1, 12));
    await log.truncateBefore(13);
    assert.deepEqual([log.lastLsn, log.durableLsn], [12, 12]);
    assert.ok(log.startsAfter > 0 && log.startsAfter <= 12, `the log starts after ${log.startsAfter}`);
    assert.equal(log.firstLsn, log.startsAfter + 1);
    assert.equal(log.append(record(13)), 13);
    assert.equal(await log.sync(), 13);
    assert.deepEqual(await lsnsOf(log), lsnsFrom(log.startsAfter + 1, 13));
  },
  async "loses nothing that waits or is appended while records are dropped"({ log }) {
    await writeContent(log, bulk(1, 12));
    log.append(record(13));
    const truncating = log.truncateBefore(9);
    log.appendAll([record(14), record(15)]);
    await truncating;
    log.append(record(16));
    assert.equal(await log.sync(), 16);
    assert.deepEqual(await lsnsOf(log), lsnsFrom(log.startsAfter + 1, 16));
    assert.ok(log.startsAfter < 9, `record 9 should be held, and the log starts after ${log.startsAfter}`);
  },
  async "refuses to drop what has no number yet with RangeError, and is as it was"({ log }) {
    await refuses(() => log.truncateBefore(2), RangeError);
    await writeContent(log, bulk(1, 10));
    for (const lsn of [12, 1000]) await refuses(() => log.truncateBefore(lsn), RangeError);
    assert.deepEqual([log.startsAfter, log.lastLsn], [0, 10]);
  },
  async "refuses to drop below what is no LSN, and is as it was"({ log }) {
    await writeContent(log, bulk(1, 10));
    for (const [lsn, error] of noLsns) await refuses(() => log.truncateBefore(lsn as number), error);
    assert.deepEqual(await lsnsOf(log), lsnsFrom(1, 10));
  },
  async "gives a read that is under way everything, or WAL_TRUNCATED, but no hole"({ log }) {
    await writeContent(log, bulk(1, 12));
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      for await (const { firstLsn } of log.read()) {
        seen.push(firstLsn);
        if (firstLsn === 2) await log.truncateBefore(9);
      }
    };
    const ended = await read().then(() => undefined, (error: unknown) => error);
    assert.deepEqual(seen, lsnsFrom(1, seen.length));
    assert.ok(ended === undefined ? seen.length === 12 : code("WAL_TRUNCATED")(ended), String(ended));
  },
};
