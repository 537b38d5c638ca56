import { linuxBoot, type LinuxBoot, type OwnerIdentity, unlockedPlatform } from "./owner-identity.ts";
import type { Verdict } from "./owners.ts";

/** What a Linux system shows of another owner. */
export interface Sighting {
  /** Whether `kill(pid, 0)` says that there is no such process. That it isn't permitted proves nothing. */
  readonly processGone: boolean;
  /** Whether `/proc` shows the process. */
  readonly processVisible: boolean;
  /** The owner's thread, if `/proc` shows one of that number. */
  readonly thread?: SeenThread | undefined;
}

export interface SeenThread {
  /** The letter of its state. */
  readonly state: string;
  /** How many threads its process has. */
  readonly threads: number;
  readonly start: string;
}

/** The platforms whose kernel keeps a lock for as long as its owner lives; whoever judges there holds it. */
const kernelLockPlatforms: ReadonlySet<string> = new Set(["darwin", "win32"]);

/** Whether `other` is alive, as judged by the owner `self`. Everything short of a proof is `"unknown"`. */
export function judgeOwner(other: OwnerIdentity, self: OwnerIdentity, look: () => Sighting): Verdict {
  const theirs = linuxBoot(other);
  const ours = linuxBoot(self);
  if (theirs !== undefined && ours !== undefined) return judgeOnLinux(other, theirs, self, ours, look);
  return kernelLockPlatforms.has(self.where) && other.where === self.where ? "dead" : "unknown";
}

function judgeOnLinux(
  other: OwnerIdentity,
  theirs: LinuxBoot,
  self: OwnerIdentity,
  ours: LinuxBoot,
  look: () => Sighting,
): Verdict {
  if (theirs.id === undefined || ours.id === undefined) return "unknown";
  // Only this machine has the disk mounted, and it was started again since.
  if (other.where !== self.where) return theirs.local && ours.local ? "dead" : "unknown";
  if (other.space !== self.space) return "unknown";
  return judgeBySight(other, look());
}

function judgeBySight(other: OwnerIdentity, seen: Sighting): Verdict {
  if (seen.processGone) return "dead";
  if (seen.thread === undefined) return seen.processVisible ? "dead" : "unknown";
  // The number was given to another thread.
  if (seen.thread.start !== other.start) return "dead";
  // A zombie writes no more, unless it is the first thread of a process whose other threads go on.
  return "ZX".includes(seen.thread.state) && seen.thread.threads <= 1 ? "dead" : "alive";
}

/** Why {@link judgeOwner} couldn't tell, as the end of a sentence. */
export function whyUnknown(other: OwnerIdentity | undefined, self: OwnerIdentity | undefined): string {
  if (other === undefined || self === undefined) return "the name of its entry isn't one that this version writes";
  const unlocked = unlockedPlatform(self) ?? unlockedPlatform(other);
  if (unlocked !== undefined) return `a runtime asked the kernel of ${unlocked} for a lock and got none, as others than Node.js may`;
  const theirs = linuxBoot(other);
  const ours = linuxBoot(self);
  if (theirs === undefined || ours === undefined) return `it ran on ${platformOf(other)}, this is ${platformOf(self)}`;
  if (theirs.id === undefined) return "its process couldn't read /proc";
  if (ours.id === undefined) return "this process can't read /proc";
  if (other.where !== self.where) return "it ran on another machine or before a restart, and the file system may be shared";
  if (other.space !== self.space) return "it ran in another container";
  return "its process is hidden from this one";
}

function platformOf(owner: OwnerIdentity): string {
  return linuxBoot(owner) === undefined ? owner.where : "linux";
}
