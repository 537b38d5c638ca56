/** What is known of another owner: `"alive"` and `"dead"` only with proof, otherwise `"unknown"`. */
export type Verdict = "alive" | "dead" | "unknown";

/**
 * Who takes locks on a machine, and whether another owner still runs. The lock's protocol (`lockDirectory`) asks nothing
 * else of a platform, so that a simulated machine can have processes and boots of its own.
 */
export interface Owners {
  /**
   * A new identity of the caller for a lock in `directory`: unique, and a valid file name. It names the machine's boot, the
   * process, the thread and its start, so that {@link judge} can tell later whether that owner is gone. Called while the lock
   * of {@link takeKernelLock} is held.
   */
  identify(directory: string): Promise<string>;
  /** Whether the owner `identity` still runs, as seen by the owner `self`. */
  judge(identity: string, self: string): Promise<Verdict>;
  /**
   * Takes the platform's own lock on a file of `directory`, where there is one that the kernel drops at death (macOS,
   * Windows); resolves to a function that frees it, or to `undefined` when another owner has it. Elsewhere it resolves at
   * once, to a function that does nothing.
   */
  takeKernelLock(directory: string): Promise<(() => Promise<void>) | undefined>;
}
