import { expect, test } from "vitest";
import { RecordArena } from "../src/record-arena.ts";
import { bytes } from "./samples.ts";

test("an append of an array whose memory was transferred away throws and leaves no trace", () => {
  for (const size of [10, 100_000]) {
    const arena = new RecordArena();
    arena.append(bytes("before"), new Uint8Array(size));
    const { live, turnover } = arena;
    const gone = new Uint8Array(size);
    structuredClone(gone, { transfer: [gone.buffer] });
    expect(() => arena.append(bytes("key"), gone)).toThrow(TypeError);
    expect(() => arena.append(gone, new Uint8Array(size))).toThrow(TypeError);
    expect([arena.live, arena.turnover]).toEqual([live, turnover]);
  }
});
