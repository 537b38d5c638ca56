import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nodeDisk, type DiskFile } from "../src/index.ts";
import { scratch } from "./scratch.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const withCode = (code: string, operation?: string): object => ({
  name: "DiskError",
  code,
  ...(operation === undefined ? {} : { operation }),
});

async function createWith(path: string, content: string): Promise<DiskFile> {
  const file = await nodeDisk.create(path);
  await file.write(0, bytes(content));
  return file;
}

describe("files of nodeDisk", () => {
  it("reads what was written, at the positions given, through either form of write", async () => {
    const file = await nodeDisk.create(join(await scratch(), "file"));
    expect(await file.write(4, bytes("world"))).toBe(5);
    expect(file.writeSync(0, bytes("hello"))).toBe(5);
    await file.sync();
    expect(await file.size()).toBe(9);
    const target = new Uint8Array(20);
    expect(await file.read(2, target)).toBe(7);
    expect(target.subarray(0, 7)).toEqual(bytes("lloorld"));
    expect(await file.read(9, target)).toBe(0);
    expect(await file.read(1_000, target)).toBe(0);
    await file.close();
  });

  it("takes nothing, and fails by nothing, when there is nothing to write", async () => {
    const file = await nodeDisk.create(join(await scratch(), "file"));
    expect([await file.write(7, new Uint8Array(0)), file.writeSync(7, new Uint8Array(0)), await file.size()]).toEqual([0, 0, 0]);
    await file.close();
  });

  it("creates only what doesn't exist", async () => {
    const path = join(await scratch(), "file");
    await (await nodeDisk.create(path)).close();
    await expect(nodeDisk.create(path)).rejects.toMatchObject(withCode("DISK_EXISTS", "create"));
  });

  it("refuses to open what is absent, a directory, a symbolic link or a pipe, and waits for none", async () => {
    const directory = await scratch();
    await (await createWith(join(directory, "file"), "x")).close();
    await fs.symlink("file", join(directory, "link"));
    await fs.symlink("nothing", join(directory, "dangling"));
    execFileSync("mkfifo", [join(directory, "pipe")]);
    await expect(nodeDisk.open(join(directory, "absent"))).rejects.toMatchObject(withCode("DISK_NOT_FOUND", "open"));
    for (const name of ["link", "dangling", "pipe", "."]) {
      await expect(nodeDisk.open(join(directory, name)), name).rejects.toMatchObject(withCode("DISK_NOT_A_FILE", "open"));
    }
    await expect(nodeDisk.create(join(directory, "dangling"))).rejects.toMatchObject(withCode("DISK_EXISTS"));
    await expect(nodeDisk.open(join(directory, "file", "below"))).rejects.toMatchObject(withCode("DISK_NOT_A_DIRECTORY"));
  });

  it("takes no write through a handle that was opened for reading", async () => {
    const path = join(await scratch(), "file");
    await (await createWith(path, "kept")).close();
    const file = await nodeDisk.open(path);
    await expect(file.write(0, bytes("lost"))).rejects.toMatchObject(withCode("DISK_PERMISSION", "write"));
    expect(() => file.writeSync(0, bytes("lost"))).toThrow(expect.objectContaining(withCode("DISK_PERMISSION", "writeSync")));
    await file.close();
    expect(await fs.readFile(path, "utf8")).toBe("kept");
  });

  it("says of every call after a close that the handle is closed, and closes twice without complaint", async () => {
    const file = await createWith(join(await scratch(), "file"), "x");
    await Promise.all([file.close(), file.close()]);
    await file.close();
    const calls = [file.size(), file.read(0, new Uint8Array(1)), file.write(0, bytes("y")), file.sync()];
    for (const call of calls) await expect(call).rejects.toMatchObject(withCode("DISK_CLOSED"));
    expect(() => file.writeSync(0, bytes("y"))).toThrow(expect.objectContaining(withCode("DISK_CLOSED")));
  });

  it("lets calls that run end before it closes", async () => {
    const directory = await scratch();
    const content = new Uint8Array(1 << 20).fill(7);
    const file = await nodeDisk.create(join(directory, "file"));
    const writes = [0, 1, 2, 3].map((index) => file.write(index << 20, content));
    const closing = file.close();
    // A descriptor that was given up too early would be this file's.
    const other = await nodeDisk.create(join(directory, "other"));
    expect(await Promise.all(writes)).toEqual([1 << 20, 1 << 20, 1 << 20, 1 << 20]);
    await closing;
    expect(await other.size()).toBe(0);
    await other.close();
    expect((await nodeDisk.stat(join(directory, "file")))?.size).toBe(4 << 20);
  });

  it("refuses positions that mean the cursor to Node", async () => {
    const file = await createWith(join(await scratch(), "file"), "x");
    for (const position of [-1, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1]) {
      await expect(file.read(position, new Uint8Array(1))).rejects.toThrow(RangeError);
      await expect(file.write(position, bytes("y"))).rejects.toThrow(RangeError);
      expect(() => file.writeSync(position, bytes("y"))).toThrow(RangeError);
    }
    await file.close();
  });

  it("stays readable under an open handle after its name is gone", async () => {
    const path = join(await scratch(), "file");
    const file = await createWith(path, "still here");
    await nodeDisk.remove(path);
    const target = new Uint8Array(10);
    expect(await file.read(0, target)).toBe(10);
    expect(target).toEqual(bytes("still here"));
    await file.close();
  });

  it("hands a NUL in a path back as a wrong argument", async () => {
    await expect(nodeDisk.open("a\0b")).rejects.toThrow(TypeError);
  });

  it.skipIf(process.platform === "win32")("writes what a limit leaves room for, then says that no space is left", async () => {
    const path = join(await scratch(), "file");
    const script = `
      import { nodeDisk } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)};
      process.on("SIGXFSZ", () => {});
      const file = await nodeDisk.create(${JSON.stringify(path)});
      const source = new Uint8Array(3000);
      const taken = [await file.write(0, source), await file.write(3000, source)];
      const error = await file.write(4096, source).catch((error) => error);
      console.log(JSON.stringify([taken, error.code, error.errno]));`;
    const limited = ["-c", 'ulimit -f 4; exec "$0" --input-type=module -e "$1"', process.execPath, script];
    const run = spawnSync("bash", limited, { encoding: "utf8" });
    expect(JSON.parse(run.stdout || "null"), run.stderr).toEqual([[3000, 1096], "DISK_FULL", "EFBIG"]);
  });
});

