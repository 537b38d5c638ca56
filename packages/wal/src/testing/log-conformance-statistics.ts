import assert from "node:assert/strict";
import type { LogCases } from "./log-conformance.ts";
import { batch, batchesOf, bytes, lsnsFrom, record, writeContent } from "./log-conformance-content.ts";
import type { WalStats } from "../wal-stats.ts";

const counters = ({ appendedEntries, writtenBatches, writtenBytes, syncs, syncDuration, longestSyncDuration }: WalStats): readonly number[] => [
  appendedEntries,
  writtenBatches,
  writtenBytes,
  syncs,
  syncDuration,
  longestSyncDuration,
];

/** What a log says of its own work. */
export const counting: LogCases = {
  async "says of nothing done that nothing was done"({ log }) {
    const stats = log.stats();
    const { state, appendedLsn, durableLsn, pendingBytes, waitingCommits } = stats;
    assert.deepEqual(counters(stats), [0, 0, 0, 0, 0, 0]);
    assert.deepEqual([state, appendedLsn, durableLsn, pendingBytes, waitingCommits], ["open", 0, 0, 0, 0]);
  },
  async "counts entries when they are taken, and says that they wait until they are durable"({ log }) {
    log.append(record(1, 100));
    log.appendAll([record(2, 100), record(3, 100)]);
    const waiting = log.stats();
    assert.deepEqual([waiting.appendedEntries, waiting.appendedLsn, waiting.durableLsn], [3, 3, 0]);
    assert.ok(waiting.pendingBytes > 300, `${waiting.pendingBytes} bytes wait`);
    await log.sync();
    const durable = log.stats();
    assert.deepEqual([durable.appendedEntries, durable.appendedLsn, durable.durableLsn, durable.pendingBytes], [3, 3, 3, 0]);
  },
  async "counts the batches that a reader is given, and no fewer bytes than are in them"({ log }) {
    await writeContent(log, [batch(1, 1), batch(2, 5), batch(6, 6)]);
    log.appendAll(lsnsFrom(7, 300).map((lsn) => record(lsn, 1000)));
    await log.sync();
    const { writtenBatches, writtenBytes } = log.stats();
    assert.equal(writtenBatches, (await batchesOf(log)).length);
    assert.ok(writtenBytes > 294_000 && Number.isSafeInteger(writtenBytes), `${writtenBytes} bytes`);
  },
  async "counts a sync that is shared once, and one with nothing to do not at all"({ log }) {
    const commits = lsnsFrom(1, 64).map(async (lsn) => {
      log.append(record(lsn));
      await log.sync();
    });
    const { waitingCommits } = log.stats();
    assert.ok(waitingCommits >= 0 && waitingCommits <= 64, `${waitingCommits} wait`);
    await Promise.all(commits);
    const { syncs, syncDuration, longestSyncDuration, ...then } = log.stats();
    assert.ok(syncs >= 1 && syncs <= 64, `${syncs} syncs`);
    assert.ok(longestSyncDuration >= 0 && longestSyncDuration <= syncDuration, `${longestSyncDuration} of ${syncDuration} ms`);
    assert.deepEqual([then.appendedEntries, then.waitingCommits], [64, 0]);
    await log.sync();
    assert.equal(log.stats().syncs, syncs);
  },
  async "doesn't count what it refuses"({ log }) {
    await writeContent(log, [batch(1, 2)]);
    const before = log.stats();
    const wrong = { type: "put", key: bytes("k") } as never;
    assert.throws(() => log.append(wrong), TypeError);
    assert.throws(() => log.appendAll([record(90), wrong]), TypeError);
    log.appendAll([]);
    assert.deepEqual(log.stats(), before);
  },
  async "goes on counting behind a fence, which takes records and not what was done"({ log }) {
    await writeContent(log, [batch(1, 4)]);
    await log.truncateAfter(2);
    const fenced = log.stats();
    assert.deepEqual([fenced.appendedEntries, fenced.appendedLsn, fenced.durableLsn, fenced.pendingBytes], [4, 2, 2, 0]);
    await writeContent(log, [batch(5, 6)]);
    const { appendedEntries, appendedLsn, durableLsn, writtenBatches } = log.stats();
    assert.deepEqual([appendedEntries, appendedLsn, durableLsn, writtenBatches], [6, 6, 6, fenced.writtenBatches + 1]);
  },
  async "says its size as `sizeBytes` does"({ log }) {
    await writeContent(log, [batch(1, 10)]);
    const { sizeBytes, segments } = log.stats();
    assert.equal(sizeBytes, log.sizeBytes);
    assert.ok(Number.isSafeInteger(segments) && segments >= 0, `${segments} segments`);
  },
  async "keeps the last numbers when it is closed, what `close` made durable among them"({ log }) {
    await writeContent(log, [batch(1, 2)]);
    log.append(record(3));
    const before = log.stats();
    await log.close();
    const closed = log.stats();
    assert.deepEqual([before.state, closed.state], ["open", "closed"]);
    assert.deepEqual([closed.appendedEntries, closed.appendedLsn, closed.durableLsn, closed.pendingBytes, closed.waitingCommits], [3, 3, 3, 0, 0]);
    assert.deepEqual([closed.writtenBatches, closed.syncs], [before.writtenBatches + 1, before.syncs + 1]);
    assert.deepEqual(Object.keys(closed), Object.keys(before));
    assert.deepEqual(log.stats(), closed);
  },
  async "gives what JSON can hold, and a new object each time"({ log }) {
    await writeContent(log, [batch(1, 2)]);
    const stats = log.stats();
    assert.deepEqual(JSON.parse(JSON.stringify(stats)), stats);
    assert.notEqual(log.stats(), stats);
  },
};

/** The same over the lives of a log. */
export const countingAnew: LogCases = {
  async "counts anew when it is opened again, and stands where it stood"({ log, reopen }) {
    assert.ok(reopen, 'give `reopen` along with the log, or say that it lacks "reopen"');
    await writeContent(log, [batch(1, 3)]);
    await log.close();
    const again = await reopen();
    const opened = again.stats();
    assert.deepEqual(counters(opened), [0, 0, 0, 0, 0, 0]);
    assert.deepEqual([opened.state, opened.appendedLsn, opened.durableLsn, opened.pendingBytes], ["open", 3, 3, 0]);
    await writeContent(again, [batch(4, 5)]);
    const { appendedEntries, writtenBatches, syncs, durableLsn } = again.stats();
    assert.deepEqual([appendedEntries, writtenBatches, syncs, durableLsn], [2, 1, 1, 5]);
    await again.close();
  },
};
