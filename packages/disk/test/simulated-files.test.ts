import { describe, expect, it } from "vitest";
import { lockDirectory } from "../src/lock.ts";
import { createSimulatedDisk } from "../src/testing/index.ts";

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at % 251);

describe("a simulated disk that files are given to", () => {
  const files = new Map([["/a/b/long", bytes(1300)], ["/a/empty", bytes(0)], ["/top", bytes(512)]]);

  it("holds them, in the directories that their paths name", () => {
    const disk = createSimulatedDisk({ files });
    const image = disk.killed();
    expect(image.files).toEqual(files);
    expect([...image.directories].sort()).toEqual(["/", "/a", "/a/b"]);
    expect(disk.operations).toEqual([]);
    expect(disk.statSync("/a/b/long")?.size).toBe(1300);
  });

  it("holds them durably: a power cut leaves them as they are", () => {
    const disk = createSimulatedDisk({ files });
    expect([...disk.powerCuts()].map(({ hash }) => hash)).toEqual([disk.killed().hash]);
  });

  it("leaves the given bytes as they are when it is written to, and takes no note of their later changes", async () => {
    const given = bytes(600);
    const disk = createSimulatedDisk({ files: new Map([["/file", given]]) });
    given.fill(7);
    expect(disk.killed().files.get("/file")).toEqual(bytes(600));
    await disk.rename("/file", "/other");
    await disk.create("/file");
    expect(given).toEqual(new Uint8Array(600).fill(7));
  });

  it("is of a later boot than a first one: who held a lock there is dead", async () => {
    const before = createSimulatedDisk();
    await before.makeDirectory("/data");
    await lockDirectory(before, "/data");
    const disk = createSimulatedDisk({ files: before.killed().files });
    const lock = await lockDirectory(disk, "/data");
    await expect(lockDirectory(disk.anotherProcess(), "/data")).rejects.toMatchObject({ code: "DISK_LOCKED" });
    await lock.release();
  });

  it("refuses files that no disk can hold", () => {
    const refused = (...given: readonly string[]) => () => createSimulatedDisk({ files: new Map(given.map((path) => [path, bytes(1)])) });
    expect(refused("/a", "/a/b")).toThrow(RangeError);
    expect(refused("/a/b", "/a")).toThrow(RangeError);
    expect(refused("/a", "a")).toThrow(RangeError);
    expect(refused("/")).toThrow(RangeError);
    expect(() => createSimulatedDisk({ files: new Map([["/a", "text" as unknown as Uint8Array]]) })).toThrow(TypeError);
  });
});
