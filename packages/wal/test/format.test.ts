import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readLogImage } from "../src/testing/index.ts";

/** The bytes of the worked example in FORMAT.md. */
function example(): Uint8Array {
  const page = readFileSync(new URL("../FORMAT.md", import.meta.url), "utf8");
  const hex = /```hex\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  return Uint8Array.from(hex.trim().split(/\s+/), (byte) => Number.parseInt(byte, 16));
}

it("the worked example of FORMAT.md is a log that says what the page says", () => {
  const bytes = example();
  const { batches, tail } = readLogImage({ directory: "/log", files: new Map([["/log/0000000000000001.wal", bytes]]) });
  expect(batches).toEqual([
    {
      firstLsn: 1,
      session: 1,
      entries: [
        { type: "put", key: Uint8Array.of(0x61), value: Uint8Array.of(0x31) },
        { type: "commit", offsets: new Map([["s", 5n]]) },
      ],
    },
  ]);
  expect(tail).toMatchObject({ lastLsn: 2, nextLsn: 3, provenLsn: 2, end: { kind: "clean", offset: bytes.length } });
});
