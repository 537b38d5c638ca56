import { describe, expect, it } from "vitest";
import { AppendBuffer } from "../src/append-buffer.ts";
import { BufferPool } from "../src/buffer-pool.ts";
import { ByteSink } from "../src/byte-sink.ts";
import { entryEncoder } from "../src/encode-entries.ts";
import type { WalEntry, WalEntryInput } from "../src/index.ts";
import { BATCH_END, BATCH_HEADER_BYTES } from "../src/segment-format.ts";
import type { PreparedBatch } from "../src/segment-writer.ts";
import { decodeStandard } from "../src/standard-entries.ts";
import { put, seeded } from "./logs.ts";
import { encodePlainly } from "./plain-encoding.ts";
import { randomEntry } from "./random-entries.ts";

const MIB = 1024 * 1024;
const TOO_LARGE = put("k", "x".repeat(MIB));

function bufferWith(limits: { maxEntrySize?: number; maxBatchSize?: number; highWaterMark?: number } = {}): AppendBuffer<unknown> {
  return new AppendBuffer(entryEncoder(undefined), { maxEntrySize: MIB, maxBatchSize: MIB, highWaterMark: 16 * MIB, ...limits }, 1);
}

const bodyOf = ({ frame }: PreparedBatch): Uint8Array => frame.subarray(BATCH_HEADER_BYTES, frame.length - 1);
const entriesOf = (batch: PreparedBatch): WalEntry[] => decodeStandard(bodyOf(batch), bodyOf(batch).length, batch.count);
const everything = Number.POSITIVE_INFINITY;

/** Fails in the middle of a group, in one of the ways that there are. */
function* broken(entries: readonly WalEntry[], how: number): Generator<WalEntryInput> {
  yield* entries;
  if (how < 0.3) throw new Error("the source of the entries failed");
  yield how < 0.6 ? ({ type: "put", key: "text", value: new Uint8Array(1) } as unknown as WalEntryInput) : TOO_LARGE;
}