describe("directories of nodeDisk", () => {
  it("lists and describes what stands there without following links", async () => {
    const directory = await scratch();
    await (await createWith(join(directory, "file"), "four")).close();
    await nodeDisk.makeDirectory(join(directory, "directory"));
    await fs.symlink("directory", join(directory, "link"));
    const entries = [...(await nodeDisk.list(directory))].sort((a, b) => a.name.localeCompare(b.name));
    expect(entries).toEqual([
      { name: "directory", kind: "directory" },
      { name: "file", kind: "file" },
      { name: "link", kind: "other" },
    ]);
    expect(await nodeDisk.stat(join(directory, "file"))).toMatchObject({ kind: "file", size: 4 });
    expect(await nodeDisk.stat(join(directory, "directory"))).toEqual({ kind: "directory", size: 0, revision: "" });
    expect(await nodeDisk.stat(join(directory, "link"))).toEqual({ kind: "other", size: 0, revision: "" });
    expect(await nodeDisk.stat(join(directory, "absent"))).toBeUndefined();
    expect(await nodeDisk.stat(join(directory, "file", "below"))).toBeUndefined();
  });

  it("shows in a file's revision that its content was changed, though length and time of the content were put back", async () => {
    const path = join(await scratch(), "file");
    const file = await createWith(path, "four");
    await fs.utimes(path, 1, 1);
    const before = await nodeDisk.stat(path);
    // Repeated until the file system's clock has made a step.
    do {
      await file.write(0, bytes("five"));
      await fs.utimes(path, 1, 1);
    } while ((await nodeDisk.stat(path))?.revision === before?.revision);
    await file.close();
    expect((await fs.stat(path)).mtimeMs).toBe(1000);
  });

  it("refuses to list what is absent, a file, or a link to a directory", async () => {
    const directory = await scratch();
    await (await createWith(join(directory, "file"), "")).close();
    await fs.symlink(".", join(directory, "link"));
    await expect(nodeDisk.list(join(directory, "absent"))).rejects.toMatchObject(withCode("DISK_NOT_FOUND", "list"));
    await expect(nodeDisk.list(join(directory, "file"))).rejects.toMatchObject(withCode("DISK_NOT_A_DIRECTORY", "list"));
    await expect(nodeDisk.list(join(directory, "link"))).rejects.toMatchObject(withCode("DISK_NOT_A_DIRECTORY", "list"));
  });

  it("makes one directory, and removes it when it is empty", async () => {
    const directory = join(await scratch(), "made");
    await nodeDisk.makeDirectory(directory);
    await expect(nodeDisk.makeDirectory(directory)).rejects.toMatchObject(withCode("DISK_EXISTS"));
    await expect(nodeDisk.makeDirectory(join(directory, "a", "b"))).rejects.toMatchObject(withCode("DISK_NOT_FOUND"));
    await (await nodeDisk.create(join(directory, "file"))).close();
    await expect(nodeDisk.removeDirectory(directory)).rejects.toMatchObject(withCode("DISK_NOT_EMPTY"));
    await expect(nodeDisk.removeDirectory(join(directory, "file"))).rejects.toMatchObject(withCode("DISK_NOT_A_DIRECTORY"));
    await expect(nodeDisk.remove(directory)).rejects.toMatchObject(withCode("DISK_NOT_A_FILE", "remove"));
    await nodeDisk.remove(join(directory, "file"));
    await nodeDisk.removeDirectory(directory);
    expect(await nodeDisk.stat(directory)).toBeUndefined();
    await expect(nodeDisk.remove(directory)).rejects.toMatchObject(withCode("DISK_NOT_FOUND"));
  });

  it("renames a file over a file, and a directory over an empty one only", async () => {
    const directory = await scratch();
    const at = (name: string): string => join(directory, name);
    await (await createWith(at("new"), "new")).close();
    await (await createWith(at("old"), "old")).close();
    await nodeDisk.rename(at("new"), at("old"));
    expect(await fs.readFile(at("old"), "utf8")).toBe("new");
    for (const name of ["a", "b", "c"]) await nodeDisk.makeDirectory(at(name));
    await (await nodeDisk.create(join(at("c"), "file"))).close();
    await nodeDisk.rename(at("a"), at("b"));
    await expect(nodeDisk.rename(at("b"), at("c"))).rejects.toMatchObject(withCode("DISK_NOT_EMPTY", "rename"));
    await expect(nodeDisk.rename(at("b"), at("old"))).rejects.toMatchObject(withCode("DISK_NOT_A_DIRECTORY"));
    await expect(nodeDisk.rename(at("absent"), at("d"))).rejects.toMatchObject(withCode("DISK_NOT_FOUND"));
  });

  it("syncs a directory, and nothing that isn't one", async () => {
    const directory = await scratch();
    await (await nodeDisk.create(join(directory, "file"))).close();
    await fs.symlink(".", join(directory, "link"));
    await nodeDisk.syncDirectory(directory);
    for (const name of ["file", "link"]) {
      const refused = withCode("DISK_NOT_A_DIRECTORY", "syncDirectory");
      await expect(nodeDisk.syncDirectory(join(directory, name)), name).rejects.toMatchObject(refused);
    }
    await expect(nodeDisk.syncDirectory(join(directory, "absent"))).rejects.toMatchObject(withCode("DISK_NOT_FOUND"));
  });
});

describe("the clock of nodeDisk", () => {
  it("fires a timer once and never one that was called off", async () => {
    const fired: string[] = [];
    const cancel = nodeDisk.clock.after(0, () => fired.push("called off"));
    cancel();
    cancel();
    await new Promise<void>((resolve) => {
      nodeDisk.clock.after(5, () => resolve());
      setTimeout(() => undefined, 1_000);
    });
    expect(fired).toEqual([]);
    const before = nodeDisk.clock.monotonic();
    expect(nodeDisk.clock.monotonic()).toBeGreaterThanOrEqual(before);
    expect(Math.abs(nodeDisk.clock.now() - Date.now())).toBeLessThan(1_000);
  });

  it("lets a program end that waits for nothing but a timer", () => {
    const script = `import { nodeDisk } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)};
      nodeDisk.clock.after(1e8, () => {});`;
    const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], { timeout: 20_000 });
    expect(run.status).toBe(0);
  });
});
