import { askBytes, type Reading } from "./log-requests.ts";
import type { Segment } from "./log-shape.ts";
import type { Lsn } from "./log.ts";
import { BATCH_HEADER_BYTES, decodeBatchHeader, SEGMENT_HEADER_BYTES } from "./segment-format.ts";

/** What the headers of a segment's batches say. Their bodies are stepped over. */
export interface SegmentSurvey {
  /** Batches that hold records that count. */
  readonly batches: number;
  /** Records that count. */
  readonly records: number;
  /** The writers of these records, in the order of their first. */
  readonly sessions: readonly number[];
  /** The record after the last one found, whether it counts or not. */
  readonly nextLsn: Lsn;
  /** Where no batch header verifies or is in order any more. */
  readonly offset: number;
}

/** Large batches are stepped over, small ones come many at a time. */
const WINDOW_BYTES = 64 * 1024;

/** Goes from batch to batch, and counts what holds records up to `upTo`. */
export function* surveySegment(directory: string, segment: Segment, upTo: Lsn): Reading<SegmentSurvey> {
  const sessions = new Set<number>();
  let [batches, records] = [0, 0];
  let nextLsn = segment.header.baseLsn;
  let offset = SEGMENT_HEADER_BYTES;
  let window: Uint8Array = new Uint8Array(0);
  let windowAt = offset;
  while (offset + BATCH_HEADER_BYTES <= segment.size) {
    if (offset + BATCH_HEADER_BYTES > windowAt + window.length) {
      const length = Math.min(WINDOW_BYTES, segment.size - offset);
      window = yield* askBytes(directory, { kind: "read", segment, position: offset, length });
      windowAt = offset;
    }
    const header = decodeBatchHeader(window, offset - windowAt, segment.header.salt, offset);
    const bytes = BATCH_HEADER_BYTES + (header?.bodyBytes ?? 0);
    if (header?.firstLsn !== nextLsn || offset + bytes > segment.size) break;
    if (header.count > 0 && nextLsn <= upTo) {
      batches++;
      records += Math.min(header.count, upTo - nextLsn + 1);
      sessions.add(header.session);
    }
    nextLsn += header.count;
    offset += bytes;
  }
  return { batches, records, sessions: [...sessions], nextLsn, offset };
}
