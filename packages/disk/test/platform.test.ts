import { constants } from "node:fs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { breakLock, lockDirectory, nodeDisk } from "../src/index.ts";
import { createNodeDisk } from "../src/node-disk.ts";
import { nodeOwners } from "../src/node-owners.ts";
import { platformRules } from "../src/platform.ts";
import { scratch } from "./scratch.ts";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

describe("the rules of a platform", () => {
  it.each([
    ["linux", "fdatasync", true, true],
    ["darwin", "fsync", true, true],
    ["freebsd", "fsync", true, true],
    ["win32", "fdatasync", false, false],
  ] as const)("of %s say %s for content, and whether directories are synced and replaced", (platform, contentSync, syncsDirectories, replacesDirectories) => {
    expect(platformRules(platform)).toMatchObject({ contentSync, syncsDirectories, replacesDirectories });
  });

  it("do without the flags that a platform lacks", () => {
    const rules = platformRules("win32", {});
    expect(rules.readFlags).toBe(constants.O_RDONLY);
    expect(rules.createFlags).toBe(constants.O_RDWR | constants.O_CREAT | constants.O_EXCL);
    expect(rules.refusesLinks).toBe(false);
  });
});

describe("a disk by the rules of Windows", () => {
  it("takes a directory's sync for done", async () => {
    const disk = createNodeDisk(platformRules("win32", {}));
    await expect(disk.syncDirectory(join(await scratch(), "absent"))).resolves.toBeUndefined();
  });

  it("looks before it opens, and so refuses a symbolic link all the same", async () => {
    const directory = await scratch();
    await writeFile(join(directory, "file"), "x");
    await symlink("file", join(directory, "link"));
    const disk = createNodeDisk(platformRules("win32", {}));
    await expect(disk.open(join(directory, "link"))).rejects.toMatchObject({ code: "DISK_NOT_A_FILE" });
    await (await disk.open(join(directory, "file"))).close();
  });
});

describe("a disk on a runtime whose unlink removes directories", () => {
  const rules = platformRules(process.platform, constants, { deno: "2.0.0" });

  it("looks before it removes, and so refuses a directory all the same", async () => {
    expect(rules.unlinkRefusesDirectories).toBe(false);
    const directory = await scratch();
    await mkdir(join(directory, "empty"));
    // An unlink that was tried would have left its errno.
    const refusal: unknown = await createNodeDisk(rules).remove(join(directory, "empty")).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "DISK_NOT_A_FILE", operation: "remove" });
    expect(refusal).not.toHaveProperty("errno");
    expect(await readdir(directory)).toEqual(["empty"]);
  });

  it("removes a file, and a link to a directory, which stays", async () => {
    const directory = await scratch();
    const disk = createNodeDisk(rules);
    await mkdir(join(directory, "kept"));
    await symlink("kept", join(directory, "link"));
    await writeFile(join(directory, "file"), "x");
    await disk.remove(join(directory, "link"));
    await disk.remove(join(directory, "file"));
    expect(await readdir(directory)).toEqual(["kept"]);
  });
});

describe("a disk by the rules of macOS", () => {
  it("syncs content by the call that goes as far as the platter there", async () => {
    const path = join(await scratch(), "file");
    const file = await createNodeDisk(platformRules("darwin")).create(path);
    await file.write(0, new TextEncoder().encode("whole"));
    await file.sync();
    await file.close();
    expect(await readFile(path, "utf8")).toBe("whole");
  });
});

it.runIf(process.platform === "linux")("an owner on Linux tells a file system of this machine alone from one that others may have mounted", async () => {
  expect(await nodeOwners.identify("/proc")).toMatch(/^v1\+r/);
  expect(await nodeOwners.identify("/dev/shm")).toMatch(/^v1\+l/);
});

describe("an owner elsewhere than on Linux", () => {
  const on = (platform: string): void => {
    vi.stubGlobal("process", Object.create(process, { platform: { value: platform } }));
    onTestFinished(() => void vi.unstubAllGlobals());
  };

  it("keeps its directory where an open takes no lock of the kernel, as on this one, and is never found dead there", async () => {
    on("darwin");
    const directory = await scratch();
    const lock = await lockDirectory(nodeDisk, directory);
    expect(lock.identity).toMatch(/^v1\+darwin_unlocked\+0\+/);
    await expect(lockDirectory(nodeDisk, directory)).rejects.toMatchObject({ code: "DISK_LOCKED", message: expect.stringMatching(/asked the kernel of darwin for a lock and got none/) });
    expect(await lock.held()).toBe(true);
    await breakLock(nodeDisk, directory);
    await (await lockDirectory(nodeDisk, directory)).release();
  });

  it("is named after its platform where the kernel isn't asked for a lock", async () => {
    on("freebsd");
    const directory = await scratch();
    expect(await nodeOwners.identify(directory)).toMatch(/^v1\+freebsd\+0\+/);
    expect(await readdir(directory)).toEqual([]);
  });

  it("takes the lock by a file that stays when it is given up", async () => {
    on("darwin");
    const directory = await scratch();
    const free = await nodeOwners.takeKernelLock(directory);
    await free?.();
    expect(await readdir(directory)).toEqual(["LOCK.os"]);
  });

  it("refuses a directory in the place of that file", async () => {
    on("darwin");
    const directory = await scratch();
    await mkdir(join(directory, "LOCK.os"));
    await expect(async () => nodeOwners.takeKernelLock(directory)).rejects.toMatchObject({ code: "DISK_NOT_A_FILE", operation: "lockDirectory" });
  });
});
