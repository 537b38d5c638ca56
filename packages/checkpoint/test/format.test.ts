import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { decodeMetadata, encodeMetadata } from "../src/metadata-format.ts";

const example = (): Uint8Array => {
  const page = readFileSync(new URL("../FORMAT.md", import.meta.url), "utf8");
  return new TextEncoder().encode(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "");
};

it("the worked example of FORMAT.md is metadata that say what the page says", () => {
  const metadata = decodeMetadata(example(), 1, "example");
  expect(metadata).toMatchObject({ id: 1, epoch: 7, walPosition: 42, watermark: -5n, kind: "full", sizeBytes: 5 });
  expect(metadata.sourceOffsets).toEqual(new Map([["requests", 2n ** 53n + 1n]]));
  expect(encodeMetadata(metadata)).toEqual(example());
});

it("metadata of another id are refused", () => {
  expect(() => decodeMetadata(example(), 2, "example")).toThrow(/those of checkpoint 1/);
});
