import { Unpackr } from "msgpackr/unpack";
import { describe, expect, it } from "vitest";
import { BufferPool } from "../src/buffer-pool.ts";
import { ByteSink } from "../src/byte-sink.ts";
import { encodeStandard } from "../src/encode-entries.ts";
import { decodeStandard } from "../src/standard-entries.ts";
import type { WalEntry, WalEntryInput } from "../src/index.ts";
import { put, seeded } from "./logs.ts";

function encode(...entries: WalEntryInput[]): Uint8Array {
  const sink = new ByteSink(new BufferPool(1000, 0), 0, 1_000_000);
  for (const entry of entries) encodeStandard(sink, entry);
  return sink.take();
}

function randomBytes(random: () => number, max: number): Uint8Array {
  return Uint8Array.from({ length: Math.floor(random() * max) }, () => Math.floor(random() * 256));
}

function randomEntry(random: () => number): WalEntry {
  const large = random() < 0.02 ? 70_000 : random() < 0.2 ? 300 : 40;
  const integer = (): bigint => BigInt.asIntN(64, BigInt(Math.floor(random() * 2 ** 32)) ** 2n * (random() < 0.5 ? 1n : -1n));
  const kind = Math.floor(random() * 4);
  if (kind === 0) return { type: "put", key: randomBytes(random, 40), value: randomBytes(random, large) };
  if (kind === 1) return { type: "delete", key: randomBytes(random, large) };
  if (kind === 2) return { type: "checkpoint", id: Math.floor(random() * Number.MAX_SAFE_INTEGER) };
  const offsets = new Map(Array.from({ length: Math.floor(random() * 5) }, (_, i) => [`source ${i} ${"ü".repeat(Math.floor(random() * 200))}`, integer()]));
  return random() < 0.5 ? { type: "commit", offsets } : { type: "commit", offsets, watermark: integer() };
}

/** What msgpackr should see for an entry. */
function asPlain(entry: WalEntry): unknown {
  if (entry.type === "put") return [entry.key, entry.value];
  if (entry.type === "delete") return [entry.key];
  if (entry.type === "checkpoint") return [1, BigInt(entry.id)];
  return [0, entry.offsets, entry.watermark ?? null];
}

describe("the hand-written encoding of the standard entries", () => {
  it("comes back as it went in, and is what msgpackr reads, over random entries", () => {
    const seed = 20_261_124;
    const random = seeded(seed);
    const unpackr = new Unpackr({ mapsAsObjects: false, useRecords: false, int64AsType: "bigint" });
    for (let round = 0; round < 150; round++) {
      const entries = Array.from({ length: 1 + Math.floor(random() * 6) }, () => randomEntry(random));
      const bytes = encode(...entries);
      expect(decodeStandard(bytes, bytes.length, entries.length), `seed ${seed}, round ${round}`).toEqual(entries);
      const read = (unpackr.unpackMultiple(bytes) as unknown[]).map(normal);
      expect(read, `seed ${seed}, round ${round}`).toEqual(entries.map(asPlain));
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

/** msgpackr gives Buffers for binary; compare bytes with bytes. */
function normal(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  return Array.isArray(value) ? value.map(normal) : value;
}
