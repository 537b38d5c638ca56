import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import type { Disk, PathStatus } from "../disk.ts";
import { isDiskError } from "../disk-error.ts";
import type { Declare } from "./conformance.ts";
import { bytes, contentAt, createWith, listing, rejectsWith } from "./conformance-assertions.ts";

const writesMax = 200_000;

export function directoryConformance(declare: Declare, replacesDirectories: boolean): void {
  lookingConformance(declare);
  makingConformance(declare);
  renamingConformance(declare);
  directoryRenamingConformance(declare, replacesDirectories);
}

async function statusOf(disk: Disk, path: string): Promise<PathStatus> {
  const status = await disk.stat(path);
  ok(status, path);
  return status;
}

function lookingConformance(declare: Declare): void {
  declare("a path's status says what stands there", async (disk, directory) => {
    await createWith(disk, join(directory, "file"), bytes(1, 2, 3));
    const { revision, ...status } = await statusOf(disk, join(directory, "file"));
    deepStrictEqual(status, { kind: "file", size: 3 });
    strictEqual(typeof revision, "string");
    deepStrictEqual(await disk.stat(directory), { kind: "directory", size: 0, revision: "" });
  });

  declare("a file keeps its revision while nobody changes it, whatever is read or done around it", async (disk, directory) => {
    await disk.makeDirectory(join(directory, "a"));
    await createWith(disk, join(directory, "a", "file"), bytes(1));
    const { revision } = await statusOf(disk, join(directory, "a", "file"));
    notStrictEqual(revision, "");
    deepStrictEqual(await contentAt(disk, join(directory, "a", "file")), bytes(1));
    await createWith(disk, join(directory, "a", "other"), bytes(1));
    await disk.rename(join(directory, "a"), join(directory, "b"));
    strictEqual((await statusOf(disk, join(directory, "b", "file"))).revision, revision);
  });

  declare("a write shows in a file's revision, though the length stays", async (disk, directory) => {
    const path = join(directory, "file");
    const file = await disk.create(path);
    await file.write(0, bytes(1));
    const { revision } = await statusOf(disk, path);
    // The clock of a file system goes in steps, and the first of these writes may fall into the same one.
    for (let writes = 0; writes < writesMax && (await statusOf(disk, path)).revision === revision; writes++) await file.write(0, bytes(2));
    notStrictEqual((await statusOf(disk, path)).revision, revision);
    await file.close();
  });

  declare("a file that takes the name of another has its own revision", async (disk, directory) => {
    const path = join(directory, "file");
    await createWith(disk, path, bytes(1));
    const { revision } = await statusOf(disk, path);
    await createWith(disk, join(directory, "other"), bytes(1));
    await disk.rename(join(directory, "other"), path);
    notStrictEqual((await statusOf(disk, path)).revision, revision);
  });

  declare("where nothing stands, the status is undefined", async (disk, directory) => {
    await createWith(disk, join(directory, "file"), bytes(1));
    strictEqual(await disk.stat(join(directory, "none")), undefined);
    strictEqual(await disk.stat(join(directory, "none", "none")), undefined);
    strictEqual(await disk.stat(join(directory, "file", "none")), undefined);
  });

  declare("a listing has every entry with its kind", async (disk, directory) => {
    deepStrictEqual(await listing(disk, directory), []);
    await createWith(disk, join(directory, "b"), bytes());
    await disk.makeDirectory(join(directory, "a"));
    await createWith(disk, join(directory, "a", "inner"), bytes());
    deepStrictEqual(await listing(disk, directory), ["directory a", "file b"]);
  });

  declare("only a directory is listed", async (disk, directory) => {
    await createWith(disk, join(directory, "file"), bytes());
    await rejectsWith("DISK_NOT_FOUND", disk.list(join(directory, "none")));
    await rejectsWith("DISK_NOT_A_DIRECTORY", disk.list(join(directory, "file")));
  });
}

function makingConformance(declare: Declare): void {
  declare("a directory is made one level at a time", async (disk, directory) => {
    await rejectsWith("DISK_NOT_FOUND", disk.makeDirectory(join(directory, "a", "b")));
    await disk.makeDirectory(join(directory, "a"));
    await disk.makeDirectory(join(directory, "a", "b"));
    deepStrictEqual(await listing(disk, directory, "a"), ["directory b"]);
  });

  declare("a directory isn't made where anything stands", async (disk, directory) => {
    await createWith(disk, join(directory, "file"), bytes(1));
    await rejectsWith("DISK_EXISTS", disk.makeDirectory(join(directory, "file")));
    await rejectsWith("DISK_EXISTS", disk.makeDirectory(directory));
    await rejectsWith("DISK_NOT_A_DIRECTORY", disk.makeDirectory(join(directory, "file", "a")));
  });

  declare("only an empty directory is removed as one", async (disk, directory) => {
    await disk.makeDirectory(join(directory, "a"));
    await createWith(disk, join(directory, "a", "file"), bytes(1));
    await rejectsWith("DISK_NOT_EMPTY", disk.removeDirectory(join(directory, "a")));
    await rejectsWith("DISK_NOT_A_DIRECTORY", disk.removeDirectory(join(directory, "a", "file")));
    await rejectsWith("DISK_NOT_FOUND", disk.removeDirectory(join(directory, "none")));
    await disk.remove(join(directory, "a", "file"));
    await disk.removeDirectory(join(directory, "a"));
    deepStrictEqual(await listing(disk, directory), []);
  });

  declare("only a name that isn't a directory's is removed as a file", async (disk, directory) => {
    await disk.makeDirectory(join(directory, "a"));
    await createWith(disk, join(directory, "file"), bytes(1));
    await rejectsWith("DISK_NOT_A_FILE", disk.remove(join(directory, "a")));
    await rejectsWith("DISK_NOT_FOUND", disk.remove(join(directory, "none")));
    await disk.remove(join(directory, "file"));
    deepStrictEqual(await listing(disk, directory), ["directory a"]);
  });

  declare("a name that was removed can be given again", async (disk, directory) => {
    const path = join(directory, "file");
    await createWith(disk, path, bytes(1, 2, 3));
    await disk.remove(path);
    await createWith(disk, path, bytes(4));
    deepStrictEqual(await contentAt(disk, path), bytes(4));
  });

  declare("calls on different paths may run at the same time", async (disk, directory) => {
    const names = Array.from({ length: 20 }, (_, number) => `file${number}`);
    await Promise.all(names.map((name) => createWith(disk, join(directory, name), bytes(1))));
    deepStrictEqual(await listing(disk, directory), names.map((name) => `file ${name}`).sort());
    await Promise.all(names.map((name) => disk.remove(join(directory, name))));
    deepStrictEqual(await listing(disk, directory), []);
  });
}

