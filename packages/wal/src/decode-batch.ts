import { join } from "node:path";
import type { FoundBatch } from "./log-core.ts";
import type { LogShape } from "./log-shape.ts";
import type { Lsn, WalBatch } from "./log.ts";
import { BATCH_END, ENTRIES_CUSTOM, ENTRIES_STANDARD } from "./segment-format.ts";
import { decodeBinaries, decodeStandard } from "./standard-entries.ts";
import type { WalCodec } from "./wal-entry.ts";
import { WalError } from "./wal-error.ts";

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

export function requireKind(shape: LogShape, decoder: BatchDecoder<unknown>): void {
  if (shape.entryKind === decoder.entryKind) return;
  const holds = shape.entryKind === ENTRIES_STANDARD ? "the standard entries: open it without a codec" : "entries of a codec: open it with that codec";
  throw new WalError("WAL_CODEC_MISMATCH", `${shape.directory} holds ${holds}`, { file: shape.directory, expected: decoder.entryKind, actual: shape.entryKind });
}

/** The records of a batch that count and are above `after`. */
export function decodeFound<E>(shape: LogShape, found: FoundBatch, decoder: BatchDecoder<E>, after: Lsn): WalBatch<E> {
  const { header, body, counted, segment, position } = found;
  const file = join(shape.directory, segment.name);
  const details = { file, offset: position, lsn: header.firstLsn };
  if (body[body.length - 1] !== BATCH_END) throw new WalError("WAL_CORRUPT", `${file}: the batch at offset ${position} doesn't end as a batch does`, details);
  let entries: readonly E[];
  try {
    entries = decoder.decode(body, body.length - 1, header.count);
  } catch (cause) {
    const message = `${file}: the batch at offset ${position} verifies, but its entries can't be decoded`;
    throw new WalError("WAL_CODEC_MISMATCH", message, { ...details, cause });
  }
  const skipped = Math.max(0, after + 1 - header.firstLsn);
  return { firstLsn: header.firstLsn + skipped, session: header.session, entries: entries.slice(skipped, counted) };
}
