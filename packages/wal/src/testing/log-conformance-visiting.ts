import assert from "node:assert/strict";
import type { ReaderCases } from "./log-conformance.ts";
import { batch, batchesOf, bytes, code, noLsns, refuses, textOf } from "./log-conformance-content.ts";
import type { EntryVisitor, LogReader, ReadOptions } from "../log.ts";
import type { WalEntry } from "../wal-entry.ts";

const allKinds = [
  batch(1, 3),
  {
    append: [
      { type: "delete", key: bytes("key") },
      { type: "put", key: new Uint8Array(0), value: new Uint8Array(0) },
      { type: "commit", offsets: new Map([["a", -5n], ["b", 2n ** 64n - 1n]]), watermark: 0n },
      { type: "commit", offsets: new Map() },
      { type: "checkpoint", id: 7 },
      { type: "put", key: bytes("large"), value: new Uint8Array(70_000).fill(9) },
    ],
  },
  { append: [{ type: "commit", offsets: new Map(), watermark: 12n }] },
] as const;

function visit(reader: LogReader<WalEntry>, visitor: EntryVisitor, options?: ReadOptions): Promise<void> {
  if (!reader.visit) assert.fail('this log has no `visit`: say that it lacks "visit"');
  return reader.visit(visitor, options);
}

/** Makes the entries again from what it is called with. */
function collector(): { readonly seen: (readonly [string, (() => WalEntry)?])[]; readonly visitor: Required<EntryVisitor> } {
  const seen: (readonly [string, (() => WalEntry)?])[] = [];
  const visitor: Required<EntryVisitor> = {
    batch: (firstLsn, count, session) => void seen.push([`${count} records from ${firstLsn}, session ${session}`]),
    put: (lsn, array, keyStart, keyEnd, valueStart, valueEnd) =>
      void seen.push([`${lsn}`, () => ({ type: "put", key: array.subarray(keyStart, keyEnd), value: array.subarray(valueStart, valueEnd) })]),
    delete: (lsn, array, keyStart, keyEnd) => void seen.push([`${lsn}`, () => ({ type: "delete", key: array.subarray(keyStart, keyEnd) })]),
    commit: (lsn, offsets, watermark) => void seen.push([`${lsn}`, () => ({ type: "commit", offsets, watermark })]),
    checkpoint: (lsn, id) => void seen.push([`${lsn}`, () => ({ type: "checkpoint", id })]),
  };
  return { seen, visitor };
}

const textsOf = ({ seen }: ReturnType<typeof collector>): string[] => seen.map(([what, entry]) => (entry ? `${what} ${textOf(entry())}` : what));

async function requireSame(reader: LogReader<WalEntry>, options?: ReadOptions): Promise<void> {
  const collected = collector();
  await visit(reader, collected.visitor, options);
  const read = (await batchesOf(reader, options)).flatMap(({ firstLsn, session, entries }) => [
    `${entries.length} records from ${firstLsn}, session ${session}`,
    ...entries.map((entry, i) => `${firstLsn + i} ${textOf(entry)}`),
  ]);
  assert.deepEqual(textsOf(collected), read);
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
  "gives a visitor bytes that never change": {
    content: allKinds,
    async run({ reader }) {
      const [first, second] = [collector(), collector()];
      await visit(reader, first.visitor);
      const before = textsOf(first);
      await visit(reader, second.visitor);
      assert.deepEqual(textsOf(first), before);
      assert.deepEqual(textsOf(second), before);
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
      assert.deepEqual(seen.map(([what]) => what).filter((what) => !what.includes("records")), ["1", "2", "3"]);
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
      assert.equal(seen.some(([what]) => what.startsWith("10")), false);
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
