import assert from "node:assert/strict";
import type { LogCases, LogUnderTest, StandardLog } from "./log-conformance.ts";
import { batch, batchesOf, bulk, code, lsnsFrom, lsnsOf, record, refuses, textOf, writeContent } from "./log-conformance-content.ts";
import type { LogReader } from "../log.ts";
import type { WalEntry } from "../wal-entry.ts";

/** How a log ends. */
export const closing: LogCases = {
  async "settles a sync that waits when it is closed, and may be closed again"({ log }) {
    log.append(record(1));
    const syncing = log.sync();
    const closed = log.close();
    assert.equal(await syncing, 1);
    await closed;
    await Promise.all([log.close(), log.close()]);
    assert.deepEqual([log.durableLsn, log.lastLsn], [1, 1]);
  },
  async "makes durable what was appended when it is closed, and settles only then"({ log }) {
    log.append(record(1));
    log.appendAll([record(2), record(3)]);
    await log[Symbol.asyncDispose]();
    assert.deepEqual([log.durableLsn, log.lastLsn], [3, 3]);
  },
  async "answers every call after close with WAL_CLOSED"({ log }) {
    await writeContent(log, [batch(1, 2)]);
    await log.close();
    const calls: readonly (() => unknown)[] = [() => log.ready(), () => log.sync(), () => log.truncateBefore(1), () => log.truncateAfter(1), () => batchesOf(log)];
    for (const call of calls) await refuses(call, code("WAL_CLOSED"));
    assert.throws(() => log.append(record(3)), code("WAL_CLOSED"));
    assert.throws(() => log.appendAll([record(3)]), code("WAL_CLOSED"));
    assert.equal(log.lastLsn, 2);
  },
};

async function reopened({ log, reopen }: LogUnderTest, previous: StandardLog = log): Promise<StandardLog> {
  assert.ok(reopen, 'give `reopen` along with the log, or say that it lacks "reopen"');
  await previous.close();
  return reopen();
}

const sessionsOf = async (log: StandardLog): Promise<number[]> => (await batchesOf(log)).map(({ session }) => session);

