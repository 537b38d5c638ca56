import { Unpackr } from "msgpackr/unpack";
import { describe, expect, it } from "vitest";
import { BufferPool } from "../src/buffer-pool.ts";
import { ByteSink } from "../src/byte-sink.ts";
import { encodeStandard } from "../src/encode-entries.ts";
import { decodeStandard } from "../src/standard-entries.ts";
import type { WalEntry, WalEntryInput } from "../src/index.ts";
import { put, seeded } from "./logs.ts";
import { encodePlainly } from "./plain-encoding.ts";
import { randomBytes, randomEntry } from "./random-entries.ts";

function encode(...entries: WalEntryInput[]): Uint8Array {
  const sink = new ByteSink(new BufferPool(1000, 0), 0, 1_000_000);
  for (const entry of entries) encodeStandard(sink, entry);
  return sink.take();
}

/** What msgpackr should see for an entry. */
function asPlain(entry: WalEntry): unknown {
  if (entry.type === "put") return [entry.key, entry.value];
  if (entry.type === "delete") return [entry.key];
  if (entry.type === "checkpoint") return [1, BigInt(entry.id)];
  return [0, entry.offsets, entry.watermark ?? null];
}

describe("the hand-written encoding of the standard entries", () => {
  it("is byte for byte the plain one, comes back as it went in, and is what msgpackr reads, over random entries", () => {
    const seed = 20_261_124;
    const random = seeded(seed);
    const unpackr = new Unpackr({ mapsAsObjects: false, useRecords: false, int64AsType: "bigint" });
    for (let round = 0; round < 150; round++) {
      const entries = Array.from({ length: 1 + Math.floor(random() * 6) }, () => randomEntry(random));
      const bytes = encode(...entries);
      expect(Buffer.compare(bytes, Uint8Array.from(entries.flatMap(encodePlainly))), `seed ${seed}, round ${round}`).toBe(0);
      const expected = entries.map(asPlain).map(readable);
      expect(decodeStandard(bytes, bytes.length, entries.length).map(asPlain).map(readable), `seed ${seed}, round ${round}`).toEqual(expected);
      expect((unpackr.unpackMultiple(bytes) as unknown[]).map(readable), `seed ${seed}, round ${round}`).toEqual(expected);
    }
  });

  it("takes 121 bytes for a key of 16 and a value of 100", () => {
    expect(encode(put("k".repeat(16), "v".repeat(100)))).toHaveLength(121);
  });

  it("refuses what isn't an entry with a TypeError", () => {
    const wrong: unknown[] = [
      undefined,
      null,
      {},
      { type: "upsert" },
      { type: "put", key: "a", value: new Uint8Array(1) },
      { type: "put", key: new Uint8Array(1), value: null },
      { type: "delete" },
      { type: "commit", offsets: { a: 1 } },
      { type: "commit", offsets: new Map([["a", 1.5]]) },
      { type: "commit", offsets: new Map([[1, 1n]]) },
      { type: "commit", offsets: new Map(), watermark: "5" },
      { type: "checkpoint", id: -1 },
    ];
    for (const entry of wrong) expect(() => encode(entry as WalEntryInput)).toThrow(TypeError);
  });

  it("writes numbers as it writes the bigints of the same value", () => {
    for (const offset of [0, 1, -1, 255, 2 ** 32, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -0]) {
      const asNumber = encode({ type: "commit", offsets: new Map([["a", offset]]), watermark: offset });
      expect(asNumber).toEqual(encode({ type: "commit", offsets: new Map([["a", BigInt(offset)]]), watermark: BigInt(offset) }));
    }
  });

  it("refuses a commit whole when it is wrong in its last part, or has too much of anything", () => {
    const sources = (count: number): Map<string, number> => new Map(Array.from({ length: count }, (_, i) => [`${i}`, i]));
    const sink = new ByteSink(new BufferPool(1000, 0), 0, 10_000_000);
    expect(() => encodeStandard(sink, { type: "commit", offsets: sources(0x10000) })).toThrow(RangeError);
    expect(() => encodeStandard(sink, { type: "commit", offsets: new Map([["a".repeat(0x10000), 1]]) })).toThrow(RangeError);
    expect(() => encodeStandard(sink, { type: "commit", offsets: sources(3), watermark: 0.5 })).toThrow(TypeError);
    expect(sink.length).toBe(0);
    encodeStandard(sink, { type: "commit", offsets: sources(0xffff) });
    const bytes = sink.take();
    expect(decodeStandard(bytes, bytes.length, 1)).toHaveLength(1);
  });

  it("refuses a source whose name isn't well-formed text, which would come back as another one", () => {
    for (const name of ["\ud800", "a\udfff", "\udc00\ud800"]) {
      expect(() => encode({ type: "commit", offsets: new Map([[name, 1]]) })).toThrow(TypeError);
    }
    const bytes = encode({ type: "commit", offsets: new Map([["\ud83d\ude00", 1]]) });
    expect(decodeStandard(bytes, bytes.length, 1)).toEqual([{ type: "commit", offsets: new Map([["\ud83d\ude00", 1n]]) }]);
  });

  it("keeps a byte order mark at the beginning of a source's name, which is part of it", () => {
    const offsets = new Map([["\ufeffa", 1n], ["a", 2n], ["\ufeff", 3n]]);
    const bytes = encode({ type: "commit", offsets });
    expect(decodeStandard(bytes, bytes.length, 1)).toEqual([{ type: "commit", offsets }]);
  });

  it("refuses the id of a checkpoint that no writer would have written", () => {
    const bytes = encode({ type: "checkpoint", id: Number.MAX_SAFE_INTEGER });
    expect(decodeStandard(bytes, bytes.length, 1)).toEqual([{ type: "checkpoint", id: Number.MAX_SAFE_INTEGER }]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const id of [2n ** 53n, -1n, -(2n ** 63n)]) {
      view.setBigInt64(bytes.length - 8, id);
      expect(() => decodeStandard(bytes, bytes.length, 1), String(id)).toThrow(RangeError);
    }
  });

  it("refuses numbers that 64 bits don't hold with a RangeError", () => {
    for (const offset of [2n ** 64n, -(2n ** 63n) - 1n]) {
      expect(() => encode({ type: "commit", offsets: new Map([["a", offset]]) })).toThrow(RangeError);
    }
  });

  it("throws for bytes that are no entries, whatever they are, and takes no memory for lengths that lie", () => {
    const random = seeded(7);
    for (let round = 0; round < 5000; round++) {
      const bytes = randomBytes(random, 60);
      try {
        decodeStandard(bytes, bytes.length, 1 + Math.floor(random() * 3));
      } catch (error) {
        expect(error instanceof RangeError || error instanceof TypeError, String(error)).toBe(true);
      }
    }
    expect(() => decodeStandard(Uint8Array.of(0x91, 0xc6, 0xff, 0xff, 0xff, 0xff), 6, 1)).toThrow(RangeError);
  });
});

/** Bytes as text, whether they came as a Buffer or not: it compares in a hundredth of the time. */
function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString("latin1");
  return Array.isArray(value) ? value.map(readable) : value;
}
