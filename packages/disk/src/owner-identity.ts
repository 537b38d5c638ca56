/**
 * Who took a lock. Written as `v1+<where>+<space>+<pid>+<tid>+<start>+<nonce>+<host>`, which is the name of the owner's entry
 * and therefore a FORMAT: programs of other versions read it.
 */
export interface OwnerIdentity {
  /**
   * Linux: `l` (a file system that only one kernel can have mounted) or `r` (any other), then twelve hexadecimal digits that
   * stand for the boot of the machine, or `x` where that can't be told. Elsewhere the name of the platform, and `_unlocked`
   * behind it where the kernel was asked for a lock and gave none.
   */
  readonly where: string;
  /** The namespaces in which process and thread numbers mean something; `0` where there are none. */
  readonly space: string;
  readonly pid: number;
  readonly tid: number;
  /** When the thread started, in ticks since the boot: no change of the wall clock moves it. */
  readonly start: string;
  readonly nonce: string;
  readonly host: string;
}

/** What `where` says of a Linux machine. */
export interface LinuxBoot {
  readonly local: boolean;
  /** `undefined` where it can't be told. */
  readonly id: string | undefined;
}

const pattern = /^v1\+(\w+)\+(\w+)\+(\d+)\+(\d+)\+(\d+)\+([0-9a-f]{16})\+([\w.-]+)$/;

export function formatIdentity(owner: OwnerIdentity): string {
  const host = owner.host.replace(/[^\w.-]/g, "_").slice(0, 40) || "_";
  return ["v1", owner.where, owner.space, owner.pid, owner.tid, owner.start, owner.nonce, host].join("+");
}

/** `undefined` for a name that {@link formatIdentity} didn't write. */
export function parseIdentity(name: string): OwnerIdentity | undefined {
  const match = pattern.exec(name);
  if (match === null) return undefined;
  const [, where = "", space = "", pid, tid, start = "", nonce = "", host = ""] = match;
  return { where, space, pid: Number(pid), tid: Number(tid), start, nonce, host };
}

/** The platform whose kernel was asked for a lock and gave none; `undefined` for any other owner. */
export function unlockedPlatform(owner: OwnerIdentity): string | undefined {
  return /^(\w+)_unlocked$/.exec(owner.where)?.[1];
}

/** `undefined` for an owner on another platform than Linux. */
export function linuxBoot(owner: OwnerIdentity): LinuxBoot | undefined {
  const match = /^([lr])([0-9a-f]{12}|x)$/.exec(owner.where);
  if (match === null) return undefined;
  return { local: match[1] === "l", id: match[2] === "x" ? undefined : match[2] };
}
