import { appendFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { breakLock, DiskError, isDiskError, lockDirectory, type Disk, type DirectoryEntry } from "../src/index.ts";
import { directory, searchInterleavings, type Findings, type Setting } from "./lock-search.ts";
import type { Program } from "./lock-stands.ts";

/** How far the search goes. Everything grows by a factor of about a hundred with one life more. */
const lives = 2;
const racers = 3;
/** Where a line says how many states there were, for the proof of all packages. */
const COUNTS = process.env["MODEL_COUNTS"];

/** Takes the directory, owns it for one step, and gives it up. */
const locker: Program = async (disk, own) => {
  const lock = await unlessLocked(lockDirectory(disk, directory));
  if (lock === undefined) return "refused";
  await own();
  await lock.release();
  return "done";
};

const breaker: Program = async (disk) => {
  const isBroken = await unlessLocked(breakLock(disk, directory).then(() => true));
  return isBroken === true ? "done" : "refused";
};

const twoLockers: Setting = { programs: [locker, locker], lives };
/** For what makes many rounds. */
const fewerLives: Setting = { ...twoLockers, lives: lives - 1 };

async function unlessLocked<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isDiskError(error, "DISK_LOCKED")) return undefined;
    throw error;
  }
}

/** As on Windows: not even an empty directory is replaced. */
function replacingNothing(disk: Disk): Disk {
  const rename: Disk["rename"] = async (from, to) => {
    if ((await disk.stat(to)) !== undefined) throw new DiskError("DISK_PERMISSION", "no", { operation: "rename", file: from });
    await disk.rename(from, to);
  };
  return { ...disk, rename };
}

/** As over a network whose answers get lost: it fails after it was done, and is said to be done when it failed. */
function sayingTheOpposite(disk: Disk): Disk {
  const rename: Disk["rename"] = async (from, to) => {
    const isDone = await disk.rename(from, to).then(() => true, () => false);
    if (isDone) throw new DiskError("DISK_IO", "no answer", { operation: "rename", file: from });
  };
  return { ...disk, rename };
}

/** Each process in a container of its own, from which nobody sees into another. */
function inContainers(disk: Disk, name: string, verdict: "unknown" | "dead" = "unknown"): Disk {
  const judge: Disk["owners"]["judge"] = async (other, self) => (other.charAt(0) === name.charAt(0) ? disk.owners.judge(other, self) : verdict);
  return { ...disk, owners: { ...disk.owners, judge } };
}

const containers: Partial<Setting> = {
  adapt: (disk, name) => inContainers(disk, name),
  prepare: (disk) => breakLock(disk, directory),
};

/** Takes all that it finds in the directory for leftovers of the dead. */
function clearingAll(program: Program): Program {
  return (disk, own) => {
    let isClearing = false;
    const list = async (path: string): Promise<readonly DirectoryEntry[]> => {
      isClearing = path === directory;
      return disk.list(path);
    };
    const judge: Disk["owners"]["judge"] = async (other, self) => (isClearing ? "dead" : disk.owners.judge(other, self));
    return program({ ...disk, list, owners: { ...disk.owners, judge } }, own);
  };
}

/** Believes a rename that says it worked, and doesn't read who is in the lock. */
function believingRenames(program: Program): Program {
  return (disk, own) => {
    let self: string | undefined;
    const rename: Disk["rename"] = async (from, to) => {
      await disk.rename(from, to);
      self = await disk.owners.identify(directory);
    };
    const list: Disk["list"] = async (path) => (self !== undefined && basename(path) === "LOCK" ? [{ name: self, kind: "file" }] : disk.list(path));
    return program({ ...disk, rename, list }, own);
  };
}

/** Evicts by removing all that is in the lock. */
function removingTheWholeLock(disk: Disk, name: string): Disk {
  const remove: Disk["remove"] = async (path) => {
    const lock = dirname(path);
    if (basename(lock) !== "LOCK" || basename(path) === name) return disk.remove(path);
    for (const entry of await disk.list(lock)) await disk.remove(join(lock, entry.name));
  };
  return { ...disk, remove };
}

/** A file system that empties a directory and then replaces it. */
function replacingEverything(disk: Disk): Disk {
  const rename: Disk["rename"] = async (from, to) => {
    for (const entry of await disk.list(to).catch(() => [])) await disk.remove(join(to, entry.name));
    await disk.rename(from, to);
  };
  return { ...disk, rename };
}

async function search(name: string, setting: Setting): Promise<Findings> {
  const findings = await searchInterleavings(setting);
  const { states, transitions, schedules, contents, violation } = findings;
  const found = violation === undefined ? `${schedules} schedules, no violation` : `${violation.what}, after ${violation.schedule.length} events`;
  console.log(`lock, ${name}: ${states} states, ${transitions} transitions, ${contents} contents shown to the next one: ${found}`);
  return findings;
}

describe("in every order of steps, deaths and power cuts, a lock has one owner, keeps it while it lives, and is the next one's after", () => {
  const settings: Readonly<Record<string, Setting>> = {
    [`2 processes of ${lives} lives`]: twoLockers,
    [`${racers} processes`]: { programs: Array.from({ length: racers }, () => locker), lives: 1 },
    "2 processes and one that breaks the lock": { programs: [locker, locker, breaker], lives: 1 },
    "a rename that replaces nothing": { ...fewerLives, adapt: replacingNothing },
    "a rename that says the opposite of what it did": { ...fewerLives, adapt: sayingTheOpposite },
    "a kernel that keeps a lock": { ...twoLockers, hasKernelLock: true },
    "a kernel that keeps a lock, and one that breaks the other": { programs: [locker, locker, breaker], lives: 1, hasKernelLock: true },
    "a kernel that keeps a lock, and a rename that replaces nothing": { ...fewerLives, hasKernelLock: true, adapt: replacingNothing },
    "2 containers": { ...twoLockers, ...containers },
    "2 containers, of which one breaks locks": { ...fewerLives, ...containers, programs: [locker, breaker], mayBeBroken: true },
    "processes that clear away what belongs to the living": { ...fewerLives, programs: [clearingAll(locker), clearingAll(locker)] },
  };
  it.each(Object.entries(settings))("with %s", async (name, setting) => {
    const { states, violation } = await search(name, setting);
    expect(violation).toBeUndefined();
    if (COUNTS !== undefined) appendFileSync(COUNTS, `${states}\n`);
    expect(states).toBeGreaterThan(100);
  });
});

describe("the search finds two owners, or one that was evicted,", () => {
  const broken: Readonly<Record<string, Setting>> = {
    "where the whole lock of a dead owner is removed": { ...twoLockers, adapt: removingTheWholeLock },
    "where an unknown owner counts as dead": { ...twoLockers, adapt: (disk, name) => inContainers(disk, name, "dead") },
    "where a rename is believed": {
      ...twoLockers,
      programs: [believingRenames(clearingAll(locker)), believingRenames(clearingAll(locker))],
    },
    "where a rename replaces a directory that isn't empty": { ...twoLockers, adapt: replacingEverything },
  };
  it.each(Object.entries(broken))("%s", async (name, setting) => {
    const { violation } = await search(name, setting);
    expect(violation?.what).toMatch(/own the directory at once|was evicted while it owned/);
  });
});
