import type { Disk } from "@laminar/disk";
import { askHeader } from "./ask-header.ts";
import { confirmDamage, type Look } from "./confirm-damage.ts";
import { bytesCodec } from "./codec/bytes-codec.ts";
import { type BatchDecoder, batchDecoder, decodeFound } from "./decode-batch.ts";
import { driveLog, driveToEnd, listLog, readShape } from "./drive-log.ts";
import { type FoundBatch, lastCounted, readBatches } from "./log-core.ts";
import { type Reading, Vanished } from "./log-requests.ts";
import type { LogListing, LogShape, Segment, SegmentFile } from "./log-shape.ts";
import type { Lsn, WalBatch } from "./log.ts";
import { SegmentScan } from "./salvage-segment.ts";
import { BATCH_HEADER_BYTES, ENTRIES_CUSTOM, SEGMENT_HEADER_BYTES, type SegmentHeader } from "./segment-format.ts";
import type { WalEntry } from "./wal-entry.ts";
import { isCorruption, isWalError, type WalError } from "./wal-error.ts";

/*
 * What is left of a damaged log, for people and their tools. Nothing that recovers state may use it: what it gives has holes.
 */

/**
 * Gives every batch with records above `after` that verifies somewhere in a segment, header and body, in ascending order and
 * no record twice; entries of a codec as bytes. What segment headers say still holds: records that a fence took out of use,
 * that were dropped, or that are another log's stay out. A header that can't be read says nothing, so its segment's records
 * are given up to where a later header cuts them, and what only that header took out of use shows again. Memory: about one
 * batch.
 */
export async function* salvageLog(disk: Disk, directory: string, after: Lsn): AsyncGenerator<WalBatch<WalEntry | Uint8Array>, void, undefined> {
  try {
    const listing = await listLog(disk, directory);
    const sources = listing ? await sourcesOf(disk, listing) : [];
    let last = after;
    for await (const found of driveLog(disk, directory, salvageSegments(directory, sources, last))) {
      if (lastCounted(found) <= last) continue;
      yield decodeFound({ directory }, found, decoderFor(found), last);
      last = lastCounted(found);
    }
  } catch (error) {
    throw error instanceof Vanished ? error.failure : error;
  }
}

/** What keeps readers from going on above `after`, if anything does. */
export async function damageAbove(disk: Disk, directory: string, after: Lsn): Promise<WalError | undefined> {
  const { damage } = await confirmDamage(disk, directory, async (listing): Promise<Look> => {
    const shape = await readShape(disk, listing, "stop");
    if (!shape) return {};
    const tail = await driveToEnd(disk, directory, readBatches(shape, { after, upTo: Number.POSITIVE_INFINITY, onDamage: "stop" }));
    return { damage: tail.end.damage ?? shape.damage?.atStart };
  });
  return damage;
}

interface Source {
  readonly segment: Segment;
  /** Whether the header's salt can be believed. */
  readonly readable: boolean;
}

async function sourcesOf(disk: Disk, listing: LogListing): Promise<readonly Source[]> {
  const shape = await shapeIfReadable(disk, listing);
  const sources = (shape?.segments ?? []).map((segment): Source => ({ segment, readable: true }));
  for (const file of shape ? (shape.damage?.unreadable ?? []) : listing.segments) {
    const verdict = await driveToEnd(disk, listing.directory, askHeader(listing.directory, file));
    if (verdict.kind === "unsupported") continue;
    const readable = verdict.kind === "ok";
    // One that verifies was refused for what it says: it is another log's, or stands under another segment's name.
    if (readable && verdict.header.logId !== shape?.logId) continue;
    const header = readable ? verdict.header : unknownHeader(file, shape);
    const later = (shape?.segments ?? []).filter(({ number }) => number > header.number);
    const limit = Math.min(...later.map(({ header: { continuesAfter } }) => continuesAfter));
    if (limit >= (shape?.oldestLsn ?? 0)) sources.push({ segment: { ...file, header, limit }, readable });
  }
  return sources.sort((a, b) => a.segment.header.number - b.segment.header.number);
}

async function shapeIfReadable(disk: Disk, listing: LogListing): Promise<LogShape | undefined> {
  try {
    return await readShape(disk, listing, "stop");
  } catch (error) {
    if (isWalError(error) && isCorruption(error)) return undefined;
    throw error;
  }
}

/** What a header that can't be read leaves open, as wide as it can be. */
function unknownHeader({ number }: SegmentFile, shape: LogShape | undefined): SegmentHeader {
  const { logId = "", entryKind = 0 } = shape ?? {};
  return { logId, entryKind, number, salt: 0, continuesAfter: 0, baseLsn: 1, oldestLsn: 0 };
}

function* salvageSegments(directory: string, sources: readonly Source[], after: Lsn): Reading<void, FoundBatch> {
  for (const { segment, readable } of sources) {
    if (segment.limit <= after) continue;
    const scan = new SegmentScan(directory, segment, readable ? segment.header.salt : undefined);
    for (let batch = yield* scan.next(SEGMENT_HEADER_BYTES); batch; ) {
      const { header, body, position } = batch;
      const counted = Math.min(header.count, segment.limit - header.firstLsn + 1);
      if (counted > 0) yield { kind: "batch", header, counted, body, segment, position, after };
      batch = yield* scan.next(position + BATCH_HEADER_BYTES + header.bodyBytes);
    }
  }
}

const FIRST_BINARY = 0xc4;

/** An array's first byte opens a standard entry, a binary's one of a codec, where no header says which kind there is. */
function decoderFor({ segment, body }: FoundBatch): BatchDecoder<WalEntry | Uint8Array> {
  const { entryKind } = segment.header;
  const isCustom = entryKind === ENTRIES_CUSTOM || (entryKind === 0 && (body[0] as number) >= FIRST_BINARY);
  return batchDecoder(isCustom ? bytesCodec : undefined) as BatchDecoder<WalEntry | Uint8Array>;
}
