import assert from "node:assert/strict";
import type { ReaderCases } from "./log-conformance.ts";
import { batch, batchesOf, bytes, code, lsnsFrom, lsnsOf, noLsns, refuses, textOf, watchedSignal } from "./log-conformance-content.ts";
import type { WalEntry, WalEntryInput } from "../wal-entry.ts";

const sixRecords = [batch(1, 2), batch(3, 3), batch(4, 6)];

const kinds: readonly WalEntryInput[] = [
  { type: "put", key: bytes("key"), value: bytes("value") },
  { type: "put", key: new Uint8Array(0), value: new Uint8Array(0) },
  { type: "put", key: Uint8Array.of(0, 255), value: new Uint8Array(70_000).fill(7) },
  { type: "delete", key: bytes("key") },
  { type: "commit", offsets: new Map() },
  { type: "commit", offsets: new Map<string, bigint | number>([["kafka/0", 5], ["ü", -1], ["most", 2n ** 64n - 1n], ["least", -(2n ** 63n)]]), watermark: 0 },
  { type: "checkpoint", id: Number.MAX_SAFE_INTEGER },
];

const kindsRead: readonly WalEntry[] = [
  ...(kinds.slice(0, 4) as WalEntry[]),
  { type: "commit", offsets: new Map() },
  { type: "commit", offsets: new Map([["kafka/0", 5n], ["ü", -1n], ["most", 2n ** 64n - 1n], ["least", -(2n ** 63n)]]), watermark: 0n },
  { type: "checkpoint", id: Number.MAX_SAFE_INTEGER },
];

