import { askBytes, type ReadRequest, type Reading } from "./log-requests.ts";
import type { Segment } from "./log-shape.ts";
import { BATCH_HEADER_BYTES, BATCH_MAGIC, SEGMENT_HEADER_BYTES } from "./segment-format.ts";

/** What is read at once, unless a batch is larger. */
const CHUNK_BYTES = 1024 * 1024;
/** The same where reading goes on in a segment that was read up to there before: mostly there isn't much that is new, and then zeros. */
const FIRST_CHUNK_BYTES = 4096;

/**
 * The part of a segment that is in memory. A batch that reaches beyond it is read again from its first byte, so that every
 * batch lies in one piece and nothing is ever copied. With the next part the one before may be gone, see `ChunkMemory`.
 */
export class SegmentWindow {
  readonly #directory: string;
  readonly #segment: Segment;
  readonly #next: Segment | undefined;
  #chunkBytes: number;
  bytes: Uint8Array;
  /** Where `bytes` begin in the file. */
  position = 0;

  /** For reading from `start` on. */
  constructor(directory: string, segment: Segment, next: Segment | undefined, start: number) {
    this.#directory = directory;
    this.#segment = segment;
    this.#next = next;
    this.bytes = segment.content ?? new Uint8Array(0);
    this.#chunkBytes = start === SEGMENT_HEADER_BYTES ? CHUNK_BYTES : FIRST_CHUNK_BYTES;
  }

  /** Where `bytes` end in the file. */
  get end(): number {
    return this.position + this.bytes.length;
  }

  /** The bytes of the file from `start` to `end`, which are covered. */
  part(start: number, end: number): Uint8Array {
    return this.bytes.subarray(start - this.position, end - this.position);
  }

  covers(position: number, length: number): boolean {
    return length === 0 || position + length <= this.end;
  }

  /** Goes on to the part from `position` on: at least `length` bytes, which lie within the file. */
  *load(position: number, length: number): Reading<void> {
    this.bytes = yield* askBytes(this.#directory, this.#readHere(position, length));
    this.position = position;
    this.#chunkBytes = Math.min(2 * this.#chunkBytes, CHUNK_BYTES);
    const read = this.#nextRead();
    if (read) yield { kind: "ahead", read };
  }

  /** Where the next part will begin, as far as the lengths in this one say. They aren't verified: good for a guess, no more. */
  #nextRead(): ReadRequest | undefined {
    const data = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    let at = 0;
    let length = BATCH_HEADER_BYTES;
    while (at + length <= data.byteLength) {
      const magic = data.getUint32(at, true);
      if (magic === 0) return this.#readInNext();
      if (magic !== BATCH_MAGIC) return undefined;
      length = BATCH_HEADER_BYTES + data.getUint32(at + 4, true);
      if (at + length > data.byteLength) break;
      at += length;
      length = BATCH_HEADER_BYTES;
    }
    const position = this.position + at;
    return position + length <= this.#segment.size ? this.#readHere(position, length) : this.#readInNext();
  }

  #readInNext(): ReadRequest | undefined {
    return this.#next && !this.#next.content ? readAt(this.#next, SEGMENT_HEADER_BYTES, BATCH_HEADER_BYTES, CHUNK_BYTES) : undefined;
  }

  #readHere(position: number, length: number): ReadRequest {
    return readAt(this.#segment, position, length, this.#chunkBytes);
  }
}

/** At least `length` bytes, and the header behind them, which says how long the next part must be. */
function readAt(segment: Segment, position: number, length: number, chunkBytes: number): ReadRequest {
  return { kind: "read", segment, position, length: Math.min(segment.size - position, Math.max(length + BATCH_HEADER_BYTES, chunkBytes)) };
}
