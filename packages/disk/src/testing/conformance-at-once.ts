import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import type { Disk } from "../disk.ts";
import { isDiskError } from "../disk-error.ts";
import { readFullySync } from "../transfer.ts";
import type { Declare } from "./conformance.ts";
import { bytes, createWith, pattern, sameBytes, throwsWith } from "./conformance-assertions.ts";

export function atOnceConformance(declare: Declare): void {
  lookingAtOnceConformance(declare);
  readingAtOnceConformance(declare);
  declare("a sync that is made at once leaves the content as it is, and throws once the file is closed", async (disk, directory) => {
    const file = await disk.create(join(directory, "file"));
    if (file.syncNow === undefined) return file.close();
    file.writeSync(0, bytes(1));
    file.syncNow();
    deepStrictEqual(allOf(disk, file.path), bytes(1));
    await file.close();
    throwsWith("DISK_CLOSED", () => file.syncNow?.());
  });
}

function lookingAtOnceConformance(declare: Declare): void {
  declare("a status that is asked at once is the same as the awaited one", async (disk, directory) => {
    await createWith(disk, join(directory, "file"), bytes(1, 2, 3));
    for (const path of [["file"], ["."], ["none"], ["none", "none"], ["file", "none"]]) {
      const full = join(directory, ...path);
      deepStrictEqual(disk.statSync(full), await disk.stat(full), full);
    }
    strictEqual(disk.statSync(join(directory, "file"))?.size, 3);
    strictEqual(disk.statSync(directory)?.kind, "directory");
    strictEqual(disk.statSync(join(directory, "none")), undefined);
  });

  declare("a listing that is asked at once has every entry with its kind", async (disk, directory) => {
    deepStrictEqual(disk.listSync(directory), []);
    await createWith(disk, join(directory, "b"), bytes());
    await disk.makeDirectory(join(directory, "a"));
    const entries = disk.listSync(directory).map(({ kind, name }) => `${kind} ${name}`);
    deepStrictEqual(entries.sort(), ["directory a", "file b"]);
  });

  declare("only a directory is listed at once", async (disk, directory) => {
    await createWith(disk, join(directory, "file"), bytes());
    throwsWith("DISK_NOT_FOUND", () => disk.listSync(join(directory, "none")));
    throwsWith("DISK_NOT_A_DIRECTORY", () => disk.listSync(join(directory, "file")));
  });

  declare("an error that is thrown at once names the call and the file", async (disk, directory) => {
    const path = join(directory, "none");
    const calls = { listSync: () => disk.listSync(path), readSync: () => disk.readSync(path, 0, bytes(0)) };
    for (const [operation, call] of Object.entries(calls)) {
      throws(call, (error) => isDiskError(error, "DISK_NOT_FOUND") && error.operation === operation && error.file === path);
    }
  });
}

function readingAtOnceConformance(declare: Declare): void {
  declare("a read at once gives the bytes from its position, and what was written a moment before", async (disk, directory) => {
    const path = join(directory, "file");
    const content = pattern(3000);
    await createWith(disk, path, content);
    sameBytes(allOf(disk, path), content);
    const target = new Uint8Array(700);
    strictEqual(readFullySync(disk, path, 900, target), 700);
    sameBytes(target, content.subarray(900, 1600));

    const file = await disk.create(join(directory, "open"));
    strictEqual(file.writeSync(0, bytes(7)), 1);
    deepStrictEqual(allOf(disk, file.path), bytes(7));
    await file.close();
  });

  declare("a read at once ends at the end of the file and takes only the bytes of its view", async (disk, directory) => {
    const path = join(directory, "file");
    await createWith(disk, path, pattern(10));
    const around = new Uint8Array(100).fill(0xee);
    const got = disk.readSync(path, 6, around.subarray(50, 58));
    ok(got >= 1 && got <= 4);
    const expected = new Uint8Array(100).fill(0xee);
    expected.set(pattern(10).subarray(6, 6 + got), 50);
    deepStrictEqual(around, expected);
    strictEqual(readFullySync(disk, path, 6, around.subarray(50, 58)), 4);
    for (const position of [10, 5000]) strictEqual(disk.readSync(path, position, around), 0);
    strictEqual(disk.readSync(path, 0, bytes()), 0);
  });

  declare("only a plain file is read at once", async (disk, directory) => {
    await createWith(disk, join(directory, "file"), bytes(1));
    throwsWith("DISK_NOT_FOUND", () => disk.readSync(join(directory, "none"), 0, bytes(0)));
    throwsWith("DISK_NOT_FOUND", () => disk.readSync(join(directory, "none", "file"), 0, bytes(0)));
    throwsWith("DISK_NOT_A_FILE", () => disk.readSync(directory, 0, bytes(0)));
    throwsWith("DISK_NOT_A_DIRECTORY", () => disk.readSync(join(directory, "file", "file"), 0, bytes(0)));
  });

  declare("a read at once finds the file that has the name now", async (disk, directory) => {
    const path = join(directory, "file");
    await createWith(disk, path, bytes(1));
    await createWith(disk, join(directory, "new"), bytes(2));
    await disk.rename(join(directory, "new"), path);
    deepStrictEqual(allOf(disk, path), bytes(2));
    await disk.remove(path);
    throwsWith("DISK_NOT_FOUND", () => disk.readSync(path, 0, bytes(0)));
  });

  declare("the position of a read at once is a whole number from 0", async (disk, directory) => {
    await createWith(disk, join(directory, "file"), bytes(1));
    for (const position of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      throws(() => disk.readSync(join(directory, "file"), position, bytes(0)), RangeError);
    }
  });
}

function allOf(disk: Disk, path: string): Uint8Array {
  const content = new Uint8Array(disk.statSync(path)?.size ?? 0);
  strictEqual(readFullySync(disk, path, 0, content), content.length);
  return content;
}
