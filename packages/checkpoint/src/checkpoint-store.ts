/** What a store holds. */
export interface StoreListing {
  /** False when the place itself isn't there. */
  readonly exists: boolean;
  /** Ids of what is published, ascending. */
  readonly ids: readonly number[];
  /** The highest id that any name carries, also of what was never published or is withdrawn; 0 for none. */
  readonly highestId: number;
  /** Names of unfinished and withdrawn checkpoints, which {@link CheckpointStore.sweep} removes. */
  readonly leftovers: readonly string[];
  /** Names that look like checkpoints and are none. Nothing ever touches them. */
  readonly ignored: readonly string[];
}

/** Size and CRC-32 of a state as it was written. */
export interface WrittenState {
  readonly size: number;
  readonly checksum: number;
}

/** A place's lock, as `CheckpointStore.lock` gives it. */
export interface StoreLock {
  /** Whether this owner still has the place. */
  held(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Where checkpoints live: each is metadata and a state, under an id. `fileCheckpointStore` keeps them in a directory,
 * `memoryCheckpointStore` in memory; an object store can do it with two objects an id, the metadata put last and only if
 * absent (that put publishes), and deleted first (that delete withdraws). Prove an implementation with the suite at
 * `@laminar/checkpoint/testing`. Failures are `CheckpointError`s.
 */
export interface CheckpointStore {
  /** For messages. */
  readonly location: string;
  /** Makes the place if needed and takes it for one manager, or rejects with `CHECKPOINT_LOCKED`. What is listed afterwards is durable. */
  lock(): Promise<StoreLock>;
  /** What is there now. Needs no lock and changes nothing. */
  list(): Promise<StoreListing>;
  /** The metadata's bytes; `CHECKPOINT_NOT_FOUND` when the id isn't published. Longer than 16 MiB is `CHECKPOINT_CORRUPT`. */
  readMetadata(id: number): Promise<Uint8Array>;
  /** The state's bytes in chunks; `CHECKPOINT_NOT_FOUND` as above. */
  readState(id: number): AsyncIterable<Uint8Array>;
  /**
   * A text that is another one once anybody may have changed the bytes of a published state, found without reading them: an
   * object's ETag, a file's number, length and times. It is to be compared with an earlier answer for the same id, by one
   * process; equal means that no call has changed the bytes in between, as far as the store's clock is fine enough to tell
   * (`PathStatus.revision`), not that the medium has kept them. `CHECKPOINT_NOT_FOUND` when there is no such state.
   */
  revision(id: number): Promise<string>;
  /**
   * Writes the state, asks `describe` for the metadata, and publishes both under `id`, whole or not at all. Durable when it
   * settles. Never replaces what is published (`CHECKPOINT_EXISTS`). After a failure the id isn't published; it may be a
   * leftover.
   */
  publish(
    id: number,
    state: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    describe: (written: WrittenState) => Uint8Array,
  ): Promise<void>;
  /** Takes published checkpoints out of the listing, each at once. Durable when it settles. Their space is freed by {@link sweep}. */
  withdraw(ids: readonly number[]): Promise<void>;
  /** Removes leftovers. The highest id stays known. May be cut short at any point and called again. */
  sweep(): Promise<void>;
}
