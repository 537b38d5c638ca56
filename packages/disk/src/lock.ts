import { join } from "node:path";
import { checkDisk, checkPath } from "./argument-checks.ts";
import { shown } from "./arguments.ts";
import type { Disk } from "./disk.ts";
import { isDiskError, type DiskErrorCode } from "./disk-error.ts";
import { contendedError, notALockError, ownedError, undecidedError } from "./locked-error.ts";
import type { Verdict } from "./owners.ts";

/** Ownership of a directory. */
export interface DirectoryLock {
  /** The owner's identity, which is also the name of its entry. */
  readonly identity: string;
  /**
   * Whether the entry still stands. False when somebody broke the lock, and after {@link release}: stop before anything that
   * can't be undone. Rejects with the `DiskError` of the look when that fails, which proves neither.
   */
  held(): Promise<boolean>;
  /**
   * Gives the directory up. Idempotent; never rejects for an entry that is gone. When the entry can't be removed it rejects,
   * the platform's own lock is free all the same, and the next owner comes after this one's process or thread has ended.
   */
  release(): Promise<void>;
}

/** How the owner of a lock that is found is judged. */
export interface LockOptions {
  /**
   * Says that one container at a time uses this volume: an owner that can't be judged (another pid namespace of this boot)
   * counts as dead. Without it a container that was killed and restarted has to be followed by {@link breakLock}.
   * @default false
   */
  readonly oneContainer?: boolean | undefined;
}

const lockName = "LOCK";
const roundsMax = 100;
const roundsWithoutPause = 10;
const pauseMilliseconds = 5;

/**
 * Takes `directory`, which must exist, for one owner among all processes and threads that can reach it. An owner that was
 * killed is found dead by the next one; there is no heartbeat, no clock and nothing to clean up by hand.
 *
 * Rejects with `DISK_LOCKED` when another owner runs, or when it can't be proved that it doesn't; the message says which,
 * who, why, and what to do. Rejects with `DISK_NOT_A_DIRECTORY` when something else stands where the lock belongs. After a
 * rejection the directory is as it was. A lock that is broken while it is being taken is taken anew.
 *
 * Adds `LOCK` to the directory (and `LOCK.os`, which stays, on macOS and Windows). Nothing is synced: a lock that a power
 * cut loses was free anyhow, and one that it keeps is known to be of an earlier boot. Needs a file system whose rename of a
 * directory is atomic.
 */
export async function lockDirectory(disk: Disk, directory: string, options: LockOptions = {}): Promise<DirectoryLock> {
  const operation = "lockDirectory";
  checkDisk(disk);
  checkPath("The directory of a lock", directory);
  const oneContainer = checkedOptions(options);
  const freeKernelLock = await takeKernelLock(disk, operation, directory);
  try {
    const identity = await disk.owners.identify(directory);
    await takeEntry({ disk, operation, directory, identity, oneContainer });
    return createLock(disk, directory, identity, freeKernelLock);
  } catch (error) {
    await freeKernelLock().catch(() => undefined);
    throw error;
  }
}

/**
 * Removes the lock of an owner of which nothing can be proved, as one who knows that it no longer runs: its container or its
 * machine is gone. Rejects with `DISK_LOCKED` when that owner is known to run: by the platform's own lock, which is taken
 * first, or by a look at its process. Does nothing when there is no lock. An owner whose lock is broken all the same finds
 * out by `held()`.
 */
export async function breakLock(disk: Disk, directory: string): Promise<void> {
  const operation = "breakLock";
  checkDisk(disk);
  checkPath("The directory of a lock", directory);
  const freeKernelLock = await takeKernelLock(disk, operation, directory);
  try {
    const self = await disk.owners.identify(directory);
    for (const owner of await listOwners(disk, operation, directory)) {
      if ((await disk.owners.judge(owner, self)) === "alive") throw ownedError(operation, directory, owner);
      await removeEntry(disk, join(directory, lockName), owner);
    }
    await removeLeftovers(disk, directory, self, (verdict) => verdict !== "alive");
  } finally {
    await freeKernelLock();
  }
}

/** What `oneContainer` says, or a `TypeError`. */
function checkedOptions(options: LockOptions | null): boolean {
  if (typeof options !== "object" || options === null) throw new TypeError(`The options of a lock are an object, not ${shown(options)}.`);
  const unknown = Object.keys(options).find((name) => name !== "oneContainer");
  if (unknown !== undefined) throw new TypeError(`A lock has no option ${shown(unknown)}; there is oneContainer.`);
  const { oneContainer = false } = options;
  if (typeof oneContainer !== "boolean") throw new TypeError(`oneContainer is true or false, not ${shown(oneContainer)}.`);
  return oneContainer;
}

interface Attempt {
  readonly disk: Disk;
  readonly operation: string;
  readonly directory: string;
  readonly identity: string;
  readonly oneContainer: boolean;
}

async function takeKernelLock(disk: Disk, operation: string, directory: string): Promise<() => Promise<void>> {
  const free = await disk.owners.takeKernelLock(directory);
  if (free === undefined) throw ownedError(operation, directory, (await listOwners(disk, operation, directory))[0]);
  return free;
}

