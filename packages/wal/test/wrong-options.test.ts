import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { memoryWal, openWal, openWalReader, readWalSync, verifyWal } from "../src/index.ts";
import { freshDirectory } from "./logs.ts";

const wrong: readonly unknown[] = [
  null, 3, "options", { codec: {} }, { codec: "json" }, { codec: null }, { codec: { encode: () => new Uint8Array(0) } }, { mustExist: "yes" }, { oneContainer: 1 },
];

describe("a caller in JavaScript", () => {
  it.each(wrong.map((options) => ({ options })))("is told what is wrong with $options before anything happens", async ({ options }) => {
    const directory = join(await freshDirectory(), "log");
    await expect(openWal(directory, options as never)).rejects.toThrow(TypeError);
    await expect(openWalReader(directory, options as never)).rejects.toThrow(TypeError);
    expect(() => readWalSync(directory, options as never)).toThrow(TypeError);
    expect(() => memoryWal(options as never)).toThrow(TypeError);
    expect(existsSync(directory)).toBe(false);
  });

  it.each([42, "", "x\0y", undefined, null])("is told that %j is no path", async (directory) => {
    await expect(openWal(directory as never)).rejects.toThrow(TypeError);
    await expect(openWalReader(directory as never)).rejects.toThrow(TypeError);
    await expect(verifyWal(directory as never)).rejects.toThrow(TypeError);
    expect(() => readWalSync(directory as never)).toThrow(TypeError);
  });

  it.each([
    { segmentSize: "1" }, { maxEntrySize: "1" }, { maxBatchSize: null }, { highWaterMark: true }, { syncInterval: "100" },
  ])("is told that %j is no number", async (options) => {
    await expect(openWal(join(await freshDirectory(), "log"), options as never)).rejects.toThrow(TypeError);
  });

  it.each([
    { segmentSize: 1 }, { maxEntrySize: 0 }, { maxBatchSize: 1.5 }, { highWaterMark: Number.NaN }, { syncInterval: 0 }, { syncInterval: 2 ** 31 },
  ])("is told that %j is out of range", async (options) => {
    await expect(openWal(join(await freshDirectory(), "log"), options)).rejects.toThrow(RangeError);
  });
});
