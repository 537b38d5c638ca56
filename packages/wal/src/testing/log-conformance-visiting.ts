import assert from "node:assert/strict";
import type { ReaderCases } from "./log-conformance.ts";
import { batch, batchesOf, bytes as bytesOf, code, noLsns, refuses, textOf } from "./log-conformance-content.ts";
import type { EntryVisitor, LogReader, ReadOptions } from "../log.ts";
import type { WalEntry } from "../wal-entry.ts";

const allKinds = [
  batch(1, 3),
  {
    append: [
      { type: "delete", key: bytesOf("key") },
      { type: "put", key: new Uint8Array(0), value: new Uint8Array(0) },
      { type: "commit", offsets: new Map([["a", -5n], ["b", 2n ** 64n - 1n]]), watermark: 0n },
      { type: "commit", offsets: new Map() },
      { type: "checkpoint", id: 7 },
      { type: "put", key: bytesOf("large"), value: new Uint8Array(70_000).fill(9) },
    ],
  },
  { append: [{ type: "commit", offsets: new Map(), watermark: 12n }] },
] as const;

function visit(reader: LogReader<WalEntry>, visitor: EntryVisitor, options?: ReadOptions): Promise<void> {
  if (!reader.visit) assert.fail('this log has no `visit`: say that it lacks "visit"');
  return reader.visit(visitor, options);
}

/** Makes the entries again from what it is called with, which it copies: the bytes are the reader's. */
function collector(): { readonly seen: string[]; readonly visitor: Required<Omit<EntryVisitor, "memory">> } {
  const seen: string[] = [];
  const visitor: Required<Omit<EntryVisitor, "memory">> = {
    batch: (firstLsn, count, session) => void seen.push(`${count} records from ${firstLsn}, session ${session}`),
    put: (lsn, array, keyStart, keyEnd, valueStart, valueEnd) =>
      void seen.push(`${lsn} ${textOf({ type: "put", key: array.slice(keyStart, keyEnd), value: array.slice(valueStart, valueEnd) })}`),
    delete: (lsn, array, keyStart, keyEnd) => void seen.push(`${lsn} ${textOf({ type: "delete", key: array.slice(keyStart, keyEnd) })}`),
    commit: (lsn, offsets, watermark) => void seen.push(`${lsn} ${textOf({ type: "commit", offsets, watermark })}`),
    checkpoint: (lsn, id) => void seen.push(`${lsn} ${textOf({ type: "checkpoint", id })}`),
    batchEnd: () => undefined,
  };
  return { seen, visitor };
}

async function requireSame(reader: LogReader<WalEntry>, options?: ReadOptions): Promise<void> {
  const collected = collector();
  await visit(reader, collected.visitor, options);
  const read = (await batchesOf(reader, options)).flatMap(({ firstLsn, session, entries }) => [
    `${entries.length} records from ${firstLsn}, session ${session}`,
    ...entries.map((entry, i) => `${firstLsn + i} ${textOf(entry)}`),
  ]);
  assert.deepEqual(collected.seen, read);
}

