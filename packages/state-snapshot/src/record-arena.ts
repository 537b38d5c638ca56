import type { ChangeRanges } from "./change-ranges.ts";
import { viewOf } from "./format.ts";
import { recordBytes, writeRecord } from "./record.ts";
import { newMemory, SpareMemory } from "./spare-memory.ts";

/** Chunks begin small, so that a small store is small, and double with the arena up to this size. */
const CHUNK_MIN = 0x4000;
const CHUNK_MAX = 0x8_0000;
/** A record larger than this has a chunk of exactly its size; at most this much of a chunk stays unused at its end. */
const SHARED_MAX = CHUNK_MAX / 8;
/** Spare memory may be so many times as large as a new chunk would be: a small store stays small. */
const SPARE_MAX_SIZES = 4;
/** Fewer bytes than this are better copied than kept where they are. */
const KEPT_MIN = 0x1000;
/** Offsets stay below, so that the engine keeps them as small integers. */
const OFFSETS = 2 ** 31;
const NO_BYTES = new Uint8Array(0);

/** A stretch of memory that holds records. */
export interface Chunk {
  readonly number: number;
  readonly bytes: Uint8Array;
  /** Starts and ends of the stretches that hold records. */
  readonly runs: number[];
  /** Bytes of records that count. Without any, the chunk goes. */
  live: number;
}

/**
 * Records, appended and never changed, so that a view of one stays as it is for ever; the engine frees a chunk when neither the
 * arena nor a view nor a capture holds it. Places are a chunk's number and an offset, both below 2^31: any amount of memory.
 */
export class RecordArena {
  readonly #spare: SpareMemory;
  /** By chunk number. */
  readonly #bytes: Uint8Array[] = [];
  readonly #chunks: (Chunk | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  #open: Chunk | undefined;
  #openView: DataView = viewOf(NO_BYTES);
  #filled = 0;
  /** The chunk whose memory was somebody else's, if the next records to be adopted may stand in it too. */
  #adopted: Chunk | undefined;
  /** Bytes of all chunks. */
  reserved = 0;
  /** Bytes of records that count. */
  live = 0;
  /** Chunk of the record that was written last. */
  lastChunk = 0;
  /** Bytes written and bytes given up so far. */
  turnover = 0;

  /** Prefers `spare` memory to new one. */
  constructor(spare: SpareMemory = new SpareMemory()) {
    this.#spare = spare;
  }

  /** The chunk with that number; empty when there is none. */
  bytesOf(chunk: number): Uint8Array {
    return this.#bytes[chunk] ?? NO_BYTES;
  }

  chunk(number: number): Chunk | undefined {
    return this.#chunks[number];
  }

