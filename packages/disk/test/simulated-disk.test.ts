import { describe, expect, test } from "vitest";
import { isDiskError } from "../src/disk-error.ts";
import { createSimulatedDisk, type Fault, type Operation, type OperationKind, type SimulatedDisk } from "../src/testing/index.ts";
import { readFully, readFullySync } from "../src/transfer.ts";

function filled(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}

/** Plans `fault` for the next operation of a kind, once. */
function failNext(disk: SimulatedDisk, kind: OperationKind, fault: Fault): void {
  disk.plan((operation) => {
    if (operation.kind !== kind) return undefined;
    disk.plan(undefined);
    return fault;
  });
}

const ioError: Fault = { kind: "error", errno: "EIO" };

/** The lengths and first bytes that power cuts leave of a file. */
function leftOf(disk: SimulatedDisk, path: string): readonly string[] {
  const left = [...disk.powerCuts()].map(({ files }) => {
    const content = files.get(path);
    return content ? `${content.length}:${content[0] ?? "-"}` : "none";
  });
  return [...new Set(left)].sort();
}

describe("a planned fault", () => {
  test("fails the operation with the code of its errno and changes nothing", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    for (const [errno, code] of [["EIO", "DISK_IO"], ["ENOSPC", "DISK_FULL"], ["EROFS", "DISK_READ_ONLY"]] as const) {
      failNext(disk, "write", { kind: "error", errno });
      await expect(file.write(0, filled(10, 1))).rejects.toMatchObject({ code, errno, operation: "write", file: "/a" });
    }
    failNext(disk, "create", ioError);
    await expect(disk.create("/b")).rejects.toMatchObject({ code: "DISK_IO" });
    failNext(disk, "rename", ioError);
    await expect(disk.rename("/a", "/c")).rejects.toMatchObject({ code: "DISK_IO" });
    expect([...disk.killed().files]).toEqual([["/a", filled(0, 0)]]);
    expect(await file.write(0, filled(10, 1))).toBe(10);
  });

  test("makes a synchronous write fail too", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    failNext(disk, "write", ioError);
    expect(() => file.writeSync(0, filled(1, 1))).toThrow(expect.objectContaining({ code: "DISK_IO", operation: "writeSync" }));
  });

  test("makes what is asked at once fail too, under its own name", async () => {
    const disk = createSimulatedDisk();
    await (await disk.create("/a")).close();
    const calls = {
      stat: () => disk.statSync("/a"),
      list: () => disk.listSync("/"),
      read: () => disk.readSync("/a", 0, filled(1, 0)),
    } as const;
    for (const kind of ["stat", "list", "read"] as const) {
      failNext(disk, kind, ioError);
      expect(calls[kind], kind).toThrow(expect.objectContaining({ code: "DISK_IO", operation: `${kind}Sync` }));
      expect(calls[kind], kind).not.toThrow();
    }
    expect(disk.openFiles).toBe(0);
  });

  test("makes a transfer short", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    failNext(disk, "write", { kind: "short", bytes: 3 });
    expect(await file.write(0, filled(10, 1))).toBe(3);
    expect(await file.size()).toBe(3);
    expect(file.writeSync(3, filled(7, 2))).toBe(7);
    const target = filled(10, 9);
    failNext(disk, "read", { kind: "short", bytes: 4 });
    expect(await file.read(0, target)).toBe(4);
    expect(target).toEqual(Uint8Array.from([1, 1, 1, 2, 9, 9, 9, 9, 9, 9]));
    expect(await readFully(file, 0, target)).toBe(10);
    target.fill(9);
    failNext(disk, "read", { kind: "short", bytes: 4 });
    expect(disk.readSync("/a", 0, target)).toBe(4);
    expect(target).toEqual(Uint8Array.from([1, 1, 1, 2, 9, 9, 9, 9, 9, 9]));
    failNext(disk, "read", { kind: "short", bytes: 4 });
    expect(readFullySync(disk, "/a", 0, target)).toBe(10);
    expect(target).toEqual(Uint8Array.from([1, 1, 1, 2, 2, 2, 2, 2, 2, 2]));
  });

  test("that a kind of operation can't have is refused", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    failNext(disk, "sync", { kind: "short", bytes: 1 });
    await expect(file.sync()).rejects.toThrow(TypeError);
    failNext(disk, "write", { kind: "lie" });
    await expect(file.write(0, filled(1, 1))).rejects.toThrow(TypeError);
    failNext(disk, "write", { kind: "short", bytes: 0 });
    await expect(file.write(0, filled(1, 1))).rejects.toThrow(RangeError);
  });

  test("of a close frees the handle all the same", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    failNext(disk, "close", ioError);
    await expect(file.close()).rejects.toMatchObject({ code: "DISK_IO" });
    expect(disk.openFiles).toBe(0);
  });
});