/** What every reader does with records that were written and are durable. */
export const reading: ReaderCases = {
  "says of an empty log that it starts after 0, and gives nothing": {
    content: [],
    async run({ reader }) {
      assert.match(reader.logId, /^([0-9a-f]{32})?$/);
      assert.deepEqual([reader.startsAfter, reader.firstLsn, reader.lastLsn], [0, 1, 0]);
      assert.deepEqual(await lsnsOf(reader), []);
      assert.deepEqual(await lsnsOf(reader, { after: 0 }), []);
    },
  },
  "numbers records from 1 without holes, and gives them in order, in the batches that were written": {
    content: sixRecords,
    async run({ reader }) {
      assert.deepEqual(await lsnsOf(reader), [1, 2, 3, 4, 5, 6]);
      assert.deepEqual((await batchesOf(reader)).map(({ firstLsn, entries }) => [firstLsn, entries.length]), [[1, 2], [3, 1], [4, 3]]);
      assert.deepEqual([reader.startsAfter, reader.firstLsn, reader.lastLsn], [0, 1, 6]);
    },
  },
  "has the identity that a log gets when it is created": {
    content: sixRecords,
    async run({ reader }) {
      assert.match(reader.logId, /^[0-9a-f]{32}$/);
    },
  },
  "counts every record that was written": {
    content: sixRecords,
    async run({ reader }) {
      for (const lsn of lsnsFrom(1, 6)) assert.equal(reader.counts(lsn), true);
    },
  },
  "says that a log ends cleanly after its last batch": {
    content: sixRecords,
    async run({ reader }) {
      const { kind, damage, offset, bytes: rest } = reader.end;
      assert.deepEqual([kind, damage], ["clean", undefined]);
      assert.ok(Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(rest) && rest >= 0, `${rest} bytes at offset ${offset}`);
    },
  },
  "gives the four kinds of entries back as they were written, integers as bigint": {
    content: [{ append: kinds }],
    async run({ reader }) {
      const read = (await batchesOf(reader)).flatMap(({ entries }) => entries);
      assert.deepEqual(read.map(textOf), kindsRead.map(textOf));
    },
  },
  "gives exactly the records above `after`, also from the middle of a batch, with the batch's session": {
    content: sixRecords,
    async run({ reader }) {
      const sessions = new Map((await batchesOf(reader)).flatMap(({ firstLsn, session, entries }) => entries.map((_, i) => [firstLsn + i, session] as const)));
      for (const after of lsnsFrom(0, 6)) {
        assert.deepEqual(await lsnsOf(reader, { after }), lsnsFrom(after + 1, 6));
        for (const { firstLsn, session } of await batchesOf(reader, { after })) assert.equal(session, sessions.get(firstLsn));
      }
    },
  },
  "gives nothing above its last record": {
    content: sixRecords,
    async run({ reader }) {
      for (const after of [6, 7, 1000, Number.MAX_SAFE_INTEGER]) assert.deepEqual(await lsnsOf(reader, { after }), []);
    },
  },
  "refuses an `after` that is no LSN with TypeError or RangeError": {
    content: sixRecords,
    async run({ reader }) {
      for (const [after, error] of noLsns) {
        await refuses(() => batchesOf(reader, { after: after as number }), error);
        await refuses(() => reader.entries({ after: after as number })[Symbol.asyncIterator]().next(), error);
      }
    },
  },
  "gives the same one entry at a time as in batches": {
    content: sixRecords,
    async run({ reader }) {
      for (const after of [undefined, 1, 6]) {
        const single = [];
        for await (const { lsn, entry } of reader.entries({ after })) single.push(`${lsn} ${textOf(entry)}`);
        const batched = (await batchesOf(reader, { after })).flatMap(({ firstLsn, entries }) => entries.map((entry, i) => `${firstLsn + i} ${textOf(entry)}`));
        assert.deepEqual(single, batched);
      }
    },
  },
  "gives the same every time, also when reads are interleaved or broken off": {
    content: sixRecords,
    async run({ reader }) {
      const slow = reader.read()[Symbol.asyncIterator]();
      assert.equal((await slow.next()).value?.firstLsn, 1);
      for await (const { firstLsn } of reader.read()) if (firstLsn === 3) break;
      assert.deepEqual(await lsnsOf(reader), [1, 2, 3, 4, 5, 6]);
      assert.equal((await slow.next()).value?.firstLsn, 3);
      await slow.return?.();
      assert.equal((await slow.next()).done, true);
    },
  },
  "gives all of a log whose last records are durable, unproven or not": {
    content: sixRecords,
    async run({ reader }) {
      assert.deepEqual(await lsnsOf(reader, { unproven: true }), [1, 2, 3, 4, 5, 6]);
    },
  },
  "hands out views that stay as they are": {
    content: [{ append: kinds }],
    async run({ reader, write }) {
      const kept = (await batchesOf(reader)).flatMap(({ entries }) => entries);
      await write?.([batch(8, 9)]);
      await batchesOf(reader);
      assert.deepEqual(kept.map(textOf), kindsRead.map(textOf));
    },
  },
  "throws the signal's reason instead of the first batch when it was aborted before": {
    content: sixRecords,
    async run({ reader }) {
      const reason = new Error("not any more");
      const signal = AbortSignal.abort(reason);
      await refuses(() => reader.read({ signal })[Symbol.asyncIterator]().next(), (error) => error === reason);
      await refuses(() => reader.entries({ signal })[Symbol.asyncIterator]().next(), (error) => error === reason);
    },
  },
  "throws the signal's reason between batches": {
    content: sixRecords,
    async run({ reader }) {
      const reason = "a reason may be anything";
      const aborting = new AbortController();
      const seen: number[] = [];
      const read = async (): Promise<void> => {
        for await (const { firstLsn } of reader.read({ signal: aborting.signal })) {
          seen.push(firstLsn);
          if (firstLsn === 3) aborting.abort(reason);
        }
      };
      await refuses(read, (error) => error === reason);
      assert.deepEqual(seen, [1, 3]);
    },
  },
  "leaves no listener on a signal that doesn't abort": {
    content: sixRecords,
    async run({ reader }) {
      const signal = watchedSignal();
      assert.deepEqual(await lsnsOf(reader, { signal }), [1, 2, 3, 4, 5, 6]);
      for await (const _ of reader.read({ signal })) break;
      assert.equal(signal.listeners.size, 0);
    },
  },
  "answers with WAL_CLOSED after close, which may be called again": {
    content: sixRecords,
    async run({ reader }) {
      await Promise.all([reader.close(), reader.close()]);
      await reader.close();
      await refuses(() => batchesOf(reader), code("WAL_CLOSED"));
      await refuses(() => reader.entries()[Symbol.asyncIterator]().next(), code("WAL_CLOSED"));
    },
  },
  "is closed by `await using`": {
    content: sixRecords,
    async run({ reader }) {
      await reader[Symbol.asyncDispose]();
      await refuses(() => batchesOf(reader), code("WAL_CLOSED"));
    },
  },
};
