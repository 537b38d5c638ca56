import { type DiskFile, isDiskError } from "@laminar/disk";

/** What file systems give a file at once. */
const PAGE_BYTES = 4096;
/** More zeros at a time would hold the event loop, and hardly spare anything more. */
const ZEROS_MAX = 1024 * 1024;
/** So many flushes have to find place in them: where they don't, as in bulk loads, zeros cost more than they spare. */
const FLUSHES_LEAST = 4;

/** A segment as far as its space matters. */
export interface WrittenSegment {
  /** Bytes that were written. */
  readonly size: number;
  /** Where the zeros end that were written behind them. */
  zeroedTo: number;
}

/** Bytes of a segment's file. */
export const fileBytes = ({ size, zeroedTo }: WrittenSegment): number => Math.max(size, zeroedTo);

/**
 * Where the zeros behind `size` bytes of a segment should end: about as much again, in whole pages, so that of the file at most half is
 * zeros, or what its last page has beyond that.
 */
export function zerosEnd(size: number, segmentSize: number): number {
  const wanted = size + Math.min(size, ZEROS_MAX - PAGE_BYTES);
  return Math.max(size, Math.min(Math.ceil(wanted / PAGE_BYTES) * PAGE_BYTES, segmentSize));
}

/**
 * Zeros that are written behind the newest batch, for later ones to overwrite. A sync of bytes that make a file longer has to write the
 * file system's journal too, one of bytes that overwrite others hasn't: on ext4 64 committers get 1.3 times the commits, one gets 1.4.
 */
export class ZeroedSpace {
  #flushedBefore = 0;
  #isRefused = false;

  /** A new segment is begun: the disk may have space again. */
  begin(): void {
    this.#isRefused = false;
  }

  /**
   * Before a sync that makes `flushed` bytes durable, the last of the segment: when they went beyond the zeros, the file grows anyway,
   * and more are written behind them. That the disk has no space for zeros is no failure: then there are none.
   */
  extend(file: DiskFile, segment: WrittenSegment, flushed: number, segmentSize: number): void {
    // The last flush of a bulk load may be a small one.
    const usual = Math.max(flushed, this.#flushedBefore);
    this.#flushedBefore = flushed;
    const { size } = segment;
    if (size <= segment.zeroedTo || this.#isRefused) return;
    const length = zerosEnd(size, segmentSize) - size;
    if (length < FLUSHES_LEAST * usual) return;
    const taken = writtenZeros(file, size, length);
    segment.zeroedTo = size + taken;
    this.#isRefused = taken < length;
  }
}

/** What is written at once. */
const ZEROS = new Uint8Array(64 * 1024);

/** Writes as many as the disk takes. */
function writtenZeros(file: DiskFile, position: number, length: number): number {
  let taken = 0;
  try {
    while (taken < length) {
      const part = ZEROS.subarray(0, length - taken);
      const now = file.writeSync(position + taken, part);
      taken += now;
      if (now < part.length) break;
    }
  } catch (error) {
    if (!isDiskError(error, "DISK_FULL")) throw error;
  }
  return taken;
}
