import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BatchHeader, BATCH_END, BATCH_HEADER_BYTES, encodeSegmentHeader, ENTRIES_STANDARD, sealBatch, SEGMENT_HEADER_BYTES } from "../src/segment-format.ts";
import { headName, segmentName } from "../src/segment-names.ts";

export const LOG_ID = "000102030405060708090a0b0c0d0e0f";

export interface CraftedBatch extends Partial<Omit<BatchHeader, "bodyBytes" | "bodyChecksum">> {
  readonly firstLsn: number;
  readonly count: number;
  /** Without the byte that ends a body. */
  readonly entries: Uint8Array;
}

export interface CraftedSegment {
  readonly number: number;
  readonly logId?: string;
  readonly salt?: number;
  readonly continuesAfter: number;
  readonly baseLsn: number;
  readonly batches: readonly CraftedBatch[];
}

/** The bytes of a segment whose every checksum is right, whatever its batches hold. */
export function craftSegment({ number, logId = LOG_ID, salt = number, continuesAfter, baseLsn, batches }: CraftedSegment): Uint8Array {
  const header = { logId, number, salt, entryKind: ENTRIES_STANDARD, continuesAfter, baseLsn, oldestLsn: 1 };
  const parts = [encodeSegmentHeader(header)];
  let position = SEGMENT_HEADER_BYTES;
  for (const { firstLsn, count, entries, flags = 0, session = 1, durableLsn = firstLsn - 1 } of batches) {
    const frame = new Uint8Array(BATCH_HEADER_BYTES + entries.length + 1);
    frame.set(entries, BATCH_HEADER_BYTES);
    frame[frame.length - 1] = BATCH_END;
    sealBatch(frame, salt, position, { firstLsn, count, flags, session, durableLsn });
    parts.push(frame);
    position += frame.length;
  }
  return Buffer.concat(parts);
}

export async function writeSegments(directory: string, segments: readonly CraftedSegment[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const segment of segments) await writeFile(join(directory, segmentName(segment.number)), craftSegment(segment));
  const newest = segments.at(-1);
  if (newest) await writeFile(join(directory, headName(newest.number)), "");
}
