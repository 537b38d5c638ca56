import type { ReadRequest } from "./log-core.ts";
import type { SegmentFile } from "./log-shape.ts";
import { decodeSegmentHeader, type HeaderVerdict, SEGMENT_HEADER_BYTES } from "./segment-format.ts";

/** Rules that ask for bytes of segments and end in `T`; see `log-core.ts`. */
export type Asking<T> = Generator<ReadRequest, T, Uint8Array>;

/** Exactly these bytes, which lie within the segment's size. */
export function* askBytes(segment: SegmentFile, position: number, length: number): Asking<Uint8Array> {
  return yield { kind: "read", segment, position, length };
}

/** What the header of a segment says, taken by itself. */
export function* askHeader(segment: SegmentFile): Asking<HeaderVerdict> {
  return decodeSegmentHeader(yield* askBytes(segment, 0, Math.min(segment.size, SEGMENT_HEADER_BYTES)));
}
