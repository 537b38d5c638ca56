import { askBytes, type Reading } from "./log-requests.ts";
import type { SegmentFile } from "./log-shape.ts";
import { decodeSegmentHeader, type HeaderVerdict, SEGMENT_HEADER_BYTES } from "./segment-format.ts";

/** What the header of a segment says, taken by itself. */
export function* askHeader(directory: string, segment: SegmentFile): Reading<HeaderVerdict> {
  const length = Math.min(segment.size, SEGMENT_HEADER_BYTES);
  return decodeSegmentHeader(yield* askBytes(directory, { kind: "read", segment, position: 0, length }));
}
