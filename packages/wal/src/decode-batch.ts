import { join } from "node:path";
import type { FoundBatch } from "./log-core.ts";
import type { LogShape } from "./log-shape.ts";
import type { EntryVisitor, Lsn, WalBatch } from "./log.ts";
import { BATCH_END, ENTRIES_CUSTOM, ENTRIES_STANDARD } from "./segment-format.ts";
import { decodeBinaries, decodeStandard } from "./standard-entries.ts";
import { scanEntries, visitEntries } from "./visit-entries.ts";
import type { WalCodec } from "./wal-entry.ts";
import { WalError, type WalErrorCode } from "./wal-error.ts";

/** Turns what verified into entries. */
export interface BatchDecoder<E> {
  /** The kind of entries that it reads, as a segment's header names it. */
  readonly entryKind: number;
  decode(body: Uint8Array, end: number, count: number): readonly E[];
}

/** For the four standard entries without a codec, for one's own with it. */
export function batchDecoder(codec: WalCodec<unknown> | undefined): BatchDecoder<unknown> {
  if (!codec) return { entryKind: ENTRIES_STANDARD, decode: decodeStandard };
  return {
    entryKind: ENTRIES_CUSTOM,
    decode: (body, end, count) => decodeBinaries(body, end, count).map((bytes) => codec.decode(bytes)),
  };
}

export function requireKind({ directory, entryKind }: LogShape, decoder: Pick<BatchDecoder<unknown>, "entryKind">): void {
  if (entryKind === decoder.entryKind) return;
  const holds = entryKind === ENTRIES_STANDARD ? "the standard entries: open it without a codec" : "entries of a codec: open it with that codec";
  throw new WalError("WAL_CODEC_MISMATCH", `${directory} holds ${holds}`, { file: directory, expected: decoder.entryKind, actual: entryKind });
}

/** The records of a batch that count and are above `after`. */
export function decodeFound<E>({ directory }: Pick<LogShape, "directory">, found: FoundBatch, decoder: BatchDecoder<E>, after: Lsn): WalBatch<E> {
  const { header, body, counted } = found;
  const entries = decoding(directory, found, () => decoder.decode(body, body.length - 1, header.count));
  const skipped = Math.max(0, after + 1 - header.firstLsn);
  const wanted = skipped === 0 && counted === entries.length ? entries : entries.slice(skipped, counted);
  return { firstLsn: header.firstLsn + skipped, session: header.session, entries: wanted };
}

/** Shows the same records to a visitor, and none of a batch that can't be decoded. */
export function visitFound({ directory }: Pick<LogShape, "directory">, found: FoundBatch, visitor: EntryVisitor): void | Promise<void> {
  const { header, body, counted, after } = found;
  const skipped = Math.max(0, after + 1 - header.firstLsn);
  const scanned = decoding(directory, found, () => scanEntries(body, body.length - 1, header.count));
  const visit = (): void | Promise<void> => {
    visitEntries(body, scanned, { firstLsn: header.firstLsn, skipped, counted }, visitor);
    return visitor.batchEnd?.();
  };
  const waiting = visitor.batch?.(header.firstLsn + skipped, counted - skipped, header.session);
  return waiting ? Promise.resolve(waiting).then(visit) : visit();
}

function decoding<T>(directory: string, { header, body, segment, position }: FoundBatch, decode: () => T): T {
  const failure = (code: WalErrorCode, what: string, cause?: unknown): WalError => {
    const file = join(directory, segment.name);
    return new WalError(code, `${file}: the batch at offset ${position} ${what}`, { file, offset: position, lsn: header.firstLsn, cause });
  };
  if (body[body.length - 1] !== BATCH_END) throw failure("WAL_CORRUPT", "doesn't end as a batch does. Nothing was changed; restore the file from a copy, or recover up to here");
  try {
    return decode();
  } catch (cause) {
    throw failure("WAL_CODEC_MISMATCH", "verifies, but its entries can't be decoded; open the log with the codec that wrote it", cause);
  }
}