async function takeEntry(attempt: Attempt): Promise<void> {
  const { disk, directory, identity } = attempt;
  const temporary = join(directory, `${lockName}.${identity}`);
  try {
    await prepare(attempt, temporary);
    await moveIn(attempt, temporary);
    await removeLeftovers(disk, directory, identity, (verdict) => verdict === "dead");
  } catch (error) {
    // The move may have worked and the look at it failed; then the entry is in the other place.
    await removeEntry(disk, temporary, identity).catch(() => undefined);
    await removeEntry(disk, join(directory, lockName), identity).catch(() => undefined);
    throw error;
  }
}

async function prepare({ disk, identity }: Attempt, temporary: string): Promise<void> {
  await disk.makeDirectory(temporary);
  const created = disk.create(join(temporary, identity)).then((entry) => entry.close());
  // Whoever breaks the lock of owners that it can't see may take this for a leftover of one. Moving in finds out.
  await ignore(created, "DISK_NOT_FOUND");
}

async function moveIn(attempt: Attempt, temporary: string): Promise<void> {
  const { disk, operation, directory, identity } = attempt;
  const lock = join(directory, lockName);
  for (let round = 1; ; round += 1) {
    // Whether it worked is read from the directory, not believed: it can only replace an absent or an empty one.
    const failure = await disk.rename(temporary, lock).catch((error: unknown) => error);
    const owners = await listOwners(disk, operation, directory);
    if (owners.includes(identity)) return;
    for (const owner of owners) await evict(attempt, owner);
    // Windows renames over no directory, not even over an empty one.
    if (owners.length === 0) await ignore(disk.removeDirectory(lock));
    // The lock was broken before it was seen to be taken.
    if (isDiskError(failure, "DISK_NOT_FOUND")) await prepare(attempt, temporary);
    if (round === roundsMax) {
      const wasRace = failure === undefined || isDiskError(failure, "DISK_NOT_EMPTY", "DISK_EXISTS", "DISK_NOT_FOUND");
      throw wasRace ? contendedError(operation, directory, failure) : failure;
    }
    if (round > roundsWithoutPause) await pause(disk);
  }
}

async function evict(attempt: Attempt, owner: string): Promise<void> {
  const { disk, operation, directory, identity, oneContainer } = attempt;
  const verdict = await judge(disk, owner, identity);
  if (verdict === "alive") throw ownedError(operation, directory, owner);
  if (verdict === "unknown" && !oneContainer) throw undecidedError(operation, directory, owner, identity);
  // By its own name, so that it can't hit an owner that came after.
  await ignore(disk.remove(join(directory, lockName, owner)), "DISK_NOT_FOUND");
}

async function judge(disk: Disk, owner: string, self: string): Promise<Verdict> {
  // Desktops drop files such as .DS_Store wherever they look.
  return owner.startsWith(".") ? "dead" : disk.owners.judge(owner, self);
}

async function listOwners(disk: Disk, operation: string, directory: string): Promise<readonly string[]> {
  const lock = join(directory, lockName);
  try {
    return (await disk.list(lock)).map((entry) => entry.name);
  } catch (error) {
    if (isDiskError(error, "DISK_NOT_FOUND")) return [];
    throw isDiskError(error, "DISK_NOT_A_DIRECTORY") ? notALockError(operation, lock, error) : error;
  }
}

async function removeEntry(disk: Disk, lock: string, owner: string): Promise<void> {
  await ignore(disk.remove(join(lock, owner)), "DISK_NOT_FOUND", "DISK_NOT_A_DIRECTORY");
  await ignore(disk.removeDirectory(lock));
}

/** Removes what died while it was taking the lock. Litter harms nobody, so no failure to remove it is one of the caller's. */
async function removeLeftovers(
  disk: Disk,
  directory: string,
  self: string,
  mayGo: (verdict: Verdict) => boolean,
): Promise<void> {
  const prefix = `${lockName}.`;
  try {
    for (const { name, kind } of await disk.list(directory)) {
      if (kind !== "directory" || !name.startsWith(prefix)) continue;
      const owner = name.slice(prefix.length);
      if (mayGo(await disk.owners.judge(owner, self))) await removeEntry(disk, join(directory, name), owner);
    }
  } catch (error) {
    if (!isDiskError(error)) throw error;
  }
}

function createLock(disk: Disk, directory: string, identity: string, freeKernelLock: () => Promise<void>): DirectoryLock {
  const lock = join(directory, lockName);
  let released: Promise<void> | undefined;
  const release = async (): Promise<void> => {
    try {
      await removeEntry(disk, lock, identity);
    } finally {
      await freeKernelLock();
    }
  };
  return {
    identity,
    held: async () => released === undefined && (await disk.stat(join(lock, identity))) !== undefined,
    release: () => {
      released ??= release();
      return released;
    },
  };
}

/** Waits for `step` and forgets its `DiskError` with one of `codes`; with any code, if none is given. */
async function ignore(step: Promise<void>, ...codes: readonly DiskErrorCode[]): Promise<void> {
  try {
    await step;
  } catch (error) {
    if (!isDiskError(error, ...codes)) throw error;
  }
}

async function pause(disk: Disk): Promise<void> {
  // The clock's timers let a program end, and one that waits for nothing but its lock isn't done.
  const keepAlive = setInterval(() => undefined, 0x7fff_ffff);
  await new Promise<void>((resolve) => disk.clock.after(pauseMilliseconds, resolve));
  clearInterval(keepAlive);
}
