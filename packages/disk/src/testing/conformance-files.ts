import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import { isDiskError } from "../disk-error.ts";
import { writeFully } from "../transfer.ts";
import type { Declare } from "./conformance.ts";
import { bytes, contentAt, contentOf, createWith, pattern, rejectsWith, sameBytes } from "./conformance-assertions.ts";

export function fileConformance(declare: Declare): void {
  openingConformance(declare);
  transferConformance(declare);
  handleConformance(declare);
}

function openingConformance(declare: Declare): void {
  declare("a created file is empty and can be read and written", async (disk, directory) => {
    const file = await disk.create(join(directory, "new"));
    strictEqual(await file.size(), 0);
    strictEqual(file.path, join(directory, "new"));
    await writeFully(file, 0, bytes(1, 2, 3));
    deepStrictEqual(await contentOf(file), bytes(1, 2, 3));
    await file.close();
  });

  declare("creating is refused where anything stands, and changes nothing there", async (disk, directory) => {
    await createWith(disk, join(directory, "file"), bytes(1));
    await disk.makeDirectory(join(directory, "directory"));
    await rejectsWith("DISK_EXISTS", disk.create(join(directory, "file")));
    await rejectsWith("DISK_EXISTS", disk.create(join(directory, "directory")));
    deepStrictEqual(await contentAt(disk, join(directory, "file")), bytes(1));
  });

  declare("of two that create the same file at once, one gets it", async (disk, directory) => {
    const results = await Promise.allSettled([1, 2, 3].map(() => disk.create(join(directory, "file"))));
    strictEqual(results.filter(({ status }) => status === "fulfilled").length, 1);
    for (const result of results) {
      if (result.status === "fulfilled") await result.value.close();
      else ok(isDiskError(result.reason, "DISK_EXISTS"));
    }
  });

  declare("creating and opening need the directory to exist", async (disk, directory) => {
    await createWith(disk, join(directory, "file"), bytes(1));
    await rejectsWith("DISK_NOT_FOUND", disk.create(join(directory, "none", "file")));
    await rejectsWith("DISK_NOT_FOUND", disk.open(join(directory, "none", "file")));
    await rejectsWith("DISK_NOT_A_DIRECTORY", disk.create(join(directory, "file", "file")));
    await rejectsWith("DISK_NOT_A_DIRECTORY", disk.open(join(directory, "file", "file")));
  });

  declare("only a plain file is opened", async (disk, directory) => {
    await rejectsWith("DISK_NOT_FOUND", disk.open(join(directory, "none")));
    await rejectsWith("DISK_NOT_A_FILE", disk.open(directory));
  });

  declare("an error names the call and the file", async (disk, directory) => {
    const path = join(directory, "none");
    await rejects(disk.open(path), (error) => isDiskError(error) && error.operation === "open" && error.file === path);
  });
}

function transferConformance(declare: Declare): void {
  declare("writes go to their positions, in whatever order they come", async (disk, directory) => {
    const file = await disk.create(join(directory, "file"));
    const content = pattern(3000);
    for (const start of [2000, 0, 1000]) await writeFully(file, start, content.subarray(start, start + 1000));
    sameBytes(await contentOf(file), content);
    await writeFully(file, 700, bytes(0xaa, 0xbb));
    content.set([0xaa, 0xbb], 700);
    sameBytes(await contentOf(file), content);
    await file.close();
  });

  declare("what was never written inside a file is zeros", async (disk, directory) => {
    const file = await disk.create(join(directory, "file"));
    await writeFully(file, 2000, bytes(9));
    const content = new Uint8Array(2001);
    content[2000] = 9;
    sameBytes(await contentOf(file), content);
    await file.close();
  });

  declare("a read ends at the end of the file and leaves the rest of its target alone", async (disk, directory) => {
    const file = await disk.create(join(directory, "file"));
    await writeFully(file, 0, pattern(10));
    const target = new Uint8Array(8).fill(0xee);
    let got = 0;
    for (let more = 1; more > 0; got += more) more = await file.read(6 + got, target.subarray(got));
    strictEqual(got, 4);
    deepStrictEqual(target, bytes(...pattern(10).subarray(6), 0xee, 0xee, 0xee, 0xee));
    strictEqual(await file.read(10, target), 0);
    strictEqual(await file.read(5000, target), 0);
    await file.close();
  });

  declare("a transfer takes at least one byte and only those of its view", async (disk, directory) => {
    const file = await disk.create(join(directory, "file"));
    const around = pattern(100);
    const taken = await file.write(0, around.subarray(20, 30));
    ok(taken >= 1 && taken <= 10);
    strictEqual(await file.size(), taken);
    const target = new Uint8Array(100);
    const got = await file.read(0, target.subarray(50, 60));
    ok(got >= 1 && got <= taken);
    const expected = new Uint8Array(100);
    expected.set(around.subarray(20, 20 + got), 50);
    deepStrictEqual(target, expected);
    await file.close();
  });

  declare("a write that is done at once is seen at once", async (disk, directory) => {
    const file = await disk.create(join(directory, "file"));
    const content = pattern(600);
    for (let taken = 0; taken < content.length; ) {
      const more = file.writeSync(taken, content.subarray(taken));
      ok(more >= 1 && more <= content.length - taken);
      taken += more;
    }
    sameBytes(await contentOf(file), content);
    await file.close();
  });

  declare("writes to different places of a file may run at the same time", async (disk, directory) => {
    const file = await disk.create(join(directory, "file"));
    const content = pattern(16_000);
    const starts = Array.from({ length: 16 }, (_, at) => at * 1000);
    await Promise.all(starts.map((start) => writeFully(file, start, content.subarray(start, start + 1000))));
    sameBytes(await contentOf(file), content);
    await file.close();
  });

  declare("a position is a whole number from 0", async (disk, directory) => {
    const file = await disk.create(join(directory, "file"));
    for (const position of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      await rejects(file.read(position, bytes(0)), RangeError);
      await rejects(file.write(position, bytes(0)), RangeError);
      throws(() => file.writeSync(position, bytes(0)), RangeError);
    }
    strictEqual(await file.size(), 0);
    await file.close();
  });

  declare("only a Uint8Array is read into or written from", async (disk, directory) => {
    const file = await disk.create(join(directory, "file"));
    for (const wrong of notBytes) {
      const transferred = wrong as Uint8Array;
      await rejects(file.read(0, transferred), TypeError);
      await rejects(file.write(0, transferred), TypeError);
      throws(() => file.writeSync(0, transferred), TypeError);
      throws(() => disk.readSync(file.path, 0, transferred), TypeError);
    }
    strictEqual(await file.size(), 0);
    await file.close();
  });
}

