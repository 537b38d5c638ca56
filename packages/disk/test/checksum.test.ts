import { describe, expect, it } from "vitest";
import { crc32 } from "../src/checksum.ts";
import { portableCrc32 } from "../src/portable-crc32.ts";
import { randomNumbers } from "./random.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** One bit at a time, straight from the definition. */
function referenceCrc32(bytes: Uint8Array, seed: number): number {
  let crc = ~seed;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

describe("crc32", () => {
  it("gives the check value of the standard, unsigned", () => {
    expect(crc32(text("123456789"))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });

  it("gives the same value natively, in JavaScript alone and by definition, for any length, alignment and seed", () => {
    const seed = Date.now();
    const random = randomNumbers(seed);
    const pool = Uint8Array.from({ length: 20_000 }, () => random(256));
    const edges = [0, 1, 383, 384, 385, 10_000, 10_001, 16_384];
    for (let round = 0; round < 400; round += 1) {
      const length = edges[round] ?? random(2_000);
      const start = random(pool.length - length);
      const bytes = pool.subarray(start, start + length);
      const before = round % 3 === 0 ? 0 : random(0x1_0000_0000);
      const expected = referenceCrc32(bytes, before);
      expect(crc32(bytes, before), `seed ${seed}, round ${round}`).toBe(expected);
      expect(portableCrc32(bytes, before), `seed ${seed}, round ${round}, JavaScript`).toBe(expected);
    }
  });

  it("continues from the checksum of what came before", () => {
    const bytes = Uint8Array.from({ length: 5_000 }, (_, index) => index * 7);
    for (const cut of [0, 1, 100, 384, 4_999, 5_000]) {
      expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(crc32(bytes));
    }
  });

  it("refuses a seed that is no unsigned 32-bit number, whatever the length of the input", () => {
    for (const seed of [-1, 0.5, 0x1_0000_0000, Number.NaN]) {
      expect(() => crc32(new Uint8Array(1), seed)).toThrow(RangeError);
      expect(() => crc32(new Uint8Array(1_000), seed)).toThrow(RangeError);
    }
  });

  it("refuses what isn't bytes, whatever its length", () => {
    const notBytes: readonly unknown[] = [undefined, null, "text", "text".repeat(500), [1, 2], new Uint16Array(1_000), new ArrayBuffer(1_000)];
    for (const wrong of notBytes) {
      expect(() => crc32(wrong as Uint8Array)).toThrow(TypeError);
    }
  });
});
