import type { SnapshotChunks } from "./decode-snapshot.ts";
import type { SnapshotEntry, SnapshotKind } from "./snapshot-entry.ts";

/** Gives memory of at least so many bytes, whatever they are, which nobody else uses until a chunk that is made in it was given out. */
export type AllocateMemory = (bytes: number) => Uint8Array;

/** Memory that somebody reads into. */
export interface ReadMemory {
  /** An array of that length, whose bytes may be anything. */
  take(length: number): Uint8Array;
  /**
   * Nobody looks any more at what lies in the `ArrayBuffer` of an array from `take`: from now on the store may write there. Arrays that
   * weren't taken here, or were given back before, stay what they are.
   */
  giveBack(bytes: Uint8Array): void;
}

/**
 * A store at one moment, for writing it somewhere while the store goes on changing: the whole state, and what had changed by then.
 * Ends with `done` or `fail`; until then the store keeps what the capture needs. A checkpoint manager takes it as it is,
 * `manager.create({ ...cut, state: store.snapshot() })`, in the turn in which the cut is true; it chooses the kind of bytes that it
 * wants, and ends the capture.
 */
export interface StateCapture {
  /** What `entries()` gives. `"full"`: every key. `"delta"`: every key that changed since `basedOn`, deleted ones as a value of `undefined`. */
  readonly kind: SnapshotKind;
  /** Entries that `entries()` gives. */
  readonly size: number;
  /** Keys of the whole state, for either kind. */
  readonly keyCount: number;
  /**
   * What changes are counted from, for either kind, and so what a delta has to be applied to: the very value that the last `done` was
   * given, a checkpoint manager's metadata of what it published. `undefined` when that was given none or there was none: then changes
   * are counted from that `done`, or from the creation or the last restore.
   */
  readonly basedOn: unknown;

  /**
   * Each key once, as of the moment of the capture, whatever the store did since; from the beginning at each call. The arrays are
   * the store's: read them, don't write. After `done` or `fail`, `SNAPSHOT_RELEASED` is thrown, also by an iteration under way.
   */
  entries(): Iterable<SnapshotEntry>;

  /**
   * The encoded snapshot or delta of the moment of the capture: either kind, whichever kind the capture is of. From the beginning at
   * each call, and the same bytes. A chunk belongs to the caller once it has it; the next one is made meanwhile. The event loop goes
   * on: it never waits longer than a few milliseconds for it, however large the state is and however fast the chunks are drawn.
   * After `done` or `fail`, `SNAPSHOT_RELEASED` is thrown, also by an iteration under way.
   *
   * Chunks are made in memory that `allocate` gives, where it is given; a store may do without it. So a caller that is done with a
   * chunk can give its memory out again, and saves most of what a large snapshot costs: new memory is the slowest part of it.
   *
   * @throws TypeError, at the call, for a kind that is none or an `allocate` that is no function; while iterating, for memory that is
   *   too small
   */
  bytes(kind: SnapshotKind, allocate?: AllocateMemory): AsyncIterable<Uint8Array>;

  /** What was captured is safe, as that checkpoint: later changes count from here. Once; later calls do nothing. */
  done(checkpoint?: unknown): void;

  /** It isn't safe: its changes count as unsaved again, under those made since. Once; later calls do nothing. */
  fail(): void;
}

/**
 * A state of keys and values, both bytes, that knows what changed since it was last saved. Keys are equal when their bytes are.
 * Any bytes are a key, none at all too. There is no order of keys and no search by range.
 *
 * All calls are synchronous, except `restoreFrom`, and take effect at once; memory only, nothing is durable. Arrays given to `put`
 * and `delete` are copied where they are kept; arrays that the store gives out stay as they are for ever, and are not to be written
 * into. A call that throws has changed nothing. A key or value that isn't a `Uint8Array` is a `TypeError`; a key and value that no
 * snapshot could hold together, above 1 GiB, are `SNAPSHOT_TOO_LARGE`.
 *
 * At most one capture is open: while there is one, `snapshot`, `delta`, `restore` and `restoreFrom` throw `SNAPSHOT_BUSY`. An open
 * capture costs no copy of the state, only the changes made since it was taken; taking and ending one takes no time that grows with
 * the values, or noticeably with the keys.
 */
export interface StateStore {
  /** Keys. */
  readonly size: number;
  /**
   * Memory for reading what is then applied to the store, `@laminar/wal`'s `visit` of a log above all: given back, it becomes the store's
   * own, already known to the system. Where new memory is dear, as on virtual machines, recovering a large state takes half the time
   * with it. Optional; costs nothing where it isn't used.
   */
  readonly memory?: ReadMemory | undefined;

  /** The value; `undefined` where there is none. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Whether the key has a value. */
  has(key: Uint8Array): boolean;
  /** Sets a value, whether or not there was one. */
  put(key: Uint8Array, value: Uint8Array): void;

  /** Whether the key was there. */
  delete(key: Uint8Array): boolean;

  /**
   * Puts and deletes in one call, without an object for any, as for replaying a log: `count` changes whose keys and values lie in
   * `bytes`. Four numbers of `ranges` are one change: where its key begins and ends, and where its value begins and ends; -1 as the
   * value's begin deletes the key, whether it is there or not. The same as `put` and `delete` one after the other: in order, the last
   * one of a key counts, and `bytes` is copied. All changes are checked before the first one is made; only where memory runs out in
   * the midst, those before are there.
   *
   * @throws TypeError, RangeError for a range that doesn't lie in `bytes` or a count that `ranges` doesn't have
   */
  applyRanges(bytes: Uint8Array, ranges: Int32Array, count: number): void;

  /**
   * Every key with its value. May go on across changes: a key that doesn't change meanwhile comes exactly once; one that does may
   * come or not, with a value that it has at that moment. After a restore it goes on over what was there before.
   */
  entries(): Iterable<readonly [Uint8Array, Uint8Array]>;

  /** A capture whose entries are the whole state, as of this call. */
  snapshot(): StateCapture;

  /**
   * A capture whose entries are the keys that changed since the last one that was `done`, of either kind, or, without one, since the
   * creation or the last restore. A key that came and went since then may be missing.
   */
  delta(): StateCapture;

  /**
   * Replaces everything by `entries`, in which a value of `undefined` deletes what came before, so that a base and its deltas can
   * follow each other. Nothing of it counts as a change. When `entries` throws, the store is as before. A store may keep the arrays
   * instead of copying them: don't write into them again.
   */
  restore(entries: Iterable<SnapshotEntry>): void;

  /**
   * Replaces everything by what the bytes of a full snapshot and the deltas that follow it say, oldest first. They are read as they
   * come, in bounded memory, and the event loop goes on meanwhile. Nothing of it counts as a change. All or nothing: until the
   * promise settles the store can be read and is as before, and it stays so when the promise is rejected; what would change it, or
   * capture it, throws `SNAPSHOT_BUSY`. A store may keep the chunks instead of copying them: don't write into them again.
   *
   * @throws RangeError without any part
   * @throws SnapshotError with the number of the `part`: as `decodeSnapshot`, `SNAPSHOT_WRONG_KIND` for a first part that is a delta or a
   *   later one that is full, `SNAPSHOT_CORRUPT` for a part that has a key twice. Errors of a part's source pass through
   */
  restoreFrom(parts: readonly SnapshotChunks[]): Promise<void>;
}