describe("a sync that doesn't do its work", () => {
  async function writtenFile(): Promise<{ disk: SimulatedDisk; file: Awaited<ReturnType<SimulatedDisk["create"]>> }> {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    await disk.syncDirectory("/");
    await file.write(0, filled(8, 1));
    return { disk, file };
  }

  test("and fails loses the content, although programs see it and the next sync says yes", async () => {
    const { disk, file } = await writtenFile();
    failNext(disk, "sync", ioError);
    await expect(file.sync()).rejects.toMatchObject({ code: "DISK_IO" });
    await file.sync();
    expect(disk.killed().files.get("/a")).toEqual(filled(8, 1));
    expect(leftOf(disk, "/a")).toEqual(["0:-", "8:0", "8:1"]);
  });

  test("and fails is made up for by writing again", async () => {
    const { disk, file } = await writtenFile();
    failNext(disk, "sync", ioError);
    await expect(file.sync()).rejects.toMatchObject({ code: "DISK_IO" });
    await file.write(0, filled(8, 1));
    await file.sync();
    expect(leftOf(disk, "/a")).toEqual(["8:1"]);
  });

  test("and fails leaves zeros in front of what is appended and synced later", async () => {
    const { disk, file } = await writtenFile();
    failNext(disk, "sync", ioError);
    await expect(file.sync()).rejects.toMatchObject({ code: "DISK_IO" });
    await file.write(512, filled(8, 2));
    await file.sync();
    expect(leftOf(disk, "/a")).toEqual(["520:0", "520:1"]);
    for (const { files } of disk.powerCuts()) expect(files.get("/a")?.subarray(512)).toEqual(filled(8, 2));
  });

  test("covers what was written before it was called; what comes while it runs is covered by the next one", async () => {
    const { disk, file } = await writtenFile();
    const first = file.sync();
    file.writeSync(0, filled(8, 2));
    file.writeSync(512, filled(8, 3));
    await first;
    expect(disk.killed().files.get("/a")?.length).toBe(520);
    expect(leftOf(disk, "/a")).toEqual(["512:1", "512:2", "520:1", "520:2", "8:1", "8:2"]);
    await file.sync();
    expect(leftOf(disk, "/a")).toEqual(["520:2"]);
  });

  test("makes durable what was written, when it is made at once, and fails and lies like any other", async () => {
    const { disk, file } = await writtenFile();
    failNext(disk, "sync", { kind: "lie" });
    file.syncNow?.();
    expect(leftOf(disk, "/a")).toEqual(["0:-", "8:0", "8:1"]);
    file.syncNow?.();
    expect(leftOf(disk, "/a")).toEqual(["8:1"]);
    await file.write(0, filled(8, 2));
    failNext(disk, "sync", ioError);
    expect(() => file.syncNow?.()).toThrow(expect.objectContaining({ code: "DISK_IO", operation: "syncNow" }));
    file.syncNow?.();
    expect(leftOf(disk, "/a")).toEqual(["8:1", "8:2"]);
    await file.close();
    expect(() => file.syncNow?.()).toThrow(expect.objectContaining({ code: "DISK_CLOSED" }));
  });

  test("of a directory covers the names that stood when it was called", async () => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= 10; seed++) {
      const disk = createSimulatedDisk();
      await (await disk.create("/a")).close();
      await disk.runInterleaved(() => Promise.all([disk.syncDirectory("/"), disk.makeDirectory("/d")]), { seed });
      orders.add(disk.operations.slice(-2).map(({ kind }) => kind).join());
      const left = [...disk.powerCuts()].map(({ files, directories }) => [...files.keys(), ...directories].join());
      expect(left.sort(), `seed ${seed}`).toEqual(["/a,/", "/a,/,/d"]);
    }
    expect(orders.size).toBe(2);
  });

  test("and lies leaves everything to the next one", async () => {
    const { disk, file } = await writtenFile();
    failNext(disk, "sync", { kind: "lie" });
    await file.sync();
    expect(leftOf(disk, "/a")).toEqual(["0:-", "8:0", "8:1"]);
    await file.sync();
    expect(leftOf(disk, "/a")).toEqual(["8:1"]);
  });

  test("of a directory and fails leaves its names unsynced for good", async () => {
    const disk = createSimulatedDisk();
    await (await disk.create("/a")).close();
    failNext(disk, "syncDirectory", ioError);
    await expect(disk.syncDirectory("/")).rejects.toMatchObject({ code: "DISK_IO" });
    await (await disk.create("/b")).close();
    await disk.syncDirectory("/");
    expect([...disk.powerCuts()].map(({ files }) => [...files.keys()].sort().join()).sort()).toEqual(["/a,/b", "/b"]);
    failNext(disk, "syncDirectory", { kind: "lie" });
    await (await disk.create("/c")).close();
    await disk.syncDirectory("/");
    expect([...disk.powerCuts()].length).toBe(4);
    await disk.syncDirectory("/");
    expect([...disk.powerCuts()].length).toBe(2);
  });
});