function renamingConformance(declare: Declare): void {
  declare("a renamed file has the new name only", async (disk, directory) => {
    await disk.makeDirectory(join(directory, "a"));
    await createWith(disk, join(directory, "old"), bytes(1));
    await disk.rename(join(directory, "old"), join(directory, "a", "new"));
    deepStrictEqual(await listing(disk, directory), ["directory a"]);
    deepStrictEqual(await contentAt(disk, join(directory, "a", "new")), bytes(1));
  });

  declare("a renamed file replaces a file", async (disk, directory) => {
    await createWith(disk, join(directory, "old"), bytes(1));
    await createWith(disk, join(directory, "new"), bytes(2, 2));
    await disk.rename(join(directory, "old"), join(directory, "new"));
    deepStrictEqual(await listing(disk, directory), ["file new"]);
    deepStrictEqual(await contentAt(disk, join(directory, "new")), bytes(1));
  });

  declare("a file that is renamed to its own name stays", async (disk, directory) => {
    await createWith(disk, join(directory, "file"), bytes(1));
    await disk.rename(join(directory, "file"), join(directory, "file"));
    deepStrictEqual(await contentAt(disk, join(directory, "file")), bytes(1));
  });

  declare("a rename of nothing, or to nowhere, fails", async (disk, directory) => {
    await createWith(disk, join(directory, "file"), bytes(1));
    await rejectsWith("DISK_NOT_FOUND", disk.rename(join(directory, "none"), join(directory, "new")));
    await rejectsWith("DISK_NOT_FOUND", disk.rename(join(directory, "file"), join(directory, "none", "new")));
    deepStrictEqual(await listing(disk, directory), ["file file"]);
  });

  declare("a file doesn't replace a directory, nor a directory a file", async (disk, directory) => {
    await createWith(disk, join(directory, "file"), bytes(1));
    await disk.makeDirectory(join(directory, "a"));
    await rejects(disk.rename(join(directory, "file"), join(directory, "a")), (error) => isDiskError(error));
    await rejects(disk.rename(join(directory, "a"), join(directory, "file")), (error) => isDiskError(error));
    deepStrictEqual(await listing(disk, directory), ["directory a", "file file"]);
  });
}

function directoryRenamingConformance(declare: Declare, replacesDirectories: boolean): void {
  declare("a renamed directory takes along what it holds", async (disk, directory) => {
    await disk.makeDirectory(join(directory, "old"));
    await createWith(disk, join(directory, "old", "file"), bytes(1));
    await disk.rename(join(directory, "old"), join(directory, "new"));
    deepStrictEqual(await listing(disk, directory), ["directory new"]);
    deepStrictEqual(await contentAt(disk, join(directory, "new", "file")), bytes(1));
  });

  declare("a renamed directory doesn't replace one that holds something", async (disk, directory) => {
    await disk.makeDirectory(join(directory, "old"));
    await disk.makeDirectory(join(directory, "new"));
    await createWith(disk, join(directory, "new", "file"), bytes(1));
    const renamed = disk.rename(join(directory, "old"), join(directory, "new"));
    if (replacesDirectories) await rejectsWith("DISK_NOT_EMPTY", renamed);
    else await rejects(renamed, (error) => isDiskError(error));
    deepStrictEqual(await listing(disk, directory), ["directory new", "directory old"]);
    deepStrictEqual(await listing(disk, directory, "new"), ["file file"]);
  });

  declare("a directory isn't moved into itself", async (disk, directory) => {
    await disk.makeDirectory(join(directory, "a"));
    await rejects(disk.rename(join(directory, "a"), join(directory, "a", "b")), (error) => isDiskError(error));
    deepStrictEqual(await listing(disk, directory), ["directory a"]);
  });

  if (!replacesDirectories) return;
  declare("a renamed directory replaces an empty one", async (disk, directory) => {
    await disk.makeDirectory(join(directory, "old"));
    await createWith(disk, join(directory, "old", "file"), bytes(1));
    await disk.makeDirectory(join(directory, "new"));
    await disk.rename(join(directory, "old"), join(directory, "new"));
    deepStrictEqual(await listing(disk, directory), ["directory new"]);
    deepStrictEqual(await listing(disk, directory, "new"), ["file file"]);
  });
}
