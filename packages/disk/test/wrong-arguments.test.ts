import * as fs from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { crc32 } from "../src/checksum.ts";
import { breakLock, lockDirectory, makeDirectories, nodeDisk, publishFile, readFully, readFullySync, writeFully, writeFullySync, type Disk } from "../src/index.ts";
import { createSimulatedDisk } from "../src/testing/index.ts";
import { scratch } from "./scratch.ts";
import { watchedDisk } from "./watched-disk.ts";

/** What a caller in JavaScript may give for a path. */
const notPaths: readonly unknown[] = [undefined, null, 42, {}, ["a"], new URL("file:///tmp"), "", "a\0b"];
const notNames: readonly unknown[] = [...notPaths, ".", "..", "a/b", "/a", "a/", "..\\a"];
const notChunks: readonly unknown[] = [undefined, null, 42, {}, "text", new Uint8Array(3)];

/** A disk on which nothing may be asked: neither files nor the platform's lock. */
function untouchable(disk: Disk): { readonly disk: Disk; readonly asked: string[] } {
  const asked: string[] = [];
  const takeKernelLock: Disk["owners"]["takeKernelLock"] = async () => {
    asked.push("takeKernelLock");
    return undefined;
  };
  const watched = watchedDisk(disk, (operation) => asked.push(operation));
  return { disk: { ...watched, owners: { ...disk.owners, takeKernelLock } }, asked };
}

/** Each call must be refused for its arguments, on a disk of which nothing is asked. */
async function expectRefusals(real: Disk, wrong: readonly unknown[], call: (disk: Disk, wrong: never) => Promise<unknown>): Promise<void> {
  const { disk, asked } = untouchable(real);
  for (const value of wrong) await expect(call(disk, value as never), inspect(value)).rejects.toThrow(TypeError);
  expect(asked).toEqual([]);
}

const absent = join("absent", "directory");

describe.each([["nodeDisk", nodeDisk], ["a simulated disk", createSimulatedDisk()]])("before anything is asked of %s", (_, real) => {
  it("lockDirectory and breakLock refuse what isn't a path", async () => {
    await expectRefusals(real, notPaths, (disk, wrong) => lockDirectory(disk, wrong));
    await expectRefusals(real, notPaths, (disk, wrong) => breakLock(disk, wrong));
  });

  it("lockDirectory refuses options that aren't any", async () => {
    await expectRefusals(real, [null, 1, "oneContainer", true], (disk, wrong) => lockDirectory(disk, absent, wrong));
    await expectRefusals(real, [null, 1, "yes", {}], (disk, oneContainer) => lockDirectory(disk, absent, { oneContainer }));
  });

  it("makeDirectories refuses what isn't a path", async () => {
    await expectRefusals(real, notPaths, (disk, wrong) => makeDirectories(disk, wrong));
  });

  it("publishFile refuses what isn't a path or a name in it", async () => {
    await expectRefusals(real, notPaths, (disk, wrong) => publishFile(disk, wrong, "a.new", "a", []));
    await expectRefusals(real, notNames, (disk, wrong) => publishFile(disk, absent, wrong, "a", []));
    await expectRefusals(real, notNames, (disk, wrong) => publishFile(disk, absent, "a.new", wrong, []));
  });

  it("publishFile refuses a temporary name that is the final one, whose file it would remove", async () => {
    await expectRefusals(real, ["a"], (disk, name) => publishFile(disk, absent, name, name, []));
  });

  it("publishFile refuses what isn't an iterable of bytes", async () => {
    await expectRefusals(real, notChunks, (disk, wrong) => publishFile(disk, absent, "a.new", "a", wrong));
  });
});

it("a chunk that isn't bytes publishes nothing, and the file that had the name stays", async () => {
  const directory = await scratch();
  await fs.writeFile(join(directory, "a"), "before");
  for (const wrong of ["text", 7, null, new Uint16Array(2)]) {
    const chunks = [new Uint8Array(3), wrong] as Uint8Array[];
    await expect(publishFile(nodeDisk, directory, "a.new", "a", chunks)).rejects.toThrow(TypeError);
    expect(await fs.readFile(join(directory, "a"), "utf8")).toBe("before");
  }
});

describe("a refusal shows what was given", () => {
  it.each<readonly [value: unknown, words: string]>([
    [undefined, "undefined"], [null, "null"], [42, "42"], [5n, "5n"], [true, "true"], [() => 1, "a function"], [["a"], "an Array"], [{}, "an Object"], [new Map(), "a Map"],
  ])("%o", async (value, words) => {
    await expect(makeDirectories(nodeDisk, value as string)).rejects.toThrow(`not ${words}.`);
  });

  it("and no more of a long text than helps", async () => {
    const name = `a/${"b".repeat(200)}`;
    expect(() => crc32(name as never)).toThrow(`not ${JSON.stringify(`${name.slice(0, 60)}…`)}.`);
    expect(() => crc32("short" as never)).toThrow('not "short".');
  });
});

it.each([undefined, null, 5, "/data", {}, { stat: () => undefined }])("%o is no disk, and the calls that take one say that it comes first", async (disk: unknown) => {
  const words = /disk comes first/;
  await expect(makeDirectories(disk as Disk, "/a")).rejects.toThrow(words);
  await expect(lockDirectory(disk as Disk, "/a")).rejects.toThrow(words);
  await expect(breakLock(disk as Disk, "/a")).rejects.toThrow(words);
  await expect(publishFile(disk as Disk, "/", "a.new", "a", [])).rejects.toThrow(words);
});

it("an option of a lock that doesn't exist is refused by its name", async () => {
  await expect(lockDirectory(nodeDisk, absent, { onecontainer: true } as never)).rejects.toThrow('no option "onecontainer"');
});

it.each([undefined, null, "1", 1n, true, Number.NaN, -1, 0.5])("%o is no position to read or write at", async (position: unknown) => {
  const disk = createSimulatedDisk();
  const file = await disk.create("/file");
  const bytes = new Uint8Array(2);
  await expect(readFully(file, position as number, bytes)).rejects.toThrow(RangeError);
  await expect(writeFully(file, position as number, bytes)).rejects.toThrow(RangeError);
  expect(() => readFullySync(disk, "/file", position as number, bytes)).toThrow(RangeError);
  expect(() => writeFullySync(file, position as number, bytes)).toThrow(RangeError);
  expect(await file.size()).toBe(0);
  await file.close();
});

it.each([null, "1", 1n, -1, 0.5, 2 ** 32])("%o is no seed of a checksum", (seed: unknown) => {
  expect(() => crc32(new Uint8Array(1), seed as number)).toThrow(RangeError);
});