/** As a caller in JavaScript may get them wrong. */
const notBytes: readonly unknown[] = [undefined, null, "text", 1, [1], new Uint16Array(1), new ArrayBuffer(1), new DataView(new ArrayBuffer(1))];

function handleConformance(declare: Declare): void {
  declare("an opened file takes no writes", async (disk, directory) => {
    await createWith(disk, join(directory, "file"), bytes(1));
    const file = await disk.open(join(directory, "file"));
    await rejects(file.write(0, bytes(2)), (error) => isDiskError(error));
    throws(() => file.writeSync(0, bytes(2)), (error) => isDiskError(error));
    deepStrictEqual(await contentOf(file), bytes(1));
    await file.close();
  });

  declare("all handles of a file see the same bytes", async (disk, directory) => {
    const writer = await disk.create(join(directory, "file"));
    const reader = await disk.open(join(directory, "file"));
    await writeFully(writer, 0, bytes(1, 2));
    deepStrictEqual(await contentOf(reader), bytes(1, 2));
    await Promise.all([writer.close(), reader.close()]);
  });

  declare("an open file stays what it is when its name is renamed, replaced or removed", async (disk, directory) => {
    const path = join(directory, "file");
    const file = await disk.create(path);
    await writeFully(file, 0, bytes(1));
    await disk.rename(path, join(directory, "other"));
    strictEqual(file.path, path);
    await writeFully(file, 1, bytes(2));
    deepStrictEqual(await contentAt(disk, join(directory, "other")), bytes(1, 2));
    await createWith(disk, path, bytes(7));
    await disk.rename(path, join(directory, "other"));
    deepStrictEqual(await contentOf(file), bytes(1, 2));
    await file.sync();
    await file.close();

    const reader = await disk.open(join(directory, "other"));
    await disk.remove(join(directory, "other"));
    deepStrictEqual(await contentOf(reader), bytes(7));
    await reader.close();
  });

  declare("a sync changes nothing that programs see", async (disk, directory) => {
    const file = await disk.create(join(directory, "file"));
    await writeFully(file, 0, pattern(1500));
    await file.sync();
    await disk.syncDirectory(directory);
    sameBytes(await contentOf(file), pattern(1500));
    await file.close();
  });

  declare("a closed handle refuses everything, except being closed again", async (disk, directory) => {
    const file = await disk.create(join(directory, "file"));
    await file.close();
    await file.close();
    await rejectsWith("DISK_CLOSED", file.size());
    await rejectsWith("DISK_CLOSED", file.read(0, bytes(0)));
    await rejectsWith("DISK_CLOSED", file.write(0, bytes(0)));
    await rejectsWith("DISK_CLOSED", file.sync());
    throws(() => file.writeSync(0, bytes(0)), (error) => isDiskError(error, "DISK_CLOSED"));
    strictEqual((await disk.stat(join(directory, "file")))?.size, 0);
  });

  declare("a close lets the calls end that were made before it", async (disk, directory) => {
    const file = await disk.create(join(directory, "file"));
    const written = file.write(0, bytes(5));
    const closed = file.close();
    strictEqual(await written, 1);
    await closed;
    deepStrictEqual(await contentAt(disk, join(directory, "file")), bytes(5));
  });
}
