import { BlockWriter } from "./block-writer.ts";
import { checkBytes, checkIterable, checkKind, checkOptions } from "./check-arguments.ts";
import { BLOCK_BYTES, ENTRY_HEAD_BYTES } from "./format.ts";
import type { EncodingStep } from "./pace.ts";
import { recordBytes, writeRecordHead } from "./record.ts";
import { shown } from "@laminar/disk/arguments";
import type { SnapshotEntry, SnapshotKind } from "./snapshot-entry.ts";

/** A key with its value, or with `undefined` when it was deleted. */
export type SnapshotEntryInput = SnapshotEntry | readonly [key: Uint8Array, value: Uint8Array | undefined];

/** What a snapshot says of itself. */
export interface SnapshotOptions {
  /** Nanoseconds since 1970, from 0 to 2^64 - 1. @default now, to the millisecond */
  readonly timestampNs?: bigint | undefined;
}

/** What is written, beside the entries. */
export interface EncodeOptions extends SnapshotOptions {
  /** @default "full" */
  readonly kind?: SnapshotKind | undefined;
}

/**
 * The bytes of a snapshot of `entries`, in their order, in chunks of at most about 256 KiB. Entries are drawn as the chunks are, so
 * it holds one chunk at a time; a chunk is a new array and belongs to the caller. An entry's arrays have to stay as they are until
 * the next one is drawn. The same entries with the same timestamp give the same bytes. Keys have to be distinct; that isn't checked
 * here, but by the readers that hold all keys (`StateSnapshot.fromBytes`, `StateStore.restoreFrom`, and `mergeSnapshots` for deltas).
 *
 * @throws TypeError, RangeError for wrong options, at the call
 * @throws TypeError while iterating, for an entry that is none, or for a deleted key in a full snapshot
 * @throws SnapshotError while iterating: `SNAPSHOT_TOO_LARGE` for an entry above 1 GiB
 */
export function encodeSnapshot(entries: Iterable<SnapshotEntryInput>, options: EncodeOptions = {}): Iterable<Uint8Array> {
  checkIterable(entries, "entries are an iterable");
  checkOptions(options, ["kind", "timestampNs"]);
  const { kind = "full" } = options;
  checkKind(kind);
  return chunksOf(encodeEntries(entries, kind, timestampOf(options)));
}

/** The last whole millisecond that 64 bits of nanoseconds can say. */
const LAST_MS = 18_446_744_073_709;

/** A label. A clock that was set wrong must not keep a state from being saved, so what the format can't say becomes the nearest that it can. */
export const nowNs = (): bigint => BigInt(Math.min(Math.max(0, Math.trunc(Date.now())), LAST_MS)) * 1_000_000n;

/** @throws TypeError when it isn't an entry */
export function checkedEntry(input: SnapshotEntryInput): SnapshotEntry {
  if (typeof input !== "object" || input === null) throw new TypeError(`An entry is a key and a value, as { key, value } or [key, value], not ${shown(input)}.`);
  const { key, value } = "key" in input ? input : { key: input[0], value: input[1] };
  checkBytes(key, "A key");
  if (value !== undefined) checkBytes(value, "A value");
  return { key, value };
}

export function timestampOf(options: SnapshotOptions): bigint {
  const { timestampNs = nowNs() } = options;
  if (typeof timestampNs !== "bigint") throw new TypeError(`timestampNs is a bigint, not ${shown(timestampNs)}.`);
  if (BigInt.asUintN(64, timestampNs) !== timestampNs) throw new RangeError(`timestampNs is from 0 to 2^64 - 1, not ${shown(timestampNs)}.`);
  return timestampNs;
}

/** Without the moments to rest. */
export function* chunksOf(steps: Iterable<EncodingStep>): Iterable<Uint8Array> {
  for (const chunk of steps) if (chunk !== undefined) yield chunk;
}

function* encodeEntries(entries: Iterable<SnapshotEntryInput>, kind: SnapshotKind, timestampNs: bigint): Iterable<EncodingStep> {
  const writer = new BlockWriter(kind, timestampNs);
  for (const input of entries) {
    const { key, value } = checkedEntry(input);
    const bytes = recordBytes(key, value);
    const full = writer.room(bytes);
    if (full !== undefined) yield full;
    if (bytes <= BLOCK_BYTES) writer.add(key, value);
    else yield* writer.addLarge(partsOf(key, value), value === undefined);
  }
  yield* writer.finish();
}

function partsOf(key: Uint8Array, value: Uint8Array | undefined): readonly Uint8Array[] {
  const head = new Uint8Array(ENTRY_HEAD_BYTES);
  writeRecordHead(head, 0, key, value);
  return value === undefined ? [head, key] : [head, key, value];
}
