import { AppendBuffer } from "./append-buffer.ts";
import { shown } from "@laminar/disk/arguments";
import { batchDecoder } from "./decode-batch.ts";
import { entryEncoder } from "./encode-entries.ts";
import { type HeldBatch, MemoryLog } from "./memory-log.ts";
import type { WriteAheadLog } from "./log.ts";
import type { WalCodec, WalEntry, WalEntryInput } from "./wal-entry.ts";
import { requireOptions, walLimits } from "./wal-options.ts";

/** Settings of a log in memory: those of `openWal` that mean something without a directory. */
export interface MemoryWalOptions {
  /** Identity of the log: 32 hex digits. @default random */
  readonly logId?: string | undefined;
}

/**
 * A log in memory, for tests of what takes a log: all that `openWal` gives but files and `visit`. Durable is what `sync`, a
 * truncation or `close` has flushed; nothing becomes durable by itself. Entries are held as bytes, so what a caller or a
 * reader changes afterwards changes nothing here. `ready` settles at once, `truncateBefore` drops whole batches and keeps the
 * newest, and `sizeBytes` is the bytes of the batches held.
 */
export function memoryWal(options?: MemoryWalOptions): WriteAheadLog<WalEntry, WalEntryInput>;
export function memoryWal<E, I = E>(options: MemoryWalOptions & { readonly codec: WalCodec<E, I> }): WriteAheadLog<E, I>;
export function memoryWal(options: MemoryWalOptions & { readonly codec?: WalCodec<unknown, unknown> | undefined } = {}): WriteAheadLog<unknown, unknown> {
  requireOptions(options);
  const { logId = crypto.randomUUID().replaceAll("-", ""), codec } = options;
  if (!/^[0-9a-f]{32}$/.test(logId)) throw new TypeError(`logId must be 32 hex digits, in lower case, not ${shown(logId)}`);
  const decoder = batchDecoder(codec);
  const decode = ({ body, count }: HeldBatch): readonly unknown[] => decoder.decode(body.slice(), body.length - 1, count);
  return new MemoryLog(logId, new AppendBuffer(entryEncoder(codec), walLimits({}), 1), decode);
}
