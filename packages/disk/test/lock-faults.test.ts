import * as fs from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { breakLock, DiskError, lockDirectory, nodeDisk, type Disk, type Owners, type Verdict } from "../src/index.ts";
import { scratch } from "./scratch.ts";
import { watchedDisk, type Watch } from "./watched-disk.ts";

interface Machine {
  readonly dead: Set<string>;
  /** Those who run where nobody sees them. */
  readonly hidden: Set<string>;
  readonly kernelLocks: { held: number };
  disk(watch?: Watch): Disk;
}

/** A machine whose owners are numbered and die when they are told to. */
function createMachine(): Machine {
  const dead = new Set<string>();
  const hidden = new Set<string>();
  const kernelLocks = { held: 0 };
  let count = 0;
  const owners: Owners = {
    identify: async () => `owner-${(count += 1)}`,
    judge: async (identity): Promise<Verdict> => (dead.has(identity) ? "dead" : hidden.has(identity) ? "unknown" : "alive"),
    takeKernelLock: async () => {
      kernelLocks.held += 1;
      return async () => void (kernelLocks.held -= 1);
    },
  };
  const disk = (watch: Watch = () => undefined): Disk => ({ ...watchedDisk(nodeDisk, watch), owners });
  return { dead, hidden, kernelLocks, disk };
}

const failure = (file: string): DiskError => new DiskError("DISK_IO", "made up", { operation: "made up", file });

/** Runs `body` once for each operation of it, until an index is past its end. Returns how many there were. */
async function forEachOperation(body: (index: number) => Promise<{ readonly wasReached: boolean }>): Promise<number> {
  for (let index = 0; ; index += 1) if (!(await body(index)).wasReached) return index;
}

