import {
  BLOCK_BYTES,
  BLOCK_HEAD_BYTES,
  BODY_BYTES_MAX,
  DELETED,
  ENTRY_HEAD_BYTES,
  FOOTER_BYTES,
  HEADER_BYTES,
  chainChecksum,
  readHeader,
  viewOf,
  writeBlockHead,
  writeFooter,
  writeHeader,
} from "./format.ts";
import { SnapshotError } from "./snapshot-error.ts";
import type { SnapshotKind } from "./snapshot-entry.ts";

/** Makes the bytes of one snapshot, entry by entry; holds one block. Every array that it gives out is new. */
export class BlockWriter {
  readonly header: Uint8Array;
  readonly #seed: number;
  #block: Uint8Array = new Uint8Array(0);
  #view: DataView = viewOf(this.#block);
  #used = 0;
  #count = 0;
  #totals = { entries: 0, deletes: 0, blocks: 0, bytes: HEADER_BYTES, blocksChecksum: 0 };

  constructor(kind: SnapshotKind, timestampNs: bigint) {
    this.header = writeHeader(kind, timestampNs);
    this.#seed = readHeader(this.header).checksum;
  }

  /** Adds an entry; returns the block before it when that one is full now. */
  add(key: Uint8Array, value: Uint8Array | undefined): Uint8Array | undefined {
    const bytes = ENTRY_HEAD_BYTES + key.length + (value?.length ?? 0);
    if (bytes > BODY_BYTES_MAX) throw tooLarge(bytes);
    const finished = this.#used + bytes > this.#block.length ? this.#finishBlock() : undefined;
    if (this.#count === 0) this.#startBlock(bytes);
    this.#write(key, value);
    this.#count += 1;
    this.#totals.entries += 1;
    if (value === undefined) this.#totals.deletes += 1;
    return finished;
  }

  /** What is left: the last block, where there is one, and the footer. */
  finish(): readonly Uint8Array[] {
    const last = this.#finishBlock();
    this.#totals.bytes += FOOTER_BYTES;
    const footer = writeFooter(this.#seed, this.#totals);
    return last === undefined ? [footer] : [last, footer];
  }

  #startBlock(firstEntryBytes: number): void {
    this.#block = new Uint8Array(BLOCK_HEAD_BYTES + Math.max(BLOCK_BYTES, firstEntryBytes));
    this.#view = viewOf(this.#block);
    this.#used = BLOCK_HEAD_BYTES;
  }

  #write(key: Uint8Array, value: Uint8Array | undefined): void {
    this.#view.setUint32(this.#used, key.length, true);
    this.#view.setUint32(this.#used + 4, value === undefined ? DELETED : value.length, true);
    this.#used += ENTRY_HEAD_BYTES;
    this.#block.set(key, this.#used);
    this.#used += key.length;
    if (value === undefined) return;
    this.#block.set(value, this.#used);
    this.#used += value.length;
  }

  #finishBlock(): Uint8Array | undefined {
    if (this.#count === 0) return undefined;
    const block = this.#block.subarray(0, this.#used);
    const checksum = writeBlockHead(block, this.#seed, this.#totals.blocks, this.#count);
    this.#totals.blocksChecksum = chainChecksum(this.#totals.blocksChecksum, checksum);
    this.#totals.blocks += 1;
    this.#totals.bytes += block.length;
    this.#block = new Uint8Array(0);
    this.#used = 0;
    this.#count = 0;
    return block;
  }
}

function tooLarge(bytes: number): SnapshotError {
  const message = `An entry takes ${bytes} bytes with its lengths; ${BODY_BYTES_MAX} is the most. Split the value over several keys.`;
  return new SnapshotError("SNAPSHOT_TOO_LARGE", message);
}
