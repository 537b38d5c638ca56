import type { Disk } from "./disk.ts";

/** Ownership of a directory. */
export interface DirectoryLock {
  /** The owner's identity, which is also the name of its entry. */
  readonly identity: string;
  /** Whether the entry still stands. False when somebody broke the lock: stop before anything that can't be undone. */
  held(): Promise<boolean>;
  /** Gives the directory up. Idempotent; never rejects for an entry that is gone. */
  release(): Promise<void>;
}

export interface LockOptions {
  /**
   * Says that one container at a time uses this volume: an owner that can't be judged (another pid namespace of this boot)
   * counts as dead. Without it a container that was killed and restarted has to be followed by {@link breakLock}.
   * @default false
   */
  readonly oneContainer?: boolean | undefined;
}

export type LockDirectory = (disk: Disk, directory: string, options?: LockOptions) => Promise<DirectoryLock>;
export type BreakLock = (disk: Disk, directory: string) => Promise<void>;
