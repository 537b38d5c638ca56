import { mkdirSync } from "node:fs";
import * as fs from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { DiskError, makeDirectories, nodeDisk, publishFile, type Disk } from "../src/index.ts";
import { scratch } from "./scratch.ts";
import { watchedDisk } from "./watched-disk.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function recording(): { readonly disk: Disk; readonly changes: string[] } {
  const changes: string[] = [];
  const disk = watchedDisk(nodeDisk, (operation) => {
    if (!/^(stat|list|open) /.test(operation)) changes.push(operation);
  });
  return { disk, changes };
}

describe("makeDirectories", () => {
  it("makes what is missing, the outermost first, and syncs each parent before it goes deeper", async () => {
    const root = await scratch();
    const { disk, changes } = recording();
    await makeDirectories(disk, join(root, "a", "b", "c"));
    expect(changes.slice(1)).toEqual([
      "makeDirectory a",
      `syncDirectory ${basename(root)}`,
      "makeDirectory b",
      "syncDirectory a",
      "makeDirectory c",
      "syncDirectory b",
    ]);
  });

  it("syncs the entry of what it found, which a run that was killed may have made without a sync", async () => {
    const root = await scratch();
    await makeDirectories(nodeDisk, join(root, "a"));
    const { disk, changes } = recording();
    await makeDirectories(disk, join(root, "a"));
    expect(changes).toEqual([`syncDirectory ${basename(root)}`]);
  });

  it("takes a parent that can't be synced by this user as somebody else's", async () => {
    const root = await scratch();
    await fs.mkdir(join(root, "a"));
    const disk = watchedDisk(nodeDisk, (operation) => {
      if (operation === `syncDirectory ${basename(root)}`) {
        throw new DiskError("DISK_PERMISSION", "no", { operation: "syncDirectory", file: root });
      }
    });
    await makeDirectories(disk, join(root, "a", "b"));
    expect((await fs.stat(join(root, "a", "b"))).isDirectory()).toBe(true);
    await expect(makeDirectories(disk, join(root, "c"))).rejects.toMatchObject({ code: "DISK_PERMISSION" });
  });

  it("lets several callers make the same path at once", async () => {
    const path = join(await scratch(), "a", "b", "c");
    await Promise.all(Array.from({ length: 8 }, () => makeDirectories(nodeDisk, path)));
    expect((await fs.stat(path)).isDirectory()).toBe(true);
  });

  it("keeps what somebody else made meanwhile when the sync of it fails, and removes what it made itself", async () => {
    for (const isFaster of [true, false]) {
      const root = await scratch();
      const disk = watchedDisk(nodeDisk, (operation) => {
        if (operation === "makeDirectory a" && isFaster) mkdirSync(join(root, "a"));
        if (operation === `syncDirectory ${basename(root)}`) throw new DiskError("DISK_IO", "no", { operation: "syncDirectory", file: root });
      });
      await expect(makeDirectories(disk, join(root, "a"))).rejects.toMatchObject({ code: "DISK_IO" });
      expect(await fs.readdir(root)).toEqual(isFaster ? ["a"] : []);
    }
  });

  it("passes on why it couldn't make one, or couldn't sync the entry of what it found", async () => {
    const root = await scratch();
    await fs.mkdir(join(root, "found"));
    for (const [failing, path] of [["makeDirectory a", "a"], [`syncDirectory ${basename(root)}`, "found"]] as const) {
      const failure = new DiskError("DISK_IO", "no", { operation: failing, file: root });
      const disk = watchedDisk(nodeDisk, (operation) => {
        if (operation === failing) throw failure;
      });
      await expect(makeDirectories(disk, join(root, path))).rejects.toBe(failure);
    }
    expect(await fs.readdir(root)).toEqual(["found"]);
  });

  it("finds the root of all paths, which has no entry to sync", async () => {
    const { disk, changes } = recording();
    await makeDirectories(disk, "/");
    expect(changes).toEqual([]);
  });

  it("refuses a path that something else stands in the way of", async () => {
    const root = await scratch();
    await fs.writeFile(join(root, "file"), "");
    await fs.symlink("nowhere", join(root, "dangling"));
    for (const path of [["file"], ["file", "a"], ["file", "a", "b"], ["dangling"]]) {
      const made = makeDirectories(nodeDisk, join(root, ...path));
      await expect(made, path.join("/")).rejects.toMatchObject({ code: "DISK_NOT_A_DIRECTORY" });
    }
    expect((await fs.readdir(root)).sort()).toEqual(["dangling", "file"]);
  });

  it("goes through a symbolic link above the path", async () => {
    const root = await scratch();
    await fs.mkdir(join(root, "volume"));
    await fs.symlink("volume", join(root, "data"));
    await makeDirectories(nodeDisk, join(root, "data", "a", "b"));
    expect((await fs.stat(join(root, "volume", "a", "b"))).isDirectory()).toBe(true);
  });
});