describe("the space of a disk", () => {
  test("takes a part of a write, then nothing, and what is removed makes room", async () => {
    const disk = createSimulatedDisk();
    const other = await disk.create("/other");
    await other.write(0, filled(600, 1));
    const file = await disk.create("/a");
    disk.limitSpace(1000);
    expect(await file.write(0, filled(500, 2))).toBe(400);
    await expect(file.write(400, filled(100, 2))).rejects.toMatchObject({ code: "DISK_FULL", errno: "ENOSPC" });
    expect(await file.write(0, filled(400, 3))).toBe(400);
    await disk.remove("/other");
    await expect(file.write(400, filled(100, 2))).rejects.toMatchObject({ code: "DISK_FULL" });
    await other.close();
    expect(await file.write(400, filled(700, 2))).toBe(600);
  });
});

describe("the trace", () => {
  test("names every operation in order, and observers see the state before it", async () => {
    const disk = createSimulatedDisk();
    const seen: string[] = [];
    const stop = disk.beforeEach(({ index, kind }) => seen.push(`${index} ${kind} ${disk.killed().files.get("/a")?.length}`));
    const file = await disk.create("/a");
    await file.write(3, filled(2, 1));
    file.writeSync(0, filled(3, 1));
    await file.sync();
    stop();
    await disk.rename("/a", "/b/../c");
    expect(seen).toEqual(["0 create undefined", "1 write 0", "2 write 5", "3 sync 5"]);
    expect(disk.operations).toEqual<Operation[]>([
      { index: 0, kind: "create", path: "/a" },
      { index: 1, kind: "write", path: "/a", position: 3, length: 2 },
      { index: 2, kind: "write", path: "/a", position: 0, length: 3 },
      { index: 3, kind: "sync", path: "/a" },
      { index: 4, kind: "rename", path: "/a", target: "/c" },
    ]);
  });

  test("has what was asked at once in its place among the others", async () => {
    const disk = createSimulatedDisk();
    const seen: string[] = [];
    disk.beforeEach(({ kind, path }) => seen.push(`${kind} ${path}`));
    const created = disk.create("/a");
    expect(disk.statSync("/a")).toBeUndefined();
    await created;
    disk.listSync("/");
    disk.readSync("/./a", 3, filled(2, 0));
    expect(() => disk.readSync("/none", 0, filled(1, 0))).toThrow("nothing stands there");
    expect(seen).toEqual(["stat /a", "create /a", "list /", "read /a", "read /none"]);
    expect(disk.operations[3]).toEqual({ index: 3, kind: "read", path: "/a", position: 3, length: 2 });
  });

  test("shows what fails by itself, and a caller that changes a buffer before the write settles", async () => {
    const disk = createSimulatedDisk();
    await expect(disk.open("/none")).rejects.toSatisfy((error) => isDiskError(error, "DISK_NOT_FOUND"));
    expect(disk.operations.length).toBe(1);
    const file = await disk.create("/a");
    const source = filled(1, 1);
    const written = file.write(0, source);
    source[0] = 2;
    await written;
    expect(disk.killed().files.get("/a")).toEqual(filled(1, 2));
  });
});