/** What every reader does that has the fast way to read. */
export const visiting: ReaderCases = {
  "visits exactly what it reads, from any record on": {
    content: allKinds,
    async run({ reader }) {
      await requireSame(reader);
      for (let after = 0; after <= 11; after++) await requireSame(reader, { after });
    },
  },
  "visits nothing in an empty log": {
    content: [],
    async run({ reader }) {
      await requireSame(reader);
    },
  },
  "visits around a gap as it reads around it": {
    needs: ["fences"],
    content: [batch(1, 4), { truncateAfter: 2 }, batch(5, 6)],
    async run({ reader }) {
      for (const after of [0, 1, 2, 5]) await requireSame(reader, { after });
      await refuses(() => visit(reader, collector().visitor, { after: 3 }), code("WAL_POSITION_FENCED"));
    },
  },
  "leaves a visitor's bytes as they are until its `batchEnd` has settled": {
    content: allKinds,
    async run({ reader }) {
      let shown: (() => void)[] = [];
      let looked = 0;
      const still = (bytes: Uint8Array, start: number, end: number): void => {
        const before = bytes.slice(start, end);
        shown.push(() => assert.deepEqual(bytes.slice(start, end), before));
      };
      await visit(reader, {
        ...collector().visitor,
        put: (_lsn, array, keyStart, _keyEnd, _valueStart, valueEnd) => still(array, keyStart, valueEnd),
        delete: (_lsn, array, keyStart, keyEnd) => still(array, keyStart, keyEnd),
        async batchEnd() {
          for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 0));
          for (const look of shown) look();
          looked += shown.length;
          shown = [];
        },
      });
      assert.equal(looked, 6);
    },
  },
  "calls a visitor's `batchEnd` behind the records of each batch, and waits for it": {
    content: allKinds,
    async run({ reader }) {
      const { visitor, seen } = collector();
      let waiting = false;
      await visit(reader, {
        ...visitor,
        batch: (...args) => (assert.equal(waiting, false, "a batch came while the one before was being waited for"), visitor.batch(...args)),
        async batchEnd() {
          waiting = true;
          await new Promise((resolve) => setTimeout(resolve, 0));
          waiting = false;
          seen.push("end");
        },
      });
      const kinds = seen.map((what) => (what === "end" ? "end" : what.includes("records") ? "batch" : "entry"));
      assert.deepEqual(kinds.join(" ").split(" end").map((part) => part.trim().split(" ").length), [4, 7, 2, 1]);
      assert.equal(kinds.at(-1), "end");
    },
  },
  "waits for what a visitor's `batch` returns, and does without a `batch`": {
    content: allKinds,
    async run({ reader }) {
      const { visitor, seen } = collector();
      let waiting = false;
      const entry = (): void => assert.equal(waiting, false, "an entry came while the batch was being waited for");
      await visit(reader, {
        ...visitor,
        async batch() {
          waiting = true;
          for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 0));
          waiting = false;
        },
        put: (...args) => (entry(), visitor.put(...args)),
        delete: (...args) => (entry(), visitor.delete(...args)),
      });
      assert.equal(seen.length, 10);
      const { batch: _, ...rest } = collector().visitor;
      await visit(reader, rest);
    },
  },
  "ends a visit with what the visitor throws": {
    content: allKinds,
    async run({ reader }) {
      const stop = new Error("the visitor has seen enough");
      const { visitor, seen } = collector();
      const throwing = (): never => {
        throw stop;
      };
      await refuses(() => visit(reader, { ...visitor, delete: throwing }), (error) => error === stop);
      assert.deepEqual(seen.filter((what) => !what.includes("records")).map((what) => what.split(" ")[0]), ["1", "2", "3"]);
      await refuses(() => visit(reader, { ...visitor, batch: () => Promise.reject(stop) }), (error) => error === stop);
      await refuses(() => visit(reader, { ...visitor, batch: throwing }), (error) => error === stop);
      await requireSame(reader);
    },
  },
  "ends a visit with the signal's reason": {
    content: allKinds,
    async run({ reader }) {
      const aborting = new AbortController();
      const { visitor, seen } = collector();
      const checkpoint = (): void => aborting.abort("enough");
      await refuses(() => visit(reader, { ...visitor, checkpoint }, { signal: aborting.signal }), (error) => error === "enough");
      assert.equal(seen.some((what) => what.startsWith("10")), false);
      await refuses(() => visit(reader, visitor, { signal: AbortSignal.abort("before") }), (error) => error === "before");
    },
  },
  "refuses a visit from what is no LSN, and any visit after close": {
    content: allKinds,
    async run({ reader }) {
      for (const [after, error] of noLsns) await refuses(() => visit(reader, collector().visitor, { after: after as number }), error);
      await reader.close();
      await refuses(() => visit(reader, collector().visitor), code("WAL_CLOSED"));
    },
  },
  "visits and follows until the signal aborts": {
    needs: ["follow"],
    content: [batch(1, 3)],
    async run({ reader }) {
      const aborting = new AbortController();
      const seen: number[] = [];
      const visitor = { ...collector().visitor, put: (lsn: number): void => void (seen.push(lsn) === 3 && aborting.abort("enough")) };
      await refuses(() => visit(reader, visitor, { follow: true, signal: aborting.signal }), (error) => error === "enough");
      assert.deepEqual(seen, [1, 2, 3]);
    },
  },
};
