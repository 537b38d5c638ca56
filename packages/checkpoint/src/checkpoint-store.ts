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
  /** Whether this owner still has the place: false after {@link release}, and once somebody took or broke the lock. */
  held(): Promise<boolean>;
  /** Gives the place up. Idempotent; never touches the lock of a later owner. */
  release(): Promise<void>;
}

/**
 * Where checkpoints live: metadata and a state under each id, a whole number from 1 to 2^53 - 1. `fileCheckpointStore` keeps
 * them in a directory, `memoryCheckpointStore` in memory. Nothing here asks for a rename, a directory or an append, so that an
 * object store can do it with conditional puts; `STORES.md` of this package shows each call as requests. Prove an
 * implementation with the suite at `@laminar/checkpoint/testing`, and its crashes with tests of your own.
 *
 * Who calls: one owner changes a place at a time, the one that has its {@link lock}, and awaits each call that changes
 * something ({@link publish}, {@link withdraw}, {@link sweep}) before the next. Anybody reads at any time, without the lock.
 *
 * What fails: a call rejects with a `CheckpointError`, or with what the caller's own code threw. A wrong argument is a
 * `TypeError` or a `RangeError` before anything has changed. `CHECKPOINT_NOT_FOUND` says that the id isn't published (any
 * more), `CHECKPOINT_CORRUPT` that it is and that its bytes are gone or can't be right, `CHECKPOINT_IO` that the place
 * couldn't be asked, which proves nothing about it. After any failure the store can be used on.
 */
export interface CheckpointStore {
  /** For messages. */
  readonly location: string;
  /** The name of a checkpoint's metadata or state for messages: a path, a key. */
  locate(id: number, part: "metadata" | "state"): string;
  /**
   * Makes the place if needed and takes it for one owner, or rejects with `CHECKPOINT_LOCKED`. What is listed afterwards is
   * durable, whoever published it, as far as the place can tell: a directory can't, once another process had the error of a sync.
   * So the manager relies on what it published itself alone before it lets anything go.
   */
  lock(): Promise<StoreLock>;
  /** What is there now. Changes nothing, also where no place is. */
  list(): Promise<StoreListing>;
  /** The metadata's bytes, which the caller may keep and change. More than 16 MiB are `CHECKPOINT_CORRUPT`. */
  readMetadata(id: number): Promise<Uint8Array>;
  /**
   * The state's bytes in chunks of any size, from the start at every call; the caller may keep and change them. Reads no more
   * than a few chunks ahead, and frees what it holds when it is returned from early. While the checkpoint is withdrawn and
   * swept it gives the right bytes or rejects with `CHECKPOINT_NOT_FOUND`, never others.
   */
  readState(id: number): AsyncIterable<Uint8Array>;
  /**
   * `readState` for who only looks at the bytes: a chunk may be written over once the next one is asked for. For a store that can save
   * memory this way; where it isn't given, `readState` is used.
   */
  scanState?(id: number): AsyncIterable<Uint8Array>;
  /**
   * A text that is another one once anybody may have changed the bytes of a published state, found without reading them: an
   * object's ETag, a file's number, length and times. It is to be compared with an earlier answer for the same id, by one
   * process; equal means that no call has changed the bytes in between, as far as the store's clock is fine enough to tell
   * (`PathStatus.revision`), not that the medium has kept them.
   */
  revision(id: number): Promise<string>;
  /**
   * Goes through `state` once, writing each chunk before it asks for the next (which may reuse its memory); then calls
   * `describe` once for the metadata, 1 byte to 16 MiB; then publishes both under `id`, whole or not at all. Until then the id
   * isn't listed. Durable when it resolves. Ids may come in any order.
   *
   * Rejects with `CHECKPOINT_EXISTS`, before `state` is asked for anything, when the id is published or a leftover has it: it
   * never replaces anything. When it rejects, the id isn't published and may be a leftover. Where the place breaks down so far
   * that a publish can't be taken back either, this store leaves the id out all the same and {@link sweep} takes it back;
   * another process may find it meanwhile, whole.
   */
  publish(
    id: number,
    state: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    describe: (written: WrittenState) => Uint8Array,
  ): Promise<void>;
  /**
   * Takes checkpoints out of the listing, in the order given, each at once and as a whole. An id that isn't published is passed over, and one that
   * can't go doesn't keep the others: the first failure is thrown after all were tried. When it resolves, all are gone, durably;
   * when it rejects, each is gone or still there, whole. Their space is freed by {@link sweep}.
   */
  withdraw(ids: readonly number[]): Promise<void>;
  /**
   * Removes leftovers, but keeps the highest id known: where nothing published carries it, the name of one leftover stays,
   * without its bytes. May be cut short at any point and called again. One that can't be removed doesn't keep the others: the
   * first failure is thrown after all were tried.
   */
  sweep(): Promise<void>;
}