describe("a mounted image", () => {
  test("of a kill has everything, and what wasn't synced is still unsynced", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    await disk.syncDirectory("/");
    await file.write(0, filled(8, 1));
    const image = disk.killed();
    await file.write(0, filled(8, 2));
    const next = image.mount();
    expect(leftOf(next, "/a")).toEqual(["0:-", "8:0", "8:1"]);
    const content = filled(8, 0);
    const reopened = await next.open("/a");
    await readFully(reopened, 0, content);
    expect(content).toEqual(filled(8, 1));
    await reopened.sync();
    expect(leftOf(next, "/a")).toEqual(["8:1"]);
    expect(leftOf(image.mount(), "/a")).toEqual(["0:-", "8:0", "8:1"]);
    expect(leftOf(disk, "/a")).toEqual(["0:-", "8:0", "8:1", "8:2"]);
  });

  test("of a power cut is durable as it is, and images of a common past don't touch each other", async () => {
    const disk = createSimulatedDisk();
    await disk.makeDirectory("/d");
    const file = await disk.create("/d/a");
    await file.write(0, filled(600, 1));
    const images = [...disk.powerCuts()];
    const hashes = images.map(({ hash }) => hash);
    for (const image of images) {
      const next = image.mount();
      expect([...next.powerCuts()].map(({ hash }) => hash)).toEqual([image.hash]);
      expect(next.killed().hash).toBe(image.hash);
      if (image.files.has("/d/a")) await next.remove("/d/a");
      if (image.directories.has("/d")) await (await next.create("/d/a")).write(0, filled(600, 5));
    }
    expect(images.map((image) => image.mount().killed().hash)).toEqual(hashes);
  });
});

describe("processes and boots", () => {
  test("an owner is dead after its process was killed or the power was cut, and alive otherwise", async () => {
    const disk = createSimulatedDisk();
    const first = await disk.owners.identify("/");
    const second = disk.anotherProcess();
    const other = await second.owners.identify("/");
    expect(await disk.owners.judge(other, first)).toBe("alive");
    second.kill();
    expect(await disk.owners.judge(other, first)).toBe("dead");
    expect(await disk.owners.judge(first, first)).toBe("alive");
    const [afterCut] = disk.powerCuts();
    for (const next of [disk.killed().mount(), afterCut?.mount()]) {
      const self = await next?.owners.identify("/");
      expect(self).not.toBe(first);
      expect(await next?.owners.judge(first, self ?? "")).toBe("dead");
      expect(await next?.owners.judge(self ?? "", self ?? "")).toBe("alive");
    }
  });

  test("processes share files and time, and have handles and traces of their own", async () => {
    const disk = createSimulatedDisk();
    const second = disk.anotherProcess();
    await (await disk.create("/a")).write(0, filled(1, 1));
    expect(await second.stat("/a")).toMatchObject({ kind: "file", size: 1 });
    expect([disk.openFiles, second.openFiles]).toEqual([1, 0]);
    expect([disk.operations.length, second.operations.length]).toEqual([2, 1]);
    second.advance(5);
    expect(disk.clock.monotonic()).toBe(5);
  });

  test("every write gives a file another revision, which is the same for those that start again after a kill", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    await (await disk.create("/b")).close();
    const revisions = [disk.statSync("/a")?.revision, disk.statSync("/b")?.revision];
    for (let round = 0; round < 3; round++) {
      await file.write(0, filled(1, 1));
      revisions.push(disk.statSync("/a")?.revision);
    }
    await disk.rename("/b", "/c");
    expect(disk.statSync("/c")?.revision).toBe(revisions[1]);
    expect(new Set(revisions).size).toBe(5);
    expect(disk.killed().mount().statSync("/a")?.revision).toBe(revisions.at(-1));
  });

  test("a killed process does nothing more, not even what it had begun", async () => {
    const disk = createSimulatedDisk();
    const second = disk.anotherProcess();
    const file = await second.create("/a");
    const begun = file.write(0, filled(1, 1));
    second.kill();
    await expect(begun).rejects.toMatchObject({ code: "DISK_CLOSED" });
    await expect(second.stat("/a")).rejects.toMatchObject({ code: "DISK_CLOSED" });
    expect(() => second.statSync("/a")).toThrow(expect.objectContaining({ code: "DISK_CLOSED" }));
    await expect(file.sync()).rejects.toMatchObject({ code: "DISK_CLOSED" });
    await file.close();
    expect(second.openFiles).toBe(0);
    expect(await disk.stat("/a")).toMatchObject({ kind: "file", size: 0 });
  });

  test("a process that is killed before an operation takes effect doesn't do it", async () => {
    const disk = createSimulatedDisk();
    const second = disk.anotherProcess();
    const file = await second.create("/a");
    second.beforeEach(({ kind }) => {
      if (kind === "write") second.kill();
    });
    await expect(file.write(0, filled(1, 1))).rejects.toMatchObject({ code: "DISK_CLOSED" });
    expect(await disk.stat("/a")).toMatchObject({ size: 0 });
    const third = disk.anotherProcess();
    third.beforeEach(() => third.kill());
    await expect(third.open("/a")).rejects.toMatchObject({ code: "DISK_CLOSED" });
    expect(third.openFiles).toBe(0);
  });
});

