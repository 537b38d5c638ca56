import { execFileSync, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished } from "vitest";
import { breakLock, lockDirectory, nodeDisk } from "../src/index.ts";
import { formatIdentity, parseIdentity, type OwnerIdentity } from "../src/owner-identity.ts";
import { scratch } from "./scratch.ts";

const linux = process.platform === "linux";
const holder = fileURLToPath(new URL("lock-holder.mjs", import.meta.url));
const locked = expect.objectContaining({ name: "DiskError", code: "DISK_LOCKED" });

/** Starts a program that holds the lock; resolves when it does. */
async function startHolder(command: string, args: readonly string[]): Promise<{ readonly pid: number; end(): void }> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
  const end = (): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, "SIGKILL");
  };
  onTestFinished(end);
  let output = "";
  for await (const chunk of child.stdout) {
    output += String(chunk);
    const match = /^held (\d+) .*\n/m.exec(output);
    if (match !== null) return { pid: Number(match[1]), end };
  }
  throw new Error(`The holder ended: ${output}`);
}

const startProcess = (directory: string): ReturnType<typeof startHolder> => startHolder(process.execPath, [holder, directory]);

/** Waits until `/proc` shows what is awaited: the state of the process and the number of its threads. */
async function waitFor(pid: number, awaited: (state: string, threads: number) => boolean): Promise<void> {
  for (;;) {
    const line = await fs.readFile(`/proc/${pid}/stat`, "latin1").catch(() => ") gone");
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    if (awaited(fields[0] ?? "", Number(fields[17] ?? 0))) return;
    await sleep(5);
  }
}

const isStopped = (state: string): boolean => state === "T";
// Its first thread is a zombie before the others have ended, and those may still be in the middle of a write.
const isZombie = (state: string, threads: number): boolean => state === "Z" && threads <= 1;
const isOver = (state: string, threads: number): boolean => state === "gone" || isZombie(state, threads);

/** A directory with the entry of an owner like this one, but for `changes`. */
async function lockedBy(changes: Partial<OwnerIdentity>): Promise<string> {
  const directory = await scratch();
  await putEntry(directory, formatIdentity(await ownIdentity(directory, changes)));
  return directory;
}

async function ownIdentity(directory: string, changes: Partial<OwnerIdentity>): Promise<OwnerIdentity> {
  const own = parseIdentity(await nodeDisk.owners.identify(directory));
  if (own === undefined) throw new Error("an identity that can't be read back");
  return { ...own, ...changes };
}

async function putEntry(directory: string, name: string): Promise<void> {
  await fs.mkdir(join(directory, "LOCK"), { recursive: true });
  await fs.writeFile(join(directory, "LOCK", name), "");
}

async function expectFree(directory: string): Promise<void> {
  await (await lockDirectory(nodeDisk, directory)).release();
  expect((await fs.readdir(directory)).filter((name) => name !== "LOCK.os")).toEqual([]);
}

