import { askBytes, type Reading } from "./log-requests.ts";
import type { SegmentFile } from "./log-shape.ts";
import * as format from "./segment-format.ts";

/*
 * Batches of a segment whose order is broken, found by themselves. A batch's checksums run over the segment's salt and the
 * batch's place as well, so what verifies at some offset was written there: it is no copy, no leftover and no part of a value.
 */

/** A batch that verifies where it stands. */
export interface SalvagedBatch {
  readonly header: format.BatchHeader;
  readonly body: Uint8Array;
  readonly position: number;
}

/** Looks through a segment file, a window at a time, for what verifies with a salt. */
export class SegmentScan {
  readonly #directory: string;
  readonly #segment: SegmentFile;
  #salt: number | undefined;
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;

  /** `salt` is `undefined` where the segment's header can't be read; the first batch that is whole then tells it. */
  constructor(directory: string, segment: SegmentFile, salt: number | undefined) {
    this.#directory = directory;
    this.#segment = segment;
    this.#salt = salt;
  }

  /** The first batch that stands at or behind `from`, which never goes back. */
  *next(from: number): Reading<SalvagedBatch | undefined> {
    const { size } = this.#segment;
    let at = from;
    while (at + format.BATCH_HEADER_BYTES <= size) {
      if (at + format.BATCH_HEADER_BYTES > this.#windowAt + this.#window.length) {
        this.#window = yield* this.#read(at, Math.min(WINDOW_BYTES, size - at));
        this.#windowAt = at;
      }
      const found = this.#window.indexOf(FIRST_OF_MAGIC, at - this.#windowAt);
      if (found < 0) at = this.#windowAt + this.#window.length;
      else if (found + format.BATCH_HEADER_BYTES > this.#window.length) {
        // A header that the window cuts: the next window begins with it, unless the file ends inside it.
        if (this.#windowAt + this.#window.length === size) return undefined;
        at = this.#windowAt + found;
      } else {
        at = this.#windowAt + found;
        const batch = isMagic(this.#window, found) ? yield* this.#batchAt(at) : undefined;
        if (batch) return batch;
        at++;
      }
    }
    return undefined;
  }

  *#batchAt(position: number): Reading<SalvagedBatch | undefined> {
    const bytes = this.#window.subarray(position - this.#windowAt, position - this.#windowAt + format.BATCH_HEADER_BYTES);
    const salt = this.#salt ?? saltOf(bytes, position);
    const header = format.decodeBatchHeader(bytes, 0, salt, position);
    const bodyAt = position + format.BATCH_HEADER_BYTES;
    if (!header || header.bodyBytes === 0 || bodyAt + header.bodyBytes > this.#segment.size) return undefined;
    const inWindow = bodyAt + header.bodyBytes <= this.#windowAt + this.#window.length;
    const body = inWindow ? this.#window.subarray(bodyAt - this.#windowAt, bodyAt - this.#windowAt + header.bodyBytes) : yield* this.#read(bodyAt, header.bodyBytes);
    if (format.bodyChecksum(body, salt, position) !== header.bodyChecksum || body[body.length - 1] !== format.BATCH_END) return undefined;
    this.#salt = salt;
    return { header, body, position };
  }

  #read(position: number, length: number): Reading<Uint8Array> {
    return askBytes(this.#directory, { kind: "read", segment: this.#segment, position, length });
  }
}

const WINDOW_BYTES = 1024 * 1024;
const FIRST_OF_MAGIC = format.BATCH_MAGIC & 0xff;

const isMagic = (bytes: Uint8Array, at: number): boolean =>
  ((bytes[at + 1] as number) | ((bytes[at + 2] as number) << 8) | ((bytes[at + 3] as number) << 16)) === format.BATCH_MAGIC >>> 8;

const POLYNOMIAL = 0xedb88320;

/**
 * The one salt with which a batch header at `position` verifies: a CRC can be run backwards from its end through everything
 * that is known, and what it was before the salt is known too. That a body verifies with it as well is then the proof.
 */
function saltOf(header: Uint8Array, position: number): number {
  const data = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const known = new Uint8Array(8 + CHECKED_BYTES);
  new DataView(known.buffer).setBigUint64(0, BigInt(position), true);
  known.set(header.subarray(0, CHECKED_BYTES), 8);
  let state = ~data.getUint32(CHECKED_BYTES, true);
  for (let i = known.length - 1; i >= 0; i--) state = back8(state) ^ (known[i] as number);
  for (let i = 0; i < 4; i++) state = back8(state);
  return ~state >>> 0;
}

/** Bytes of a batch header that its last four are the checksum of. */
const CHECKED_BYTES = format.BATCH_HEADER_BYTES - 4;

function back8(state: number): number {
  let before = state;
  for (let bit = 0; bit < 8; bit++) before = before < 0 ? ((before ^ POLYNOMIAL) << 1) | 1 : before << 1;
  return before;
}
