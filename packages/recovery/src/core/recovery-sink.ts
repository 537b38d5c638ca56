import type { SnapshotEntry } from "@laminar/state-snapshot";
import type { StateChange } from "./recovered-state.ts";

/** Takes a recovered state as it is found, in bounded memory. Calls come one after the other; each is awaited. */
export interface RecoverySink {
  /** Replaces everything. Called first, also with nothing; and once more when a live writer's changes make the recovery begin anew. */
  restore(entries: AsyncIterable<readonly SnapshotEntry[]>): void | Promise<void>;
  /** Changes in log order that count together, up to and with the commit at `lsn`. */
  apply(changes: readonly StateChange[], lsn: number): void | Promise<void>;
}