describe("publishFile", () => {
  it("writes, syncs, renames and syncs the directory, in that order, and hands over the open file", async () => {
    const root = await scratch();
    const { disk, changes } = recording();
    const file = await publishFile(disk, root, "new", "final", [bytes("one "), new Uint8Array(0), bytes("two")]);
    expect(changes).toEqual([
      "remove new",
      "create new",
      "write new",
      "write new",
      "sync new",
      "rename new final",
      `syncDirectory ${basename(root)}`,
    ]);
    const target = new Uint8Array(7);
    await file.read(0, target);
    expect(target).toEqual(bytes("one two"));
    await file.close();
    expect(await fs.readdir(root)).toEqual(["final"]);
  });

  it("replaces the file that had the name, and the leftover of a crash", async () => {
    const root = await scratch();
    await fs.writeFile(join(root, "final"), "old");
    await fs.writeFile(join(root, "new"), "half of something that was longer");
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield bytes("whole");
    }
    await (await publishFile(nodeDisk, root, "new", "final", chunks())).close();
    expect(await fs.readFile(join(root, "final"), "utf8")).toBe("whole");
    expect(await fs.readdir(root)).toEqual(["final"]);
  });

  it("leaves the old file or the whole new one, and no open handle, whichever operation fails", async () => {
    const steps = ["create", "write", "sync", "rename", "syncDirectory"];
    for (const [index, step] of steps.entries()) {
      const root = await scratch();
      await fs.writeFile(join(root, "final"), "old");
      const failure = new DiskError("DISK_IO", step, { operation: step, file: root });
      const seen: string[] = [];
      const disk = watchedDisk(nodeDisk, (operation) => {
        seen.push(operation);
        if (operation.startsWith(`${step} `)) throw failure;
      });
      await expect(publishFile(disk, root, "new", "final", [bytes("new")])).rejects.toBe(failure);
      expect(await fs.readFile(join(root, "final"), "utf8"), step).toBe(step === "syncDirectory" ? "new" : "old");
      expect(seen.includes("close new"), step).toBe(index > 0);
    }
  });

  it("changes nothing where the leftover of a crash can't be removed", async () => {
    const root = await scratch();
    const failure = new DiskError("DISK_PERMISSION", "no", { operation: "remove", file: root });
    const seen: string[] = [];
    const disk = watchedDisk(nodeDisk, (operation) => {
      seen.push(operation);
      throw failure;
    });
    await expect(publishFile(disk, root, "new", "final", [bytes("new")])).rejects.toBe(failure);
    expect(seen).toEqual(["remove new"]);
  });

  it("passes on what failed first, though the close after it fails as well", async () => {
    const root = await scratch();
    const failures = new Map(["sync new", "close new"].map((operation) => [operation, new DiskError("DISK_IO", operation, { operation, file: root })]));
    const disk = watchedDisk(nodeDisk, (operation) => {
      const failure = failures.get(operation);
      if (failure) throw failure;
    });
    await expect(publishFile(disk, root, "new", "final", [bytes("new")])).rejects.toBe(failures.get("sync new"));
  });

  it("closes the file and passes on the error of the chunks' source", async () => {
    const root = await scratch();
    const failure = new Error("no more");
    function* chunks(): Generator<Uint8Array> {
      yield bytes("some");
      throw failure;
    }
    const { disk, changes } = recording();
    await expect(publishFile(disk, root, "new", "final", chunks())).rejects.toBe(failure);
    expect(changes.at(-1)).toBe("close new");
    expect(await fs.readdir(root)).toEqual(["new"]);
  });
});
