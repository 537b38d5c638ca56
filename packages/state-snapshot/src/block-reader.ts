import { crc32 } from "@laminar/disk/checksum";
import { checkBytes } from "./check-arguments.ts";
import { ChunkQueue, wholeFrom } from "./chunk-queue.ts";
import {
  BLOCK_HEAD_BYTES,
  BLOCK_MARKER,
  FOOTER_BYTES,
  FOOTER_MARKER,
  HEADER_BYTES,
  MARKER_BYTES,
  chainChecksum,
  readBlockHead,
  readFooter,
  readHeader,
  viewOf,
} from "./format.ts";
import type { BlockHead, Header, Totals } from "./format.ts";
import { recordRuns } from "./record-runs.ts";
import type { RecordRun } from "./record-runs.ts";
import { SnapshotError, corrupt } from "./snapshot-error.ts";
import type { SnapshotKind } from "./snapshot-entry.ts";

/** A block that verified, or the part of one that lies in one stretch of memory: `count` records, one behind the other. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Byte of the snapshot at which the first record begins. */
  readonly offset: number;
  /** Number of the block, from 0. */
  readonly index: number;
}

type Step = "header" | "marker" | "block head" | "body" | "footer" | "end";

/** Turns the bytes of one snapshot into blocks, chunk by chunk, without waiting for anything: I/O is its caller's. */
export class BlockReader {
  readonly #kind: SnapshotKind | undefined;
  readonly #queue = new ChunkQueue();
  #step: Step = "header";
  #header: Header | undefined;
  #marker: Uint8Array = new Uint8Array(0);
  #head: BlockHead | undefined;
  #taken = 0;
  #totals = { entries: 0, deletes: 0, blocks: 0, blocksChecksum: 0 };

  /** Reads snapshots of that kind only, or of either. */
  constructor(kind: SnapshotKind | undefined) {
    this.#kind = kind;
  }

  /** When the snapshot was made. Known from the first bytes on, before any block. */
  get timestampNs(): bigint {
    return this.#header?.timestampNs ?? 0n;
  }

  get deletes(): number {
    return this.#totals.deletes;
  }

  /** The blocks that are whole with this chunk. To be run to its end before the next chunk. */
  *push(chunk: Uint8Array): Generator<Block, void> {
    checkBytes(chunk, "A chunk of a snapshot");
    this.#queue.push(chunk);
    while (this.#step !== "end") {
      const offset = this.#taken;
      const pieces = this.#queue.takePieces(this.#wanted());
      if (pieces === undefined) return;
      this.#taken += this.#wanted();
      yield* this.#accept(pieces, offset);
    }
    if (this.#queue.length > 0) throw corrupt(this.#taken, "there are bytes after the footer");
  }

  /** @throws SnapshotError unless the footer was read */
  end(): void {
    if (this.#step === "end") return;
    const offset = this.#taken + this.#queue.length;
    const isInBlock = this.#step === "block head" || this.#step === "body";
    const place = isInBlock ? `in block ${this.#totals.blocks}` : this.#step === "marker" ? "before its footer" : `in its ${this.#step}`;
    const block = isInBlock ? this.#totals.blocks : undefined;
    throw new SnapshotError("SNAPSHOT_TRUNCATED", `The snapshot ends at byte ${offset}, ${place}.`, { offset, block });
  }

  #wanted(): number {
    switch (this.#step) {
      case "header":
        return HEADER_BYTES;
      case "marker":
        return MARKER_BYTES;
      case "block head":
        return BLOCK_HEAD_BYTES - MARKER_BYTES;
      case "body":
        return this.#head?.bodyBytes ?? 0;
      case "footer":
        return FOOTER_BYTES - MARKER_BYTES;
      case "end":
      default:
        return 0;
    }
  }

  #accept(pieces: readonly Uint8Array[], offset: number): readonly Block[] {
    if (this.#header !== undefined && this.#head !== undefined) return this.#acceptBody(this.#header, this.#head, pieces, offset);
    const bytes = wholeFrom(pieces);
    if (this.#header === undefined) {
      this.#header = readHeader(bytes);
      checkKind(this.#header, this.#kind);
      this.#step = "marker";
    } else if (this.#step === "marker") {
      this.#acceptMarker(bytes, offset);
    } else if (this.#step === "block head") {
      this.#head = readBlockHead(this.#afterMarker(bytes), this.#header.checksum, this.#totals.blocks, offset - MARKER_BYTES);
      this.#step = "body";
    } else {
      this.#acceptFooter(readFooter(this.#afterMarker(bytes), this.#header.checksum, offset - MARKER_BYTES), offset - MARKER_BYTES);
    }
    return [];
  }

  #acceptMarker(bytes: Uint8Array, offset: number): void {
    const marker = viewOf(bytes).getUint32(0, true);
    if (marker !== BLOCK_MARKER && marker !== FOOTER_MARKER) {
      throw corrupt(offset, "neither a block nor the footer begins here", this.#totals.blocks);
    }
    this.#marker = bytes;
    this.#step = marker === BLOCK_MARKER ? "block head" : "footer";
  }

  #afterMarker(rest: Uint8Array): Uint8Array {
    const whole = new Uint8Array(MARKER_BYTES + rest.length);
    whole.set(this.#marker);
    whole.set(rest, MARKER_BYTES);
    return whole;
  }

  #acceptBody(header: Header, head: BlockHead, pieces: readonly Uint8Array[], offset: number): readonly Block[] {
    const index = this.#totals.blocks;
    const checksum = pieces.reduce((sum, piece) => crc32(piece, sum), 0);
    if (checksum !== head.bodyChecksum) throw corrupt(offset, `the checksum of block ${index} is wrong`, index);
    const runs = recordRuns(pieces, head.count);
    this.#checkRuns(runs, header.kind, head, offset);
    this.#totals.entries += head.count;
    this.#totals.blocks += 1;
    this.#totals.blocksChecksum = chainChecksum(this.#totals.blocksChecksum, head.checksum);
    this.#head = undefined;
    this.#step = "marker";
    return runs.map(({ bytes, count, start }) => ({ bytes, count, offset: offset + start, index }));
  }

  /** The checksum was right, so what doesn't fit was written wrong; it is refused all the same. */
  #checkRuns(runs: readonly RecordRun[], kind: SnapshotKind, { bodyBytes, count }: BlockHead, offset: number): void {
    const index = this.#totals.blocks;
    let bytes = 0;
    let records = 0;
    for (const run of runs) {
      if (run.deletes > 0 && kind === "full") throw corrupt(offset + run.start, "a full snapshot holds a deleted key", index);
      bytes += run.bytes.length;
      records += run.count;
      this.#totals.deletes += run.deletes;
    }
    if (records < count) throw corrupt(offset + bytes, "an entry doesn't fit into its block", index);
    if (bytes < bodyBytes) throw corrupt(offset + bytes, "a block has bytes after its last entry", index);
  }

  #acceptFooter(footer: Totals, offset: number): void {
    const read: Totals = { ...this.#totals, bytes: this.#taken };
    for (const name of ["blocks", "bytes", "entries", "deletes", "blocksChecksum"] as const) {
      if (footer[name] !== read[name]) throw corrupt(offset, `the footer says ${footer[name]} ${name}, but ${read[name]} were read`);
    }
    this.#step = "end";
  }
}

function checkKind(header: Header, kind: SnapshotKind | undefined): void {
  if (kind === undefined || header.kind === kind) return;
  const message = `This is a ${header.kind} snapshot where a ${kind} one is needed.`;
  throw new SnapshotError("SNAPSHOT_WRONG_KIND", message, { offset: 10 });
}
