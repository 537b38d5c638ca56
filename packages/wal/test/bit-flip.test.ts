import { expect, it } from "vitest";
import { repairOneBit } from "../src/bit-flip.ts";
import { sealBatch } from "../src/segment-format.ts";

it("the search for a flipped bit leaves the bytes as they are, also those of a Buffer", () => {
  const frame = Buffer.alloc(60, 7);
  sealBatch(frame, 5, 128, { firstLsn: 1, count: 1, flags: 0, session: 1, durableLsn: 0 });
  for (const at of [8, 55]) {
    const damaged = Buffer.from(frame);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    const before = [...damaged];
    expect(repairOneBit(damaged, 5, 128)?.byte).toBe(at);
    expect([...damaged]).toEqual(before);
  }
});