describe("a directory's lock", () => {
  it("is one owner's until it is released, and leaves nothing behind", async () => {
    const directory = await scratch();
    const lock = await lockDirectory(nodeDisk, directory);
    expect(await fs.readdir(join(directory, "LOCK"))).toEqual([lock.identity]);
    expect(await lock.held()).toBe(true);
    await expect(lockDirectory(nodeDisk, directory)).rejects.toEqual(locked);
    expect(await lock.held()).toBe(true);
    await Promise.all([lock.release(), lock.release()]);
    await lock.release();
    expect(await lock.held()).toBe(false);
    await expectFree(directory);
  });

  it("names the process, the thread and what to do when another owner runs", async () => {
    const directory = await scratch();
    const { pid } = await startProcess(directory);
    const refusal = lockDirectory(nodeDisk, directory);
    await expect(refusal).rejects.toEqual(locked);
    const words = `is locked: process ${pid} \\(thread \\d+\\) on \\S+ has it open.*Close it there`;
    await expect(refusal).rejects.toThrow(new RegExp(words));
    await expect(breakLock(nodeDisk, directory)).rejects.toEqual(locked);
  });

  it("goes to exactly one of many that ask at once", async () => {
    const directory = await scratch();
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockDirectory(nodeDisk, directory)));
    const taken = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect(taken).toHaveLength(1);
    for (const result of results) if (result.status === "rejected") expect(result.reason).toEqual(locked);
    await taken[0]?.release();
    await expectFree(directory);
  });

  it("is free after its process was killed", async () => {
    const directory = await scratch();
    const { pid } = await startProcess(directory);
    process.kill(pid, "SIGKILL");
    if (linux) await waitFor(pid, isOver);
    await expectFree(directory);
  });

  it.skipIf(!linux)("stays with a process that is stopped, and is free when that is a zombie", async () => {
    const directory = await scratch();
    // The shell starts the holder and becomes a program that never waits for it.
    const script = `"$0" "$1" "$2" & exec sleep 100`;
    const { pid } = await startHolder("bash", ["-c", script, process.execPath, holder, directory]);
    process.kill(pid, "SIGSTOP");
    await waitFor(pid, isStopped);
    await expect(lockDirectory(nodeDisk, directory)).rejects.toEqual(locked);
    process.kill(pid, "SIGKILL");
    await waitFor(pid, isZombie);
    await expectFree(directory);
  });

  it("stays with a worker thread until that ends", async () => {
    const directory = await scratch();
    const worker = new Worker(holder, { argv: [directory] });
    onTestFinished(async () => void (await worker.terminate()));
    await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    await expect(lockDirectory(nodeDisk, directory)).rejects.toThrow(`process ${process.pid} (thread`);
    await worker.terminate();
    if (linux) await expectFree(directory);
  });

  it.skipIf(!linux)("is free when the owner's number was given to another process", async () => {
    await expectFree(await lockedBy({ start: "1" }));
  });

  it.skipIf(!linux)("is free after a restart of the machine, on a local disk", async () => {
    const directory = await lockedBy({ where: "l000000000000" });
    const isLocal = (await ownIdentity(directory, {})).where.startsWith("l");
    if (isLocal) await expectFree(directory);
    else await expect(lockDirectory(nodeDisk, directory)).rejects.toEqual(locked);
  });

  it.skipIf(!linux)("says what it can't know of another machine, and is free once it was broken", async () => {
    const directory = await lockedBy({ where: "r000000000000", pid: 4242, tid: 4243, host: "far-away" });
    const refusal = lockDirectory(nodeDisk, directory);
    await expect(refusal).rejects.toEqual(locked);
    await expect(refusal).rejects.toThrow(/process 4242 \(thread 4243\) on far-away.*another machine.*call breakLock\(disk, /);
    await breakLock(nodeDisk, directory);
    await expectFree(directory);
  });

  it.skipIf(!linux)("counts an owner of another container as dead when it is told that there is one at a time", async () => {
    const directory = await lockedBy({ space: "000000000000" });
    await expect(lockDirectory(nodeDisk, directory)).rejects.toThrow(/another container.*oneContainer/);
    const lock = await lockDirectory(nodeDisk, directory, { oneContainer: true });
    expect(await lock.held()).toBe(true);
    await expect(lockDirectory(nodeDisk, directory, { oneContainer: true }), "one that runs").rejects.toEqual(locked);
    await lock.release();
  });

  const unshare = ["--pid", "--fork", "--mount-proc", "--kill-child"];
  it.skipIf(!linux)("can't judge a real owner in another pid namespace, before and after its end", async (context) => {
    if (spawnSync("unshare", [...unshare, "true"]).status !== 0) context.skip("this user may not make a pid namespace");
    const directory = await scratch();
    const { end } = await startHolder("unshare", [...unshare, process.execPath, holder, directory]);
    await expect(lockDirectory(nodeDisk, directory)).rejects.toThrow("another container");
    end();
    await expect(lockDirectory(nodeDisk, directory)).rejects.toThrow("another container");
    await breakLock(nodeDisk, directory);
    await expectFree(directory);
  });

  it("is kept by an entry that nobody can read, until it is broken", async () => {
    const directory = await scratch();
    await putEntry(directory, "garbage");
    await expect(lockDirectory(nodeDisk, directory)).rejects.toThrow(/locked by "garbage".*isn't one that this version writes/);
    expect(await fs.readdir(directory)).toEqual(["LOCK"]);
    await breakLock(nodeDisk, directory);
    await expectFree(directory);
  });

  it("isn't kept by what a desktop leaves in every directory, nor by an empty LOCK", async () => {
    const directory = await scratch();
    await putEntry(directory, ".DS_Store");
    await expectFree(directory);
    await fs.mkdir(join(directory, "LOCK"));
    await expectFree(directory);
  });

  it("refuses a file or a symbolic link in its place, and leaves it alone", async () => {
    const directory = await scratch();
    const elsewhere = await scratch();
    const place = join(directory, "LOCK");
    const refused = expect.objectContaining({ code: "DISK_NOT_A_DIRECTORY", file: place });
    for (const put of [() => fs.writeFile(place, ""), () => fs.symlink(elsewhere, place)]) {
      await put();
      await expect(lockDirectory(nodeDisk, directory)).rejects.toEqual(refused);
      await expect(lockDirectory(nodeDisk, directory)).rejects.toThrow("nobody's lock");
      await expect(breakLock(nodeDisk, directory)).rejects.toEqual(refused);
      expect(await fs.readdir(directory)).toEqual(["LOCK"]);
      await fs.unlink(place);
    }
    expect(await fs.readdir(elsewhere)).toEqual([]);
  });

  it.skipIf(!linux)("clears away what died while taking it, and nothing else", async () => {
    const directory = await scratch();
    const dead = formatIdentity(await ownIdentity(directory, { start: "1" }));
    const alive = formatIdentity(await ownIdentity(directory, {}));
    const others = [`LOCK.${alive}`, "LOCK.mine", "LOCKED"];
    for (const name of [`LOCK.${dead}`, ...others]) await fs.mkdir(join(directory, name));
    await fs.writeFile(join(directory, `LOCK.${dead}`, dead), "");
    await (await lockDirectory(nodeDisk, directory)).release();
    expect((await fs.readdir(directory)).sort()).toEqual(others.sort());
  });

  it("tells its owner when it was broken, and then is the next one's alone", async () => {
    const directory = await scratch();
    const first = await lockDirectory(nodeDisk, directory);
    await fs.unlink(join(directory, "LOCK", first.identity));
    expect(await first.held()).toBe(false);
    const second = await lockDirectory(nodeDisk, directory);
    await first.release();
    expect(await second.held()).toBe(true);
    await second.release();
  });

  it("is given up without complaint when the directory is gone", async () => {
    const directory = join(await scratch(), "gone");
    await fs.mkdir(directory);
    const lock = await lockDirectory(nodeDisk, directory);
    await fs.rm(directory, { recursive: true });
    expect(await lock.held()).toBe(false);
    await lock.release();
  });

  it("needs a directory that is there and takes writes", async () => {
    const directory = await scratch();
    await expect(lockDirectory(nodeDisk, join(directory, "absent"))).rejects.toMatchObject({ code: "DISK_NOT_FOUND" });
    await fs.writeFile(join(directory, "file"), "");
    await expect(lockDirectory(nodeDisk, join(directory, "file"))).rejects.toMatchObject({ code: "DISK_NOT_A_DIRECTORY" });
  });

  it.skipIf(!linux)("refuses a directory that takes no writes, with the reason", async (context) => {
    const directory = await scratch();
    if (process.getuid?.() === 0) {
      // Modes don't bind root, so that a mount has to.
      if (spawnSync("mount", ["-t", "tmpfs", "-o", "ro", "none", directory]).status !== 0) context.skip("this user may not mount anything");
      onTestFinished(() => void execFileSync("umount", [directory]));
      await expect(lockDirectory(nodeDisk, directory)).rejects.toMatchObject({ code: "DISK_READ_ONLY" });
    } else {
      await fs.chmod(directory, 0o555);
      await expect(lockDirectory(nodeDisk, directory)).rejects.toMatchObject({ code: "DISK_PERMISSION" });
    }
  });

  it("can't be broken while its owner runs: this process, a worker of it, another process, or one that is stopped", async () => {
    const directory = await scratch();
    const lock = await lockDirectory(nodeDisk, directory);
    await expect(breakLock(nodeDisk, directory)).rejects.toEqual(locked);
    expect(await lock.held()).toBe(true);
    await lock.release();

    const worker = new Worker(holder, { argv: [directory] });
    onTestFinished(async () => void (await worker.terminate()));
    await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    await expect(breakLock(nodeDisk, directory)).rejects.toEqual(locked);
    await worker.terminate();
    if (!linux) return;

    const { pid } = await startProcess(directory);
    await expect(breakLock(nodeDisk, directory)).rejects.toEqual(locked);
    process.kill(pid, "SIGSTOP");
    await waitFor(pid, isStopped);
    await expect(breakLock(nodeDisk, directory)).rejects.toThrow(`process ${pid} (thread`);
    expect(await fs.readdir(join(directory, "LOCK"))).toHaveLength(1);
  });

  it.skipIf(!linux)("is broken whole: entries of owners and leftovers of those who can't be judged, and nothing of who runs", async () => {
    const directory = await lockedBy({ where: "r000000000000" });
    const hidden = formatIdentity(await ownIdentity(directory, { space: "000000000000", nonce: "0000000000000001" }));
    const alive = formatIdentity(await ownIdentity(directory, { nonce: "0000000000000002" }));
    await putEntry(directory, "garbage");
    for (const name of [hidden, alive]) await fs.mkdir(join(directory, `LOCK.${name}`));
    await breakLock(nodeDisk, directory);
    expect(await fs.readdir(directory)).toEqual([`LOCK.${alive}`]);
  });

  it("does nothing when there is nothing to break", async () => {
    const directory = await scratch();
    await breakLock(nodeDisk, directory);
    expect((await fs.readdir(directory)).filter((name) => name !== "LOCK.os")).toEqual([]);
  });
});
