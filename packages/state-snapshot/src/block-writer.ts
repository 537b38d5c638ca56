import { crc32 } from "@laminar/disk/checksum";
import { checkRecordBytes } from "./check-arguments.ts";
import {
  BLOCK_BYTES,
  BLOCK_HEAD_BYTES,
  FOOTER_BYTES,
  HEADER_BYTES,
  chainChecksum,
  readHeader,
  writeBlockHead,
  writeFooter,
  writeHeader,
} from "./format.ts";
import { isDeletedAt, recordBytes, writeRecord } from "./record.ts";
import type { SnapshotKind } from "./snapshot-entry.ts";
import type { AllocateMemory } from "./state-store.ts";

/** Four blocks, so that whoever writes chunks to a disk does it in fewer calls. */
const CHUNK_BYTES = HEADER_BYTES + 4 * (BLOCK_HEAD_BYTES + BLOCK_BYTES) + FOOTER_BYTES;
/** The first chunk begins with this and grows, so that a small snapshot is quickly made. */
const CHUNK_BYTES_MIN = 0x400;
/** What is worked through in one go of an entry that is larger than a block. */
const SLICE_BYTES = 0x10_0000;
const NO_BYTES = new Uint8Array(0);

const newMemory: AllocateMemory = (bytes) => new Uint8Array(bytes);

/**
 * Makes the bytes of one snapshot, entry by entry; holds one chunk. Blocks are built where they will be given out, and records that
 * stand one behind the other in memory are copied in one go.
 */
export class BlockWriter {
  /**
   * For nothing but to be there: once a collection of garbage finds none, the engine forgets the fast code for all of them, and the next
   * state's encoding begins slow. That is every state's, in a program that makes one now and then: for 10,000 records 10 ms instead of 2.
   */
  static readonly kept: BlockWriter = new BlockWriter("full", 0n);

  readonly #kind: SnapshotKind;
  /**
   * The header's, and that over the blocks so far. Not as numbers: one above 2^31 is kept otherwise than one below, and at the first that
   * differs in this the engine forgets the fast code for all that is done here.
   */
  readonly #checksums = new Uint32Array(2);
  readonly #allocate: AllocateMemory;
  #chunk: Uint8Array = NO_BYTES;
  /** Bytes of the chunk that are written, without the records that wait. */
  #used = HEADER_BYTES;
  #blockStart = 0;
  /** Of the open block, with the records that wait. No entry: there is no open block. */
  #bodyBytes = 0;
  #count = 0;
  readonly #totals = { entries: 0, deletes: 0, blocks: 0, bytes: HEADER_BYTES };
  #waitingIn: Uint8Array = NO_BYTES;
  #waitingStart = 0;
  #waitingEnd = 0;

  /** Chunks are made in memory from `allocate`, which is asked for the next one only when something is to be written into it. */
  constructor(kind: SnapshotKind, timestampNs: bigint, allocate: AllocateMemory = newMemory) {
    this.#kind = kind;
    this.#allocate = allocate;
    const header = writeHeader(kind, timestampNs);
    this.#checksums[0] = readHeader(header).checksum;
    this.#grow(CHUNK_BYTES_MIN);
    this.#chunk.set(header);
  }

