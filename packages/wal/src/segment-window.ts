import { askBytes, type ReadRequest, type Reading } from "./log-requests.ts";
import type { Segment } from "./log-shape.ts";
import { BATCH_HEADER_BYTES, BATCH_MAGIC, SEGMENT_HEADER_BYTES } from "./segment-format.ts";

/** What is read at once, unless a batch is larger. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * The part of a segment that is in memory. A batch that reaches beyond it is read again from its first byte, so that every
 * batch lies in one piece and nothing is ever copied. With the next part the one before may be gone, see `ChunkMemory`.
 */
export class SegmentWindow {
  readonly #directory: string;
  readonly #segment: Segment;
  readonly #next: Segment | undefined;
  bytes: Uint8Array;
  /** Where `bytes` begin in the file. */
  position = 0;

  constructor(directory: string, segment: Segment, next: Segment | undefined) {
    this.#directory = directory;
    this.#segment = segment;
    this.#next = next;
    this.bytes = segment.content ?? new Uint8Array(0);
  }

  /** The bytes of the file from `start` to `end`, which are covered. */
  part(start: number, end: number): Uint8Array {
    return this.bytes.subarray(start - this.position, end - this.position);
  }

  covers(position: number, length: number): boolean {
    return length === 0 || position + length <= this.position + this.bytes.length;
  }

  /** Goes on to the part from `position` on: at least `length` bytes, which lie within the file. */
  *load(position: number, length: number): Reading<void> {
    this.bytes = yield* askBytes(this.#directory, readAt(this.#segment, position, length));
    this.position = position;
    const read = this.#nextRead();
    if (read) yield { kind: "ahead", read };
  }

  /** Where the next part will begin, as far as the lengths in this one say. They aren't verified: good for a guess, no more. */
  #nextRead(): ReadRequest | undefined {
    const data = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    let at = 0;
    let length = BATCH_HEADER_BYTES;
    while (at + length <= data.byteLength) {
      if (data.getUint32(at, true) !== BATCH_MAGIC) return undefined;
      length = BATCH_HEADER_BYTES + data.getUint32(at + 4, true);
      if (at + length > data.byteLength) break;
      at += length;
      length = BATCH_HEADER_BYTES;
    }
    const position = this.position + at;
    if (position + length <= this.#segment.size) return readAt(this.#segment, position, length);
    return this.#next && !this.#next.content ? readAt(this.#next, SEGMENT_HEADER_BYTES, BATCH_HEADER_BYTES) : undefined;
  }
}

/** At least `length` bytes, and the header behind them, which says how long the next part must be. */
function readAt(segment: Segment, position: number, length: number): ReadRequest {
  const wanted = Math.max(length + BATCH_HEADER_BYTES, CHUNK_BYTES);
  return { kind: "read", segment, position, length: Math.min(segment.size - position, wanted) };
}
