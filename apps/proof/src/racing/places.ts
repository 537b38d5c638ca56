/** The ways into one directory. The last one takes what the first two take. */
export type Door = "log" | "checkpoints" | "durable state";

/** What has been opened. */
export interface Held {
  /** Leaves one more thing on disk, durably: a commit in the log, or a checkpoint. */
  work(): Promise<unknown>;
  close(): Promise<void>;
}

/** What each door takes for its owner alone. */
export const takenBy: Readonly<Record<Door, readonly ("log" | "checkpoints")[]>> = {
  log: ["log"],
  checkpoints: ["checkpoints"],
  "durable state": ["log", "checkpoints"],
};
