import { describe, expect, it } from "vitest";
import { repairOneBit } from "../src/bit-flip.ts";
import { BATCH_HEADER_BYTES, sealBatch } from "../src/segment-format.ts";
import { seeded } from "./logs.ts";

const SALT = 5;
const POSITION = 128;

function batchOf(bodyBytes: number): Uint8Array {
  const random = seeded(bodyBytes);
  const frame = Uint8Array.from({ length: BATCH_HEADER_BYTES + bodyBytes }, () => Math.floor(random() * 256));
  sealBatch(frame, SALT, POSITION, { firstLsn: 1, count: 1, flags: 0, session: 1, durableLsn: 0 });
  return frame;
}

function flipped(bytes: Uint8Array, ...bits: readonly number[]): Uint8Array {
  const copy = bytes.slice();
  for (const bit of bits) copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

describe("the search for a flipped bit", () => {
  it.each([1, 12, 500, 3000])("finds each bit of a batch with a body of %i bytes, and gives the batch as it was", (bodyBytes) => {
    const frame = batchOf(bodyBytes);
    for (let bit = 0; bit < frame.length * 8; bit += bodyBytes > 1000 ? 7 : 1) {
      const repair = repairOneBit(flipped(frame, bit), SALT, POSITION);
      if (repair?.byte !== bit >> 3) expect.fail(`bit ${bit}: ${repair?.byte}`);
      expect(Buffer.compare(repair.body, frame.subarray(BATCH_HEADER_BYTES)), `bit ${bit}`).toBe(0);
    }
  });

  it("finds none where two bits were flipped", () => {
    const frame = batchOf(500);
    const random = seeded(2);
    for (let round = 0; round < 2000; round++) {
      const [one, other] = [Math.floor(random() * frame.length * 8), Math.floor(random() * frame.length * 8)];
      if (one !== other) expect(repairOneBit(flipped(frame, one, other), SALT, POSITION), `bits ${one} and ${other}`).toBeUndefined();
    }
  });

  it("leaves the bytes as they are, also those of a Buffer", () => {
    for (const bit of [8 * 8, 55 * 8]) {
      const damaged = Buffer.from(flipped(batchOf(12), bit));
      const before = [...damaged];
      expect(repairOneBit(damaged, SALT, POSITION)?.byte).toBe(bit >> 3);
      expect([...damaged]).toEqual(before);
    }
  });
});
