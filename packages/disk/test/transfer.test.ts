import { describe, expect, it } from "vitest";
import { nodeDisk, readFully, readFullySync, writeFully, writeFullySync, type Disk, type DiskFile } from "../src/index.ts";

/** A file in memory whose every transfer stops after `step` bytes. */
function shortFile(content: number[], step: number): DiskFile & { readonly calls: string[] } {
  const calls: string[] = [];
  const writeSync = (position: number, source: Uint8Array): number => {
    const taken = Math.min(step, source.length);
    calls.push(`write ${position} ${source.length}`);
    for (let index = 0; index < taken; index += 1) content[position + index] = source[index] ?? 0;
    return taken;
  };
  return {
    path: "memory",
    calls,
    size: async () => content.length,
    read: async (position, target) => {
      calls.push(`read ${position} ${target.length}`);
      const part = content.slice(position, position + Math.min(step, target.length));
      target.set(part);
      return part.length;
    },
    write: async (position, source) => writeSync(position, source),
    writeSync,
    sync: async () => undefined,
    close: async () => undefined,
  };
}

describe("readFully", () => {
  it("goes on after short reads until the target is full, and reads no further", async () => {
    const file = shortFile([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 3);
    const target = new Uint8Array(7);
    expect(await readFully(file, 1, target)).toBe(7);
    expect([...target]).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(file.calls).toEqual(["read 1 7", "read 4 4", "read 7 1"]);
  });

  it("returns less only at the end of the file", async () => {
    const file = shortFile([0, 1, 2, 3, 4], 2);
    const target = new Uint8Array(9).fill(255);
    expect(await readFully(file, 1, target)).toBe(4);
    expect([...target]).toEqual([1, 2, 3, 4, 255, 255, 255, 255, 255]);
    expect(await readFully(file, 5, target)).toBe(0);
  });

  it("asks for nothing when the target is empty", async () => {
    const file = shortFile([1], 1);
    expect(await readFully(file, 0, new Uint8Array(0))).toBe(0);
    expect(file.calls).toEqual([]);
  });
});

describe("readFullySync", () => {
  /** A disk with one file that gives at most `step` bytes at a time. */
  function shortDisk(content: readonly number[], step: number): { readonly disk: Disk; readonly calls: string[] } {
    const calls: string[] = [];
    const readSync: Disk["readSync"] = (path, position, target) => {
      calls.push(`${path} ${position} ${target.length}`);
      const part = content.slice(position, position + Math.min(step, target.length));
      target.set(part);
      return part.length;
    };
    return { disk: { ...nodeDisk, readSync }, calls };
  }

  it("goes on after short reads until the target is full, and reads no further", () => {
    const { disk, calls } = shortDisk([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 3);
    const target = new Uint8Array(7);
    expect(readFullySync(disk, "a", 1, target)).toBe(7);
    expect([...target]).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(calls).toEqual(["a 1 7", "a 4 4", "a 7 1"]);
  });

  it("returns less only at the end of the file, and asks for nothing when the target is empty", () => {
    const { disk, calls } = shortDisk([0, 1, 2, 3, 4], 2);
    const target = new Uint8Array(9).fill(255);
    expect(readFullySync(disk, "a", 1, target)).toBe(4);
    expect([...target]).toEqual([1, 2, 3, 4, 255, 255, 255, 255, 255]);
    calls.length = 0;
    expect(readFullySync(disk, "a", 1, new Uint8Array(0))).toBe(0);
    expect(calls).toEqual([]);
  });
});

describe("a transfer of what isn't bytes", () => {
  it.each([undefined, null, "text", 5, [1, 2], new Uint16Array(2), new ArrayBuffer(2)])("is refused: %s", async (value: unknown) => {
    const wrong = value as Uint8Array;
    const file = shortFile([1, 2, 3], 1);
    await expect(readFully(file, 0, wrong)).rejects.toThrow(TypeError);
    await expect(writeFully(file, 0, wrong)).rejects.toThrow(TypeError);
    expect(() => writeFullySync(file, 0, wrong)).toThrow(TypeError);
    expect(() => readFullySync(nodeDisk, "absent", 0, wrong)).toThrow(TypeError);
    expect(file.calls).toEqual([]);
  });
});

describe.each([
  ["writeFully", writeFully],
  ["writeFullySync", async (...args: Parameters<typeof writeFullySync>) => writeFullySync(...args)],
])("%s", (_, write) => {
  it("goes on after short writes until all is taken", async () => {
    const content: number[] = [9];
    const file = shortFile(content, 2);
    await write(file, 1, Uint8Array.of(1, 2, 3, 4, 5));
    expect(content).toEqual([9, 1, 2, 3, 4, 5]);
    expect(file.calls).toEqual(["write 1 5", "write 3 3", "write 5 1"]);
  });

  it("asks for nothing when there is nothing to write", async () => {
    const file = shortFile([], 1);
    await write(file, 0, new Uint8Array(0));
    expect(file.calls).toEqual([]);
  });

  it("passes on the error of the call that failed, and stops there", async () => {
    const file = shortFile([], 2);
    const failure = new Error("no");
    const failing = (position: number, source: Uint8Array): number => {
      if (position > 0) throw failure;
      return file.writeSync(position, source);
    };
    const broken: DiskFile = { ...file, writeSync: failing, write: async (position, source) => failing(position, source) };
    await expect(write(broken, 0, new Uint8Array(6))).rejects.toBe(failure);
    expect(file.calls).toEqual(["write 0 6"]);
  });
});