/** What one writer leaves to the next. */
export const reopening: LogCases = {
  async "holds after reopening all that was appended, synced or not, and goes on with the next number"(given) {
    const { log } = given;
    await writeContent(log, [batch(1, 2)]);
    log.append(record(3));
    log.appendAll([record(4), record(5)]);
    const again = await reopened(given);
    assert.deepEqual([again.startsAfter, again.firstLsn, again.lastLsn, again.durableLsn], [0, 1, 5, 5]);
    assert.deepEqual(await lsnsOf(again), [1, 2, 3, 4, 5]);
    assert.equal(await again.sync(), 5);
    assert.equal(again.append(record(6)), 6);
    await again.sync();
    assert.deepEqual(await lsnsOf(again), [1, 2, 3, 4, 5, 6]);
    await again.close();
  },
  async "is the same log after reopening"(given) {
    const { logId } = given.log;
    const empty = await reopened(given);
    assert.deepEqual([empty.logId, empty.lastLsn, await lsnsOf(empty)], [logId, 0, []]);
    assert.equal(empty.append(record(1)), 1);
    const again = await reopened(given, empty);
    assert.deepEqual([again.logId, await lsnsOf(again)], [logId, [1]]);
    await again.close();
  },
  async "keeps batches as they were written, with their entries and sessions"(given) {
    const { log } = given;
    await writeContent(log, [batch(1, 3), batch(4, 4), { truncateAfter: 2 }, batch(5, 6)]);
    const before = await batchesOf(log);
    const again = await reopened(given);
    const described = (batches: typeof before): unknown => batches.map(({ firstLsn, session, entries }) => [firstLsn, session, entries.map(textOf)]);
    assert.deepEqual(described(await batchesOf(again)), described(before));
    await again.close();
  },
  async "writes in another session each time it is opened"(given) {
    await writeContent(given.log, [batch(1, 1), batch(2, 2)]);
    const second = await reopened(given);
    await writeContent(second, [batch(3, 3), { truncateAfter: 2 }, batch(4, 4)]);
    const third = await reopened(given, second);
    await writeContent(third, [batch(5, 5)]);
    const [one, same, ...others] = await sessionsOf(third);
    assert.equal(one, same);
    assert.equal(new Set([one, ...others]).size, 3);
    await third.close();
  },
  async "keeps a fence: what it took doesn't count, and no number comes again"(given) {
    await writeContent(given.log, [batch(1, 4), { truncateAfter: 2 }]);
    const second = await reopened(given);
    assert.deepEqual([second.lastLsn, second.durableLsn, ...[2, 3, 4].map((lsn) => second.counts(lsn))], [2, 2, true, false, false]);
    await refuses(() => lsnsOf(second, { after: 3 }), code("WAL_POSITION_FENCED"));
    assert.equal(second.append(record(5)), 5);
    const third = await reopened(given, second);
    assert.deepEqual(await lsnsOf(third), [1, 2, 5]);
    await third.truncateAfter(0);
    const fourth = await reopened(given, third);
    assert.equal(fourth.append(record(6)), 6);
    await fourth.sync();
    assert.deepEqual(await lsnsOf(fourth), [6]);
    assert.deepEqual(lsnsFrom(1, 6).map((lsn) => fourth.counts(lsn)), [false, false, false, false, false, true]);
    await fourth.close();
  },
  async "stays without what was dropped"(given) {
    await writeContent(given.log, [...bulk(1, 12), { truncateBefore: 9 }]);
    const { startsAfter } = given.log;
    const again = await reopened(given);
    assert.deepEqual([again.startsAfter, again.firstLsn, again.lastLsn], [startsAfter, startsAfter + 1, 12]);
    assert.deepEqual(await lsnsOf(again), lsnsFrom(startsAfter + 1, 12));
    await refuses(() => lsnsOf(again, { after: startsAfter - 1 }), code("WAL_TRUNCATED"));
    assert.equal(again.append(record(13)), 13);
    await again.close();
  },
  async "has nothing of what was refused after reopening"(given) {
    const { log } = given;
    log.append(record(1));
    function* failing(): Iterable<WalEntry> {
      yield record(90) as WalEntry;
      throw new Error("the source failed");
    }
    assert.throws(() => log.appendAll(failing()), /the source failed/);
    assert.throws(() => log.append({ type: "checkpoint", id: -1 }), TypeError);
    log.append(record(2));
    const again = await reopened(given);
    assert.deepEqual(await lsnsOf(again), [1, 2]);
    await again.close();
  },
  async "has one writer at a time: a second is refused with WAL_LOCKED and disturbs nothing"(given) {
    const { log, reopen } = given;
    log.append(record(1));
    await refuses(() => reopen?.(), code("WAL_LOCKED"));
    assert.equal(log.append(record(2)), 2);
    assert.equal(await log.sync(), 2);
    const again = await reopened(given);
    assert.deepEqual(await lsnsOf(again), [1, 2]);
    await again.close();
  },
};

export function openReader({ openReader: open }: LogUnderTest): Promise<LogReader<WalEntry>> {
  assert.ok(open, 'give `openReader` along with the log, or say that it lacks "readers"');
  return open();
}

/** What a reader sees beside the writer. */
export const readingBeside: LogCases = {
  async "lets a reader see what is durable, never more, and more each time it reads"(given) {
    const { log } = given;
    const reader = await openReader(given);
    for (const lsn of [1, 3, 5]) {
      await writeContent(log, [batch(lsn, lsn)]);
      log.append(record(lsn + 1));
      const seen = await lsnsOf(reader);
      assert.deepEqual(seen, lsnsFrom(1, seen.length));
      assert.ok(seen.length <= log.durableLsn, `record ${seen.length} was read, and record ${log.durableLsn} is the last durable one`);
      assert.ok(seen.length >= lsn - 2, `only ${seen.length} records were read`);
      await log.sync();
    }
    await log.close();
    assert.deepEqual(await lsnsOf(reader), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual([reader.logId, reader.lastLsn], [log.logId, 6]);
    await reader.close();
  },
  async "is not closed with a reader, nor a reader with another"(given) {
    const { log } = given;
    const [first, second] = [await openReader(given), await openReader(given)];
    await first.close();
    assert.equal(log.append(record(1)), 1);
    assert.equal(await log.sync(), 1);
    await refuses(() => lsnsOf(first), code("WAL_CLOSED"));
    await log.close();
    assert.deepEqual(await lsnsOf(second), [1]);
    await second.close();
  },
};
