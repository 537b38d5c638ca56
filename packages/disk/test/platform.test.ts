import { constants } from "node:fs";
import { describe, expect, it } from "vitest";
import { createNodeDisk } from "../src/node-disk.ts";
import { platformRules } from "../src/platform.ts";
import { scratch } from "./scratch.ts";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

describe("the rules of a platform", () => {
  it.each([
    ["linux", "fdatasync", true],
    ["darwin", "fsync", true],
    ["freebsd", "fsync", true],
    ["win32", "fdatasync", false],
  ] as const)("of %s say %s for content, and whether directories are synced", (platform, contentSync, syncsDirectories) => {
    expect(platformRules(platform)).toMatchObject({ contentSync, syncsDirectories });
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
