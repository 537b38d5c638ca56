import { crc32 } from "@laminar/disk/checksum";
import { ChunkQueue } from "./chunk-queue.ts";
import {
  BLOCK_HEAD_BYTES,
  BLOCK_MARKER,
  DELETED,
  ENTRY_HEAD_BYTES,
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
import { checkBytes } from "./key-text.ts";
import { SnapshotError, corrupt } from "./snapshot-error.ts";
import type { SnapshotEntry } from "./snapshot-entry.ts";

type Step = "header" | "marker" | "block head" | "body" | "footer" | "end";

/** Turns the bytes of one snapshot into entries, chunk by chunk, without waiting for anything: I/O is its caller's. */
export class BlockReader {
  readonly #queue = new ChunkQueue();
  #step: Step = "header";
  #header: Header | undefined;
  #marker: Uint8Array = new Uint8Array(0);
  #head: BlockHead | undefined;
  #taken = 0;
  #totals = { entries: 0, deletes: 0, blocks: 0, blocksChecksum: 0 };

  /** Known from the first bytes on, before any entry. */
  get header(): Header | undefined {
    return this.#header;
  }

  get deletes(): number {
    return this.#totals.deletes;
  }

  /** The blocks that are whole with this chunk, one array each. To be run to its end before the next chunk. */
  *push(chunk: Uint8Array): Generator<readonly SnapshotEntry[], void> {
    checkBytes(chunk, "A chunk of a snapshot");
    this.#queue.push(chunk);
    while (this.#step !== "end") {
      const offset = this.#taken;
      const bytes = this.#queue.take(this.#wanted());
      if (bytes === undefined) return;
      this.#taken += bytes.length;
      const entries = this.#accept(bytes, offset);
      if (entries !== undefined) yield entries;
    }
    if (this.#queue.length > 0) throw corrupt(this.#taken, "there are bytes after the footer");
  }

  /** @throws SnapshotError unless the footer was read */
  end(): void {
    if (this.#step === "end") return;
    const offset = this.#taken + this.#queue.length;
    throw new SnapshotError("SNAPSHOT_TRUNCATED", `The snapshot ends at byte ${offset}, in its ${this.#step}.`, { offset });
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

  #accept(bytes: Uint8Array, offset: number): readonly SnapshotEntry[] | undefined {
    if (this.#header === undefined) {
      this.#header = readHeader(bytes);
      this.#step = "marker";
    } else if (this.#head !== undefined) {
      return this.#acceptBody(this.#header, this.#head, bytes, offset);
    } else if (this.#step === "marker") {
      this.#acceptMarker(bytes, offset);
    } else if (this.#step === "block head") {
      this.#head = readBlockHead(this.#afterMarker(bytes), this.#header.checksum, this.#totals.blocks, offset - MARKER_BYTES);
      this.#step = "body";
    } else {
      this.#acceptFooter(readFooter(this.#afterMarker(bytes), this.#header.checksum, offset - MARKER_BYTES), offset);
    }
    return undefined;
  }

  #acceptMarker(bytes: Uint8Array, offset: number): void {
    const marker = viewOf(bytes).getUint32(0, true);
    if (marker !== BLOCK_MARKER && marker !== FOOTER_MARKER) throw corrupt(offset, "neither a block nor the footer begins here");
    this.#marker = bytes;
    this.#step = marker === BLOCK_MARKER ? "block head" : "footer";
  }

  #afterMarker(rest: Uint8Array): Uint8Array {
    const whole = new Uint8Array(MARKER_BYTES + rest.length);
    whole.set(this.#marker);
    whole.set(rest, MARKER_BYTES);
    return whole;
  }

  #acceptBody(header: Header, head: BlockHead, body: Uint8Array, offset: number): readonly SnapshotEntry[] {
    if (crc32(body) !== head.bodyChecksum) throw corrupt(offset, `the checksum of block ${this.#totals.blocks} is wrong`);
    const entries = entriesOf(body, head.count, offset);
    const deletes = entries.reduce((sum, entry) => (entry.value === undefined ? sum + 1 : sum), 0);
    if (deletes > 0 && header.kind === "full") throw corrupt(offset, "a full snapshot holds a deleted key");
    this.#totals.entries += entries.length;
    this.#totals.deletes += deletes;
    this.#totals.blocks += 1;
    this.#totals.blocksChecksum = chainChecksum(this.#totals.blocksChecksum, head.checksum);
    this.#head = undefined;
    this.#step = "marker";
    return entries;
  }

  #acceptFooter(footer: Totals, offset: number): void {
    const read: Totals = { ...this.#totals, bytes: this.#taken };
    for (const name of ["blocks", "bytes", "entries", "deletes", "blocksChecksum"] as const) {
      if (footer[name] !== read[name]) throw corrupt(offset, `the footer says ${footer[name]} ${name}, but ${read[name]} were read`);
    }
    this.#step = "end";
  }
}

/** Views into `body`. The checksum was right, so what doesn't fit here was written wrong; it is refused all the same. */
function entriesOf(body: Uint8Array, count: number, offset: number): SnapshotEntry[] {
  const view = viewOf(body);
  const entries: SnapshotEntry[] = [];
  let at = 0;
  while (entries.length < count) {
    if (body.length - at < ENTRY_HEAD_BYTES) throw corrupt(offset + at, "an entry doesn't fit into its block");
    const keyBytes = view.getUint32(at, true);
    const valueBytes = view.getUint32(at + 4, true);
    const keyStart = at + ENTRY_HEAD_BYTES;
    const valueStart = keyStart + keyBytes;
    const end = valueStart + (valueBytes === DELETED ? 0 : valueBytes);
    if (end > body.length) throw corrupt(offset + at, "an entry doesn't fit into its block");
    const value = valueBytes === DELETED ? undefined : body.subarray(valueStart, end);
    entries.push({ key: body.subarray(keyStart, valueStart), value });
    at = end;
  }
  if (at !== body.length) throw corrupt(offset + at, "a block has bytes after its last entry");
  return entries;
}