describe("taking and releasing a lock", () => {
  it("leaves a free directory when the owner dies before any of its steps", async () => {
    const steps = await forEachOperation(async (index) => {
      const directory = await scratch();
      const machine = createMachine();
      let operations = 0;
      // All that comes after a death fails too, so that no clean-up can run.
      const dying = machine.disk(() => {
        if (operations++ >= index) throw failure(directory);
      });
      const life = lockDirectory(dying, directory).then((lock) => lock.release());
      const wasReached = await life.then(() => operations > index, () => true);
      machine.dead.add("owner-1");
      const next = await lockDirectory(machine.disk(), directory);
      expect(await next.held(), `step ${index}`).toBe(true);
      await next.release();
      expect(await fs.readdir(directory), `step ${index}`).toEqual([]);
      return { wasReached };
    });
    expect(steps).toBeGreaterThanOrEqual(7);
  });

  it("either works or leaves the directory as it was, when any one of its steps fails", async () => {
    const steps = await forEachOperation(async (index) => {
      const directory = await scratch();
      const machine = createMachine();
      let operations = 0;
      let failing = true;
      const disk = machine.disk(() => {
        if (failing && operations++ === index) throw failure(directory);
      });
      const lock = await lockDirectory(disk, directory).catch((error: unknown) => {
        expect(error, `step ${index}`).toMatchObject({ code: "DISK_IO" });
        return undefined;
      });
      failing = false;
      expect(machine.kernelLocks.held, `step ${index}`).toBe(lock === undefined ? 0 : 1);
      if (lock !== undefined) expect(await lock.held(), `step ${index}`).toBe(true);
      await lock?.release();
      expect(await fs.readdir(directory), `step ${index}`).toEqual([]);
      return { wasReached: operations > index };
    });
    expect(steps).toBeGreaterThanOrEqual(5);
  });

  it("frees the kernel's lock even when the entry can't be removed", async () => {
    const directory = await scratch();
    const machine = createMachine();
    const disk = machine.disk((operation) => {
      if (operation.startsWith("remove owner-1")) throw failure(directory);
    });
    const lock = await lockDirectory(disk, directory);
    await expect(lock.release()).rejects.toMatchObject({ code: "DISK_IO" });
    expect(machine.kernelLocks.held).toBe(0);
  });

  it("takes the kernel's lock before anything else, and names the owner that has it", async () => {
    const directory = await scratch();
    const machine = createMachine();
    const lock = await lockDirectory(machine.disk(), directory);
    const seen: string[] = [];
    const disk = machine.disk((operation) => seen.push(operation));
    const refusing: Disk = { ...disk, owners: { ...disk.owners, takeKernelLock: async () => undefined } };
    await expect(lockDirectory(refusing, directory)).rejects.toThrow('locked: "owner-1" has it open');
    await expect(breakLock(refusing, directory)).rejects.toMatchObject({ code: "DISK_LOCKED" });
    expect(seen).toEqual(["list LOCK", "list LOCK"]);
    await lock.release();
    await expect(lockDirectory(refusing, directory)).rejects.toThrow("another process has it open");
  });

  it("is broken only under the kernel's lock, which is free afterwards, whichever step fails", async () => {
    const steps = await forEachOperation(async (index) => {
      const directory = await scratch();
      const machine = createMachine();
      machine.hidden.add("owner-1");
      await fs.mkdir(join(directory, "LOCK"));
      await fs.writeFile(join(directory, "LOCK", "owner-1"), "");
      let operations = 0;
      const disk = machine.disk((operation) => {
        expect(machine.kernelLocks.held, operation).toBe(1);
        if (operations++ === index) throw failure(directory);
      });
      const outcome = await breakLock(disk, directory).catch((error: unknown) => error);
      if (outcome !== undefined) expect(outcome, `step ${index}`).toMatchObject({ code: "DISK_IO" });
      expect(machine.kernelLocks.held, `step ${index}`).toBe(0);
      await breakLock(machine.disk(), directory);
      await (await lockDirectory(machine.disk(), directory)).release();
      expect(await fs.readdir(directory), `step ${index}`).toEqual([]);
      return { wasReached: operations > index };
    });
    expect(steps).toBe(4);
  });

  it("removes a dead owner by its own name, so that one who came in between stays", async () => {
    const directory = await scratch();
    const machine = createMachine();
    await lockDirectory(machine.disk(), directory);
    machine.dead.add("owner-1");
    let winner: Promise<unknown> | undefined;
    const plain = machine.disk();
    const slow: Disk = {
      ...plain,
      remove: async (path) => {
        if (path.endsWith(join("LOCK", "owner-1"))) await (winner ??= lockDirectory(machine.disk(), directory));
        return plain.remove(path);
      },
    };
    await expect(lockDirectory(slow, directory)).rejects.toMatchObject({ code: "DISK_LOCKED" });
    expect(await fs.readdir(join(directory, "LOCK"))).toEqual(["owner-3"]);
    expect(await fs.readdir(directory)).toEqual(["LOCK"]);
  });

  it("begins again when somebody who can't see it breaks the lock while it is being taken", async () => {
    const begins = new Set<number>();
    const steps = await forEachOperation(async (index) => {
      const directory = await scratch();
      const machine = createMachine();
      machine.hidden.add("owner-1");
      const calls: string[] = [];
      const plain = machine.disk();
      const before = async <T>(call: string, run: () => Promise<T>): Promise<T> => {
        if (calls.push(call) === index + 1) await breakLock(machine.disk(), directory);
        return run();
      };
      const lock = await lockDirectory({
        ...plain,
        makeDirectory: (path) => before("makeDirectory", () => plain.makeDirectory(path)),
        create: (path) => before("create", () => plain.create(path)),
        rename: (from, to) => before("rename", () => plain.rename(from, to)),
        list: (path) => before(`list ${basename(path)}`, () => plain.list(path)),
      }, directory);
      // Once it has seen its own entry it is an owner, and finds out as owners do.
      const wasOwner = calls[index] === `list ${basename(directory)}`;
      expect(await lock.held(), `before ${calls[index]}`).toBe(!wasOwner);
      begins.add(calls.filter((call) => call === "makeDirectory").length);
      await lock.release();
      expect(await fs.readdir(directory)).toEqual([]);
      return { wasReached: calls.length > index };
    });
    expect(steps).toBeGreaterThanOrEqual(5);
    expect(begins).toEqual(new Set([1, 2]));
  });

  it("gives up after a hundred rounds with the reason why it couldn't move in", async () => {
    const directory = await scratch();
    const machine = createMachine();
    let renames = 0;
    const disk = machine.disk((operation) => {
      if (!operation.startsWith("rename ")) return;
      renames += 1;
      throw new DiskError("DISK_PERMISSION", "no", { operation: "rename", file: directory });
    });
    await expect(lockDirectory(disk, directory)).rejects.toMatchObject({ code: "DISK_PERMISSION" });
    expect(renames).toBe(100);
    expect(await fs.readdir(directory)).toEqual([]);
  });

  it("gives up after a hundred rounds when others were always faster, and says so", async () => {
    const directory = await scratch();
    const disk = createMachine().disk((operation) => {
      if (operation.startsWith("rename ")) throw new DiskError("DISK_NOT_EMPTY", "no", { operation: "rename", file: directory });
    });
    await expect(lockDirectory(disk, directory)).rejects.toMatchObject({ code: "DISK_LOCKED", message: expect.stringContaining("in turns") });
    expect(await fs.readdir(directory)).toEqual([]);
  });

  it("passes on a mistake of those who judge, and leaves the directory as it was", async () => {
    const directory = await scratch();
    await fs.mkdir(join(directory, "LOCK.owner-0"));
    const machine = createMachine();
    const disk = machine.disk();
    const mistake = new TypeError("a mistake");
    const mistaken: Disk = { ...disk, owners: { ...disk.owners, judge: () => Promise.reject(mistake) } };
    await expect(lockDirectory(mistaken, directory)).rejects.toBe(mistake);
    expect(await fs.readdir(directory)).toEqual(["LOCK.owner-0"]);
    expect(machine.kernelLocks.held).toBe(0);
  });

  it("passes on what failed first, though the kernel's lock can't be freed either", async () => {
    const directory = await scratch();
    const failed = failure(directory);
    const disk = createMachine().disk((operation) => {
      if (operation.startsWith("makeDirectory ")) throw failed;
    });
    const stuck: Disk = { ...disk, owners: { ...disk.owners, takeKernelLock: async () => () => Promise.reject(new Error("stuck")) } };
    await expect(lockDirectory(stuck, directory)).rejects.toBe(failed);
  });
});
