import type { SnapshotEntry } from "@laminar/state-snapshot";
import type { ChunkMemory } from "@laminar/wal";
import type { StateChange } from "./recovered-state.ts";

/** Changes in log order whose keys and values lie in one array. */
export interface ChangeRanges {
  readonly bytes: Uint8Array;
  /** Four numbers a change: where its key starts and ends, and its value. A value that starts at -1 deletes the key. */
  readonly ranges: Int32Array;
  /** How many changes there are; what `ranges` holds beyond means nothing. */
  readonly count: number;
}

/** Takes a recovered state as it is found, in bounded memory. Calls come one after the other; each is awaited. */
export interface RecoverySink {
  /** What the log is read into, where the sink takes `applyRanges`; see `memory` of a `StateStore`. */
  readonly memory?: ChunkMemory | undefined;
  /** Replaces everything. Called first, also with nothing; and once more when a live writer's changes make the recovery begin anew. */
  restore(entries: AsyncIterable<readonly SnapshotEntry[]>): void | Promise<void>;
  /**
   * The same from bytes: base and deltas, oldest first, as the checkpoints hold them. Called instead of `restore` where it is given and
   * there is a checkpoint. Resolves to the number of keys. A store that can take a snapshot's blocks as they are is several times as
   * fast this way, also because they are read once: they are verified while they are read, and known to be right at each part's end,
   * before its last chunk comes. So it is all or nothing: when a part ends with an error, reject, and be as before. The checkpoint is
   * damaged then, and another one comes, by a further call or by `restore`.
   */
  restoreParts?(parts: readonly AsyncIterable<Uint8Array>[]): Promise<number>;
  /** Changes in log order that count together, up to and with the commit at `lsn`. */
  apply(changes: readonly StateChange[], lsn: number): void | Promise<void>;
  /**
   * The same without an object for each change, called instead of `apply` where it is given, and several times as fast. Several commits
   * come at once: all changes up to and with the commit at `lsn`. The log is read into the same arrays
   * again: `bytes` and `ranges` stay as they are until the call has settled.
   */
  applyRanges?(changes: readonly ChangeRanges[], lsn: number): void | Promise<void>;
}