describe("what a program may not count on", () => {
  test("a name has at most 255 bytes, and no NUL", async () => {
    const disk = createSimulatedDisk();
    const refusal = { code: "DISK_IO", errno: "ENAMETOOLONG" };
    await (await disk.create(`/${"x".repeat(255)}`)).close();
    for (const name of ["x".repeat(256), "ü".repeat(128)]) {
      await expect(disk.create(`/${name}`)).rejects.toMatchObject(refusal);
      await expect(disk.stat(`/${name}`)).rejects.toMatchObject(refusal);
      await expect(disk.makeDirectory(`/${name}/d`)).rejects.toMatchObject(refusal);
      await expect(disk.rename(`/${"x".repeat(255)}`, `/${name}`)).rejects.toMatchObject(refusal);
    }
    await expect(disk.create("/a\0b")).rejects.toThrow(TypeError);
    expect(() => disk.statSync("/\0")).toThrow(TypeError);
    expect(() => disk.statSync(`/${"x".repeat(256)}`)).toThrow(expect.objectContaining({ operation: "statSync" }));
    expect(disk.killed().files.size).toBe(1);
  });

  test("a machine that starts again measures time from a new start", async () => {
    const disk = createSimulatedDisk();
    disk.advance(5_000);
    const [cut] = disk.powerCuts();
    for (const next of [disk.killed().mount(), cut?.mount()]) {
      expect(next?.clock.monotonic()).toBe(0);
      expect(next?.clock.now()).toBe(disk.clock.now());
      next?.advance(7);
      expect([next?.clock.monotonic(), disk.clock.monotonic()]).toEqual([7, 5_000]);
    }
  });
});

test("time stands still until it is told to go on, and timers fire in the order of their time", () => {
  const disk = createSimulatedDisk();
  const fired: string[] = [];
  const at = (name: string) => () => fired.push(`${name} at ${disk.clock.monotonic()}`);
  disk.clock.after(20, at("late"));
  disk.clock.after(10, at("early"));
  disk.clock.after(10, () => disk.clock.after(5, at("nested")));
  const start = disk.clock.now();
  disk.advance(9);
  expect(fired).toEqual([]);
  disk.advance(11);
  expect(fired).toEqual(["early at 10", "nested at 15", "late at 20"]);
  expect(disk.clock.now() - start).toBe(20);
});