describe("the append buffer", () => {
  it("holds exactly the plain encoding of what it took, whatever is refused in between and whichever buffers come back", () => {
    const seed = 20_270_203;
    const random = seeded(seed);
    for (let round = 0; round < 30; round++) {
      const buffer = bufferWith({ maxBatchSize: 1 + Math.floor(random() * 3000), highWaterMark: 1 + Math.floor(random() * 20_000) });
      const taken: WalEntry[] = [];
      const batches: { batch: PreparedBatch; copy: Uint8Array }[] = [];
      let read = 0;
      const check = ({ batch, copy }: { batch: PreparedBatch; copy: Uint8Array }): void => {
        expect(Buffer.compare(batch.frame, copy), `seed ${seed}, round ${round}: a batch changed before it was released`).toBe(0);
        buffer.release(batch);
      };
      for (let step = 0; step < 150; step++) {
        const entries = Array.from({ length: Math.floor(random() * 5) }, () => randomEntry(random, 3000));
        const choice = random();
        if (choice < 0.5) for (const entry of entries) expect(buffer.add(entry)).toBe(taken.push(entry));
        else if (choice < 0.65) {
          buffer.addAll(entries);
          taken.push(...entries);
        } else if (choice < 0.75) expect(() => buffer.addAll(broken(entries, random()))).toThrow();
        else if (choice < 0.8) expect(() => buffer.add(TOO_LARGE)).toThrow(/maxEntrySize/);
        else if (choice < 0.85) buffer.closeBatch();
        else if (choice < 0.95) {
          for (const batch of buffer.take(everything)) {
            expect([batch.firstLsn, batch.count], `seed ${seed}, round ${round}`).toEqual([read + 1, entriesOf(batch).length]);
            const plain = Uint8Array.from([...taken.slice(read, read + batch.count).flatMap(encodePlainly), BATCH_END]);
            expect(Buffer.compare(batch.frame.subarray(BATCH_HEADER_BYTES), plain), `seed ${seed}, round ${round}`).toBe(0);
            read += batch.count;
            batches.push({ batch, copy: batch.frame.slice() });
          }
        } else if (batches.length > 0) check(batches.splice(Math.floor(random() * batches.length), 1)[0] as (typeof batches)[number]);
        expect([buffer.nextLsn, buffer.isEmpty], `seed ${seed}, round ${round}`).toEqual([taken.length + 1, read === taken.length]);
      }
      for (const held of batches) check(held);
      buffer.take(everything).forEach((batch) => buffer.release(batch));
      expect(buffer.bytes, `seed ${seed}, round ${round}`).toBe(0);
    }
  });

  it("refuses an entry that is too large before it takes memory for it", () => {
    const buffer = bufferWith({ maxEntrySize: 1000 });
    buffer.add(put("a", "1"));
    const before = buffer.bytes;
    const large = { type: "put", key: new Uint8Array(1), value: new Uint8Array(512 * MIB) };
    const arrayBuffers = process.memoryUsage().arrayBuffers;
    expect(() => buffer.add(large)).toThrow(expect.objectContaining({ code: "WAL_ENTRY_TOO_LARGE", expected: 1000, actual: 512 * MIB + 9 }));
    expect(() => buffer.addAll([put("b", ""), large])).toThrow(expect.objectContaining({ code: "WAL_ENTRY_TOO_LARGE", expected: 1000 }));
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(MIB);
    expect([buffer.bytes, buffer.nextLsn]).toEqual([before, 2]);
  });

  it("takes an entry and a group of exactly the limit, and refuses one byte more", () => {
    const buffer = bufferWith({ maxEntrySize: 100 });
    const entry = (bytes: number): WalEntryInput => ({ type: "delete", key: new Uint8Array(bytes - 3) });
    expect(buffer.add(entry(100))).toBe(1);
    expect(() => buffer.add(entry(101))).toThrow(expect.objectContaining({ code: "WAL_ENTRY_TOO_LARGE", actual: 101 }));
    buffer.addAll([entry(50), entry(30), entry(20)]);
    expect(buffer.nextLsn).toBe(5);
    expect(() => buffer.addAll([entry(50), entry(30), entry(21)])).toThrow(expect.objectContaining({ code: "WAL_ENTRY_TOO_LARGE", actual: 101 }));
    expect(buffer.add(entry(100))).toBe(5);
  });

  it("refuses a group without end at the limit", () => {
    const buffer = bufferWith({ maxEntrySize: 10_000 });
    function* endless(): Generator<WalEntryInput> {
      for (;;) yield put("a", "1");
    }
    expect(() => buffer.addAll(endless())).toThrow(expect.objectContaining({ code: "WAL_ENTRY_TOO_LARGE" }));
    expect([buffer.bytes, buffer.nextLsn]).toEqual([0, 1]);
  });

  it("refuses what an iterable does to the log that takes its entries, and takes nothing of the group then", () => {
    const buffer = bufferWith();
    buffer.add(put("a", ""));
    const uses: (() => void)[] = [() => buffer.add(put("x", "")), () => buffer.addAll([put("x", "")]), () => buffer.closeBatch()];
    for (const use of uses) {
      function* entries(): Generator<WalEntryInput> {
        yield put("b", "");
        use();
        yield put("c", "");
      }
      expect(() => buffer.addAll(entries())).toThrow(TypeError);
    }
    expect(buffer.add(put("d", ""))).toBe(2);
    const keys = buffer.take(everything).flatMap(entriesOf).map((entry) => "key" in entry && String.fromCharCode(...entry.key));
    expect(keys).toEqual(["a", "d"]);
  });

  it("lets a codec append while it encodes: the inner entry comes first", () => {
    const codec = {
      encode(text: unknown): Uint8Array {
        if (text === "outer") buffer.add("inner");
        return new TextEncoder().encode(String(text));
      },
      decode: (bytes: Uint8Array): unknown => new TextDecoder().decode(bytes),
    };
    const buffer = new AppendBuffer<unknown>(entryEncoder(codec), { maxEntrySize: 10, maxBatchSize: 1, highWaterMark: 1 }, 1);
    expect(buffer.add("outer")).toBe(2);
    const batches = buffer.take(everything);
    expect(batches.map(({ firstLsn, frame }) => [firstLsn, codec.decode(frame.subarray(BATCH_HEADER_BYTES + 2, -1))])).toEqual([[1, "inner"], [2, "outer"]]);
  });

  it("hands over what was added before a point, and keeps what came after it", () => {
    const buffer = bufferWith();
    buffer.add(put("a", ""));
    buffer.closeBatch();
    const fence = buffer.nextLsn;
    buffer.add(put("b", ""));
    expect(buffer.take(0)).toEqual([]);
    expect(buffer.take(fence).map(({ firstLsn, count }) => [firstLsn, count])).toEqual([[1, 1]]);
    expect(buffer.firstLsn).toBe(2);
    expect(buffer.take(everything).map(({ firstLsn, count }) => [firstLsn, count])).toEqual([[2, 1]]);
    expect([buffer.isEmpty, buffer.firstLsn]).toEqual([true, 3]);
  });

  it("grows by doubling, so that a large group is copied a few times and not with every entry", () => {
    const sink = new ByteSink(new BufferPool(100_000, 0), 0, 100 * MIB);
    const buffers = new Set<Uint8Array>();
    for (let i = 0; i < 5000; i++) {
      sink.reserve(1000);
      buffers.add(sink.bytes);
    }
    expect(buffers.size).toBeLessThan(10);
    expect(sink.bytes.length).toBeLessThan(2 * sink.length);
  });

  it("needs no more buffers than it held at once and a few that were outgrown, however much goes through", () => {
    const buffer = bufferWith({ maxBatchSize: 100_000 });
    const buffers = new Set<ArrayBufferLike>();
    const entry = put("k".repeat(16), "v".repeat(100));
    let bytes = 0;
    for (let flush = 0; flush < 200; flush++) {
      while (buffer.bytes < 300_000) buffer.add(entry);
      for (const batch of buffer.take(everything)) {
        buffers.add(batch.frame.buffer);
        bytes += batch.frame.length;
        buffer.release(batch);
      }
    }
    console.log(`${(bytes / MIB).toFixed(0)} MiB went through ${buffers.size} buffers`);
    expect(buffers.size).toBeLessThan(8);
  });
});
