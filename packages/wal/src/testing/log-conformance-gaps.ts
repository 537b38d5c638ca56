import assert from "node:assert/strict";
import type { ReaderCases } from "./log-conformance.ts";
import { batch, batchesOf, bulk, code, lsnsFrom, lsnsOf, refuses } from "./log-conformance-content.ts";

/** Records 1, 2 and 5, 6; the fence took 3 and 4, the rest of the first batch. */
const fenced = [batch(1, 4), { truncateAfter: 2 }, batch(5, 5), batch(6, 6)];

const dropped = [...bulk(1, 12), { truncateBefore: 9 }];

/** What every reader does where a fence took records out of use. */
export const readingFences: ReaderCases = {
  "leaves out what a fence took, even half a batch, and gives what came after it": {
    content: fenced,
    async run({ reader }) {
      assert.deepEqual(await lsnsOf(reader), [1, 2, 5, 6]);
      assert.deepEqual(await lsnsOf(reader, { unproven: true }), [1, 2, 5, 6]);
      assert.deepEqual([reader.startsAfter, reader.firstLsn, reader.lastLsn], [0, 1, 6]);
    },
  },
  "says which records a fence took, and only those": {
    content: fenced,
    async run({ reader }) {
      assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7].map((lsn) => reader.counts(lsn)), [true, true, true, false, false, true, true, true]);
    },
  },
  "refuses to read on from a record that a fence took, and reads on from those beside it": {
    content: fenced,
    async run({ reader }) {
      for (const after of [3, 4]) await refuses(() => batchesOf(reader, { after }), code("WAL_POSITION_FENCED"));
      assert.deepEqual(await lsnsOf(reader, { after: 1 }), [2, 5, 6]);
      assert.deepEqual(await lsnsOf(reader, { after: 2 }), [5, 6]);
      assert.deepEqual(await lsnsOf(reader, { after: 5 }), [6]);
    },
  },
  "shows another session after each fence, and the same one where none was": {
    content: [...fenced, { truncateAfter: 5 }, batch(7, 7), batch(8, 8)],
    async run({ reader }) {
      const sessions = (await batchesOf(reader)).map(({ session }) => session);
      assert.equal(sessions.length, 4);
      assert.equal(new Set(sessions.slice(0, 3)).size, 3);
      assert.equal(sessions[2], sessions[3]);
    },
  },
  "ends before a fence at the end": {
    content: [batch(1, 2), batch(3, 4), { truncateAfter: 3 }],
    async run({ reader }) {
      assert.deepEqual(await lsnsOf(reader), [1, 2, 3]);
      assert.deepEqual([reader.firstLsn, reader.lastLsn, reader.counts(4), reader.counts(5)], [1, 3, false, true]);
      await refuses(() => batchesOf(reader, { after: 4 }), code("WAL_POSITION_FENCED"));
    },
  },
  "is empty after a fence before the first record": {
    content: [batch(1, 3), { truncateAfter: 0 }],
    async run({ reader }) {
      assert.deepEqual(await lsnsOf(reader), []);
      assert.deepEqual([reader.startsAfter, reader.firstLsn, reader.lastLsn], [0, 1, 0]);
      assert.deepEqual([1, 2, 3, 4].map((lsn) => reader.counts(lsn)), [false, false, false, true]);
    },
  },
  "begins with the first record after a fence that took all before it": {
    content: [batch(1, 3), { truncateAfter: 0 }, batch(4, 4)],
    async run({ reader }) {
      assert.deepEqual(await lsnsOf(reader), [4]);
      assert.deepEqual([reader.startsAfter, reader.firstLsn, reader.lastLsn], [0, 4, 4]);
    },
  },
  "keeps a fence within what a later fence took, and one that ends in an earlier gap": {
    content: [batch(1, 3), { truncateAfter: 2 }, batch(4, 6), { truncateAfter: 5 }, batch(7, 8), { truncateAfter: 3 }, batch(9, 9)],
    async run({ reader }) {
      assert.deepEqual(await lsnsOf(reader), [1, 2, 9]);
      for (const after of lsnsFrom(3, 8)) {
        assert.equal(reader.counts(after), false);
        await refuses(() => batchesOf(reader, { after }), code("WAL_POSITION_FENCED"));
      }
    },
  },
};

/** What every reader does where old records were dropped. */
export const readingDropped: ReaderCases = {
  "starts later when records were dropped, and holds every record from there on": {
    content: dropped,
    async run({ reader }) {
      const { startsAfter } = reader;
      assert.ok(startsAfter > 0, "of 8 records of a kilobyte each none was dropped: this log's unit is too large for the suite");
      assert.ok(startsAfter < 9, `record 9 should be held, and the log starts after ${startsAfter}`);
      assert.deepEqual([reader.firstLsn, reader.lastLsn], [startsAfter + 1, 12]);
      assert.deepEqual(await lsnsOf(reader), lsnsFrom(startsAfter + 1, 12));
      assert.deepEqual(await lsnsOf(reader, { after: startsAfter }), lsnsFrom(startsAfter + 1, 12));
      assert.deepEqual(await lsnsOf(reader, { after: 10 }), [11, 12]);
    },
  },
  "refuses to read on from a position below what it holds": {
    content: dropped,
    async run({ reader }) {
      for (const after of [0, reader.startsAfter - 1]) {
        await refuses(() => batchesOf(reader, { after }), code("WAL_TRUNCATED"));
        await refuses(() => batchesOf(reader, { after, unproven: true }), code("WAL_TRUNCATED"));
      }
    },
  },
  "keeps a gap that stands among the records it holds": {
    needs: ["fences"],
    content: [...bulk(1, 12), { truncateAfter: 10 }, ...bulk(13, 14), { truncateBefore: 9 }],
    async run({ reader }) {
      const { startsAfter } = reader;
      assert.ok(startsAfter > 0 && startsAfter < 9, `the log starts after ${startsAfter}`);
      assert.deepEqual(await lsnsOf(reader), [...lsnsFrom(startsAfter + 1, 10), 13, 14]);
      assert.deepEqual([10, 11, 12, 13].map((lsn) => reader.counts(lsn)), [true, false, false, true]);
      await refuses(() => batchesOf(reader, { after: 11 }), code("WAL_POSITION_FENCED"));
    },
  },
};