  /**
   * Makes room for an entry of so many bytes; the chunk that had to be finished for it, where one had to. Afterwards `add` or
   * `addRecord` take the entry; above `BLOCK_BYTES` it is `addLarge`.
   */
  room(bytes: number): Uint8Array | undefined {
    if (this.#count > 0 && this.#bodyBytes + bytes <= BLOCK_BYTES) return undefined;
    checkRecordBytes(bytes);
    this.#endBlock();
    return this.#used + BLOCK_HEAD_BYTES + BLOCK_BYTES > CHUNK_BYTES ? this.#takeChunk() : undefined;
  }

  add(key: Uint8Array, value: Uint8Array | undefined): void {
    const bytes = recordBytes(key, value);
    this.#copyWaiting();
    this.#countIn(bytes, value === undefined);
    this.#reserve(bytes);
    writeRecord(this.#chunk, this.#used, key, value);
    this.#used += bytes;
  }

  /** `add` for an entry that is a record from `start` to `end` of `bytes`, which have to stay as they are until the next chunk is given out. */
  addRecord(bytes: Uint8Array, start: number, end: number): void {
    this.#countIn(end - start, isDeletedAt(bytes, start));
    if (bytes !== this.#waitingIn || start !== this.#waitingEnd) {
      this.#copyWaiting();
      this.#waitingIn = bytes;
      this.#waitingStart = start;
    }
    this.#waitingEnd = end;
  }

  /**
   * A block of one entry of any size, whose record is `parts` one behind the other. In slices, and `undefined` is a moment at
   * which the caller may rest: a gibibyte takes about a second.
   */
  *addLarge(parts: readonly Uint8Array[], isDeleted: boolean): Generator<Uint8Array | undefined, void> {
    let bodyChecksum = 0;
    for (const slice of slicesOf(parts)) {
      bodyChecksum = crc32(slice, bodyChecksum);
      yield undefined;
    }
    this.#countIn(parts.reduce((sum, part) => sum + part.length, 0), isDeleted);
    this.#writeHead(bodyChecksum);
    for (const slice of slicesOf(parts)) {
      for (let at = 0; at < slice.length; ) {
        if (this.#used === CHUNK_BYTES) yield this.#takeChunk();
        const piece = slice.subarray(at, at + CHUNK_BYTES - this.#used);
        this.#reserve(piece.length);
        this.#chunk.set(piece, this.#used);
        this.#used += piece.length;
        at += piece.length;
      }
    }
  }

  /** What is left, the footer at its end. */
  finish(): readonly Uint8Array[] {
    this.#endBlock();
    const full = this.#used + FOOTER_BYTES > CHUNK_BYTES ? [this.#takeChunk()] : [];
    this.#totals.bytes += FOOTER_BYTES;
    this.#reserve(FOOTER_BYTES);
    const [header = 0, blocksChecksum = 0] = this.#checksums;
    const { entries, deletes, blocks, bytes } = this.#totals;
    this.#chunk.set(writeFooter(header, { entries, deletes, blocks, bytes, blocksChecksum }), this.#used);
    this.#used += FOOTER_BYTES;
    const last = this.#chunk.subarray(0, this.#used);
    // A view keeps all of its chunk in memory, and a small snapshot may be kept for long.
    return [...full, last.length < this.#chunk.length / 2 ? last.slice() : last];
  }

  /** Counts an entry in, as the first one of a new block where none is open. */
  #countIn(bytes: number, isDeleted: boolean): void {
    if (isDeleted && this.#kind === "full") throw new TypeError("A full snapshot holds no deleted keys: every entry needs a value.");
    if (this.#count === 0) {
      this.#reserve(BLOCK_HEAD_BYTES);
      this.#blockStart = this.#used;
      this.#used += BLOCK_HEAD_BYTES;
    }
    this.#count += 1;
    this.#bodyBytes += bytes;
    this.#totals.entries += 1;
    if (isDeleted) this.#totals.deletes += 1;
  }

  /** Makes the chunk large enough for so many more bytes, which `room` made sure a full-sized one can hold. */
  #reserve(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#chunk.length) return;
    this.#grow(this.#totals.blocks > 0 ? CHUNK_BYTES : Math.min(CHUNK_BYTES, Math.max(needed, 2 * this.#chunk.length)));
  }

  #grow(bytes: number): void {
    const larger = this.#allocate(bytes);
    if (!(larger instanceof Uint8Array) || larger.length < bytes) throw new TypeError(`The memory for a chunk has to be a Uint8Array of at least ${bytes} bytes.`);
    larger.set(this.#chunk.subarray(0, this.#used));
    this.#chunk = larger;
  }

  #copyWaiting(): void {
    if (this.#waitingIn === NO_BYTES) return;
    const bytes = this.#waitingEnd - this.#waitingStart;
    this.#reserve(bytes);
    this.#chunk.set(this.#waitingIn.subarray(this.#waitingStart, this.#waitingEnd), this.#used);
    this.#used += bytes;
    this.#waitingIn = NO_BYTES;
  }

  #endBlock(): void {
    this.#copyWaiting();
    if (this.#count > 0) this.#writeHead(crc32(this.#chunk.subarray(this.#blockStart + BLOCK_HEAD_BYTES, this.#used)));
  }

  /** Writes the open block's head; no block is open afterwards. */
  #writeHead(bodyChecksum: number): void {
    const head = this.#chunk.subarray(this.#blockStart, this.#blockStart + BLOCK_HEAD_BYTES);
    const [header = 0, blocksChecksum = 0] = this.#checksums;
    const checksum = writeBlockHead(head, header, this.#totals.blocks, { bodyBytes: this.#bodyBytes, count: this.#count, bodyChecksum });
    this.#checksums[1] = chainChecksum(blocksChecksum, checksum);
    this.#totals.blocks += 1;
    this.#totals.bytes += BLOCK_HEAD_BYTES + this.#bodyBytes;
    this.#bodyBytes = 0;
    this.#count = 0;
  }

  #takeChunk(): Uint8Array {
    const chunk = this.#chunk.subarray(0, this.#used);
    this.#chunk = NO_BYTES;
    this.#used = 0;
    return chunk;
  }
}

function* slicesOf(parts: readonly Uint8Array[]): Iterable<Uint8Array> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += SLICE_BYTES) yield part.subarray(at, at + SLICE_BYTES);
  }
}
