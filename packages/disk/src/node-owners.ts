import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { thrownErrorFor } from "./errno.ts";
import { judgeOwner, type SeenThread, type Sighting } from "./judge-owner.ts";
import { formatIdentity, parseIdentity, type OwnerIdentity } from "./owner-identity.ts";
import type { Owners } from "./owners.ts";

type Place = Pick<OwnerIdentity, "where" | "space" | "tid" | "start">;

/** Open flags that take the kernel's own lock: O_EXLOCK of macOS, UV_FS_O_EXLOCK (share mode 0) of Windows. */
const kernelLockFlags: ReadonlyMap<string, number> = new Map([
  ["darwin", 0x20],
  ["win32", 0x1000_0000],
]);

/** What an open with such a flag fails with while another has the file. */
const heldByAnother: ReadonlySet<string | undefined> = new Set(["EAGAIN", "EWOULDBLOCK", "EBUSY"]);

/** Linux file systems that only one kernel can have mounted: ext, xfs, btrfs, zfs, f2fs, bcachefs, tmpfs, overlay. */
const localFileSystems: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0xf2f52010, 0xca451a4e, 0x01021994, 0x794c7630,
]);

/** The processes and threads of this machine. */
export const nodeOwners: Owners = {
  async identify(directory) {
    const place = process.platform === "linux" ? placeOnLinux(directory) : { where: await whereElsewhere(directory), ...placeElsewhere };
    return formatIdentity({ ...place, pid: process.pid, nonce: randomBytes(8).toString("hex"), host: hostname() });
  },

  async judge(identity, self) {
    const other = parseIdentity(identity);
    const me = parseIdentity(self);
    if (other === undefined || me === undefined) return "unknown";
    return judgeOwner(other, me, () => look(other));
  },

  async takeKernelLock(directory) {
    const flag = kernelLockFlags.get(process.platform);
    return flag === undefined ? async () => undefined : openExclusively(join(directory, "LOCK.os"), flag);
  },
};

/** Where the kernel gives locks, its lock is taken already. */
async function whereElsewhere(directory: string): Promise<string> {
  const { platform } = process;
  const flag = kernelLockFlags.get(platform);
  const freeSecond = flag === undefined ? undefined : openExclusively(join(directory, "LOCK.os"), flag);
  // A runtime may not pass the flag on. What a second open doesn't meet keeps nobody out.
  await freeSecond?.();
  return freeSecond === undefined ? platform : `${platform}_unlocked`;
}

const placeElsewhere: Omit<Place, "where"> = { space: "0", tid: threadId, start: "0" };

function placeOnLinux(directory: string): Place {
  const reach = localFileSystems.has(fileSystemType(directory)) ? "l" : "r";
  const boot = attempt(() => fs.readFileSync("/proc/sys/kernel/random/boot_id", "latin1"));
  // v8 ignore start -- A process that /proc hides, or whose /proc is of another pid namespace, can't be had without being root.
  // "<pid>/task/<tid>" of the very thread that reads it, so the read must be a synchronous one.
  const [pid, , tid] = attempt(() => fs.readlinkSync("/proc/thread-self"))?.split("/") ?? [];
  // A /proc of another pid namespace shows other numbers than this process knows itself by.
  const start = pid === String(process.pid) ? readThread(process.pid, Number(tid))?.start : undefined;
  if (boot === undefined || start === undefined) return { where: `${reach}x`, ...placeElsewhere };
  const namespaces = ["pid", "time"].map((name) => attempt(() => fs.readlinkSync(`/proc/self/ns/${name}`)) ?? "");
  // v8 ignore stop
  return { where: reach + digest(boot), space: digest(namespaces.join()), tid: Number(tid), start };
}

function fileSystemType(directory: string): number {
  try {
    return fs.statfsSync(directory).type >>> 0;
  } catch (error) {
    throw thrownErrorFor("lockDirectory", directory, error);
  }
}

function look(owner: OwnerIdentity): Sighting {
  const thread = readThread(owner.pid, owner.tid);
  const processVisible = thread !== undefined || readThread(owner.pid, owner.pid) !== undefined;
  // Asked last, so that an owner that dies during the look is seen dead rather than hidden.
  return { thread, processVisible, processGone: isGone(owner.pid) };
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function readThread(pid: number, tid: number): SeenThread | undefined {
  const line = attempt(() => fs.readFileSync(`/proc/${pid}/task/${tid}/stat`, "latin1"));
  // The second field is the program's name, which may hold spaces and brackets; the others begin behind its last bracket.
  const [state, ...fields] = line?.slice(line.lastIndexOf(")") + 2).split(" ") ?? [];
  const threads = fields[16];
  const start = fields[18];
  if (state === undefined || threads === undefined || start === undefined) return undefined;
  return { state, threads: Number(threads), start };
}

function openExclusively(path: string, flag: number): (() => Promise<void>) | undefined {
  /* v8 ignore next -- Linux has both flags, Windows neither. */
  const { O_RDWR, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
  try {
    const descriptor = fs.openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | flag);
    // Never unlinked: whoever opens it after an unlink would lock another file than the one who opened it before.
    return async () => fs.closeSync(descriptor);
  } catch (error) {
    /* v8 ignore next -- Linux has no flag that makes an open fail so. */
    if (heldByAnother.has(codeOf(error))) return undefined;
    throw thrownErrorFor("lockDirectory", path, error);
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
