import { BlockWriter } from "./block-writer.ts";
import { checkBytes } from "./key-text.ts";
import type { SnapshotEntry, SnapshotKind } from "./snapshot-entry.ts";

/** A key with its value, or with `undefined` when it was deleted. */
export type SnapshotEntryInput = SnapshotEntry | readonly [key: Uint8Array, value: Uint8Array | undefined];

export interface SnapshotOptions {
  /** Nanoseconds since 1970, from 0 to 2^64 - 1. Default: now, to the millisecond. */
  readonly timestampNs?: bigint | undefined;
}

export interface EncodeOptions extends SnapshotOptions {
  /** Default: `"full"`. */
  readonly kind?: SnapshotKind | undefined;
}

/**
 * The bytes of a snapshot of `entries`, in their order, in chunks: about 64 KiB each, more for an entry that is larger itself.
 * Entries are drawn as the chunks are, so it holds one block at a time; a chunk is a new array and belongs to the caller. The
 * same entries with the same timestamp give the same bytes. Keys have to be distinct; that isn't checked here, but by the readers
 * that hold all keys (`StateSnapshot.fromBytes`, and `mergeSnapshots` for deltas).
 *
 * @throws TypeError, RangeError for wrong options, at the call
 * @throws TypeError while iterating, for an entry that is none, or for a deleted key in a full snapshot
 * @throws SnapshotError while iterating: `SNAPSHOT_TOO_LARGE` for an entry above 1 GiB
 */
export function encodeSnapshot(entries: Iterable<SnapshotEntryInput>, options: EncodeOptions = {}): Iterable<Uint8Array> {
  const kind = options.kind ?? "full";
  if (kind !== "full" && kind !== "delta") throw new TypeError(`The kind of a snapshot is "full" or "delta", not ${String(kind)}.`);
  return encode(entries, kind, timestampOf(options));
}

/** @throws TypeError when it isn't an entry that a snapshot of that kind may hold */
export function checkedEntry(input: SnapshotEntryInput, kind: SnapshotKind): SnapshotEntry {
  const { key, value } = "key" in input ? input : { key: input[0], value: input[1] };
  checkBytes(key, "A key");
  if (value !== undefined) checkBytes(value, "A value");
  else if (kind === "full") throw new TypeError("A full snapshot holds no deleted keys: every entry needs a value.");
  return { key, value };
}

function timestampOf(options: SnapshotOptions): bigint {
  const timestampNs = options.timestampNs ?? BigInt(Date.now()) * 1_000_000n;
  if (typeof timestampNs !== "bigint") throw new TypeError(`timestampNs is a bigint, not ${typeof timestampNs}.`);
  if (BigInt.asUintN(64, timestampNs) !== timestampNs) throw new RangeError(`timestampNs is from 0 to 2^64 - 1, not ${timestampNs}.`);
  return timestampNs;
}

function* encode(entries: Iterable<SnapshotEntryInput>, kind: SnapshotKind, timestampNs: bigint): Iterable<Uint8Array> {
  const writer = new BlockWriter(kind, timestampNs);
  yield writer.header;
  for (const input of entries) {
    const { key, value } = checkedEntry(input, kind);
    const block = writer.add(key, value);
    if (block !== undefined) yield block;
  }
  yield* writer.finish();
}
