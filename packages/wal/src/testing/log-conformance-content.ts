import assert from "node:assert/strict";
import type { AbortSignalLike, LogReader, LogWriter, Lsn, ReadOptions, WalBatch } from "../log.ts";
import type { WalEntry, WalEntryInput } from "../wal-entry.ts";
import { isWalError, type WalErrorCode } from "../wal-error.ts";

/** One thing that is done to a log. `append` makes one batch, which is durable before the next step. */
export type LogStep = { readonly append: readonly WalEntryInput[] } | { readonly truncateAfter: Lsn } | { readonly truncateBefore: Lsn };

/** How a log came to hold what it holds: the steps, in order, from an empty log on. */
export type LogContent = readonly LogStep[];

/** Does the steps, each durable before the next. */
export async function writeContent(log: LogWriter<WalEntryInput>, content: LogContent): Promise<void> {
  for (const step of content) {
    if ("truncateAfter" in step) await log.truncateAfter(step.truncateAfter);
    else if ("truncateBefore" in step) await log.truncateBefore(step.truncateBefore);
    else {
      log.appendAll(step.append);
      await log.sync();
    }
  }
}

const utf8 = new TextEncoder();
export const bytes = (text: string): Uint8Array => utf8.encode(text);

/** The entry that the suite gives the record `lsn`, so that every record read shows whether it is the right one. */
export const record = (lsn: Lsn, valueBytes = 8): WalEntryInput => ({ type: "put", key: bytes(`record ${lsn}`), value: new Uint8Array(valueBytes).fill(lsn) });

export const lsnsFrom = (first: Lsn, last: Lsn): Lsn[] => Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);

/** One batch with the records `first` to `last`. */
export const batch = (first: Lsn, last: Lsn): LogStep => ({ append: lsnsFrom(first, last).map((lsn) => record(lsn)) });

/** As many batches as records, of a good kilobyte each. */
export const bulk = (first: Lsn, last: Lsn): LogStep[] => lsnsFrom(first, last).map((lsn) => ({ append: [record(lsn, 1100)] }));

const hex = (array: Uint8Array): string => Array.from(array, (byte) => byte.toString(16).padStart(2, "0")).join("");
const integer = (value: bigint | number | undefined): string => (typeof value === "bigint" ? `${value}n` : `${value}`);

/** Equal for equal entries. */
export function textOf(entry: WalEntryInput): string {
  if (entry.type === "put") return `put ${hex(entry.key)} ${hex(entry.value)}`;
  if (entry.type === "delete") return `delete ${hex(entry.key)}`;
  if (entry.type === "checkpoint") return `checkpoint ${entry.id}`;
  const offsets = [...entry.offsets].map(([source, offset]) => `${source} at ${integer(offset)}, `);
  return `commit ${offsets.join("")}watermark ${integer(entry.watermark)}`;
}

/** Takes the next batch after `last` for right: above it, of one session, and nothing that counts in between. */
export function requireNext(reader: LogReader<unknown>, last: Lsn | undefined, found: WalBatch<unknown>): Lsn {
  const { firstLsn, session, entries } = found;
  assert.ok(Number.isSafeInteger(firstLsn) && firstLsn > (last ?? 0), `a batch begins with record ${firstLsn}, after record ${last}`);
  assert.ok(Number.isSafeInteger(session) && entries.length > 0, `batch ${firstLsn} has session ${session} and ${entries.length} entries`);
  for (const skipped of lsnsFrom((last ?? firstLsn - 1) + 1, firstLsn - 1)) assert.equal(reader.counts(skipped), false, `record ${skipped} counts and is left out`);
  return firstLsn + entries.length - 1;
}

export async function batchesOf(reader: LogReader<WalEntry>, options?: ReadOptions): Promise<WalBatch<WalEntry>[]> {
  const batches: WalBatch<WalEntry>[] = [];
  let last = options?.after;
  for await (const found of reader.read(options)) {
    last = requireNext(reader, last, found);
    batches.push(found);
  }
  return batches;
}

/** The numbers of all records, each of which is the one that was written under it. */
export async function lsnsOf(reader: LogReader<WalEntry>, options?: ReadOptions): Promise<Lsn[]> {
  return (await batchesOf(reader, options)).flatMap(requireRecords);
}

/** The numbers in a batch, whose entries must be those that {@link record} makes. */
export function requireRecords({ firstLsn, entries }: WalBatch<WalEntry>): Lsn[] {
  return entries.map((entry, i) => {
    const valueBytes = entry.type === "put" ? entry.value.length : 0;
    assert.equal(textOf(entry), textOf(record(firstLsn + i, valueBytes)));
    return firstLsn + i;
  });
}

/** Recognises an error of the log by its code. */
export const code = (...codes: readonly WalErrorCode[]) => (error: unknown): boolean => isWalError(error, ...codes);

/** Fails unless `call` throws at once or rejects. */
export const refuses = (call: () => unknown, expected: (new (message: string) => Error) | ((error: unknown) => boolean)): Promise<void> =>
  assert.rejects(async () => call(), expected as (error: unknown) => boolean);

/** What isn't an LSN, with the error that it gets. */
export const noLsns: readonly (readonly [unknown, new (message: string) => Error])[] = [
  ["1", TypeError],
  [1n, TypeError],
  [{}, TypeError],
  [-1, RangeError],
  [0.5, RangeError],
  [Number.NaN, RangeError],
  [Number.POSITIVE_INFINITY, RangeError],
  [2 ** 53, RangeError],
];

/** A signal that is no `AbortSignal` and never aborts, and shows who still listens. */
export function watchedSignal(): AbortSignalLike & { readonly listeners: ReadonlySet<() => void> } {
  const listeners = new Set<() => void>();
  return {
    aborted: false,
    listeners,
    addEventListener: (_, listener) => void listeners.add(listener),
    removeEventListener: (_, listener) => void listeners.delete(listener),
  };
}
