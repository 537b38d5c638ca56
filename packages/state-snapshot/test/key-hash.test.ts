import { expect, test } from "vitest";
import { halfSipHash, hashKey } from "../src/key-hash.ts";
import { randomBytes, withSeeds } from "./random.ts";
import { bytes } from "./samples.ts";

const rotated = (word: number, by: number): number => ((word << by) | (word >>> (32 - by))) >>> 0;
const sum = (a: number, b: number): number => (a + b) >>> 0;

/** The definition, as the authors of SipHash give it, with one compression and three finalization rounds. */
function defined(message: Uint8Array, key0: number, key1: number): number {
  const v: [number, number, number, number] = [key0, key1, 0x6c796765 ^ key0, 0x74656462 ^ key1];
  const round = (): void => {
    let [v0, v1, v2, v3] = v;
    v0 = sum(v0, v1);
    v2 = sum(v2, v3);
    v1 = rotated(v1, 5) ^ v0;
    v3 = rotated(v3, 8) ^ v2;
    v0 = sum(rotated(v0, 16), v3);
    v2 = sum(v2, v1);
    v3 = rotated(v3, 7) ^ v0;
    v1 = rotated(v1, 13) ^ v2;
    v[0] = v0;
    v[1] = v1;
    v[2] = rotated(v2, 16);
    v[3] = v3;
  };
  const padded = new Uint8Array((message.length & ~3) + 4);
  padded.set(message);
  padded[padded.length - 1] = message.length;
  const view = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 4) {
    v[3] ^= view.getUint32(at, true);
    round();
    v[0] ^= view.getUint32(at, true);
  }
  v[2] ^= 0xff;
  for (let count = 0; count < 3; count += 1) round();
  return (v[1] ^ v[3]) | 0;
}

test("the hash is HalfSipHash-1-3, at every length and offset", async () => {
  expect(halfSipHash(new Uint8Array(0), 0, 0, 0x03020100, 0x07060504)).toBe(0x5814c896);
  await withSeeds(200, (random) => {
    const message = randomBytes(random, 70);
    const start = random(message.length + 1);
    const end = start + random(message.length - start + 1);
    const [key0, key1] = [random(2 ** 32), random(2 ** 32)];
    expect(halfSipHash(message, start, end, key0, key1)).toBe(defined(message.subarray(start, end), key0, key1));
  });
});

test("keys that differ little are spread evenly", () => {
  const keys = 65_536;
  const most = [0, 8, 16, 24].map((shift) => {
    const buckets = new Uint32Array(256);
    for (let index = 0; index < keys; index += 1) {
      const key = bytes(`user:${index}`);
      const bucket = (hashKey(key, 0, key.length) >>> shift) & 255;
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    return Math.max(...buckets);
  });
  console.log(`fullest of 256 buckets, by each byte of the hash: ${most.join(", ")} of ${keys} keys; ${keys / 256} would be even`);
  // Seven standard deviations: once in a hundred million runs.
  for (const count of most) expect(count).toBeLessThan(keys / 256 + 7 * Math.sqrt(keys / 256));
});