  /** Of the chunks that no record will be added to, the one of which the smallest share counts. */
  emptiest(): Chunk | undefined {
    let emptiest: Chunk | undefined;
    for (const chunk of this.#chunks) {
      if (chunk === undefined || chunk === this.#open) continue;
      if (emptiest === undefined || chunk.live * emptiest.bytes.length < emptiest.live * chunk.bytes.length) emptiest = chunk;
    }
    return emptiest;
  }

  /** Writes a record; its offset in `lastChunk`. Nothing has changed when that throws: without memory for it, or for an array whose memory was transferred away. */
  append(key: Uint8Array, value: Uint8Array | undefined): number {
    const bytes = recordBytes(key, value);
    const chunk = this.#room(bytes);
    if (chunk !== undefined) {
      writeRecord(chunk.bytes, this.#filled, key, value);
      return this.#fill(chunk, bytes);
    }
    const own = new Uint8Array(bytes);
    writeRecord(own, 0, key, value);
    return this.adopt(own);
  }

  /** `append` with key and value of the change at which `changes` is. */
  appendChanged(changes: ChangeRanges): number {
    const bytes = changes.recordBytes;
    const chunk = this.#room(bytes);
    if (chunk !== undefined) {
      changes.write(chunk.bytes, this.#openView, this.#filled);
      return this.#fill(chunk, bytes);
    }
    const own = new Uint8Array(bytes);
    changes.write(own, viewOf(own), 0);
    return this.adopt(own);
  }

  /** Writes a record again that stands in `source` from `start` to `end`. */
  copy(source: Uint8Array, start: number, end: number): number {
    const chunk = this.#room(end - start);
    if (chunk === undefined) return this.adopt(source.slice(start, end));
    chunk.bytes.set(source.subarray(start, end), this.#filled);
    return this.#fill(chunk, end - start);
  }

  /**
   * Takes over records where they are, in memory that nobody will write into any more; their offset in `lastChunk`. All of that
   * memory is held as long as one of them counts, so all of it is reckoned with.
   */
  adopt(bytes: Uint8Array): number {
    const { buffer, byteOffset } = bytes;
    const isAlone = buffer.byteLength === bytes.length || buffer.byteLength >= OFFSETS;
    const start = isAlone ? 0 : byteOffset;
    this.#addRecords(isAlone ? this.#add(bytes) : this.#chunkOver(buffer), start, start + bytes.length);
    return start;
  }

  /** Takes over records, where they are or, when they are few, by copying them. */
  keep(bytes: Uint8Array): number {
    return bytes.length < KEPT_MIN ? this.copy(bytes, 0, bytes.length) : this.adopt(bytes);
  }

  /** `bytes` of a chunk don't count any more. */
  release(number: number, bytes: number): void {
    const chunk = this.#chunks[number];
    if (chunk === undefined) return;
    chunk.live -= bytes;
    this.live -= bytes;
    this.turnover += bytes;
    if (chunk.live === 0 && chunk !== this.#open) this.#drop(chunk);
  }

  /** The chunks of this moment, by number. Who keeps the list keeps them, whatever becomes of them here. */
  chunks(): readonly Uint8Array[] {
    return this.#bytes.slice();
  }

  /** The open chunk, with room for so many bytes; `undefined` for what gets a chunk of its own. */
  #room(bytes: number): Chunk | undefined {
    if (this.#open !== undefined && this.#filled + bytes <= this.#open.bytes.length) return this.#open;
    return bytes > SHARED_MAX ? undefined : this.#begin(bytes);
  }

  /** Counts in what was written behind what the open chunk holds; its offset. */
  #fill(chunk: Chunk, bytes: number): number {
    const offset = this.#filled;
    this.#filled += bytes;
    this.#addRecords(chunk, offset, this.#filled);
    return offset;
  }

  #begin(bytes: number): Chunk {
    const size = Math.max(bytes, Math.min(CHUNK_MAX, Math.max(CHUNK_MIN, this.reserved)));
    const before = this.#open;
    this.#open = this.#add(this.#spare.use(Math.max(bytes, CHUNK_MIN), SPARE_MAX_SIZES * size) ?? newMemory(size));
    this.#openView = viewOf(this.#open.bytes);
    this.#filled = 0;
    if (before?.live === 0) this.#drop(before);
    return this.#open;
  }

  /** The chunk that is all of `buffer`, made where there is none: what is read comes out of one array after the other. */
  #chunkOver(buffer: ArrayBufferLike): Chunk {
    if (this.#adopted?.bytes.buffer !== buffer) this.#adopted = this.#add(new Uint8Array(buffer));
    return this.#adopted;
  }

  #addRecords(chunk: Chunk, start: number, end: number): void {
    const { runs } = chunk;
    if (runs[runs.length - 1] === start) runs[runs.length - 1] = end;
    else runs.push(start, end);
    chunk.live += end - start;
    this.live += end - start;
    this.turnover += end - start;
    this.lastChunk = chunk.number;
  }

  #add(bytes: Uint8Array): Chunk {
    const number = this.#freeNumbers.pop() ?? this.#chunks.length;
    const chunk = { number, bytes, runs: [], live: 0 };
    this.reserved += bytes.length;
    this.#chunks[number] = chunk;
    this.#bytes[number] = bytes;
    return chunk;
  }

  #drop(chunk: Chunk): void {
    const { number, bytes } = chunk;
    if (chunk === this.#adopted) this.#adopted = undefined;
    this.reserved -= bytes.length;
    this.#chunks[number] = undefined;
    this.#bytes[number] = NO_BYTES;
    this.#freeNumbers.push(number);
  }
}
