import { join } from "node:path";
import { type DirectoryLock, type Disk, type DiskFile, publishFile } from "@laminar/disk";
import { crc32 } from "@laminar/disk/checksum";
import { nextTurn } from "./event-loop.ts";
import type { FoundBatch } from "./log-core.ts";
import * as format from "./segment-format.ts";
import { QuickSyncs } from "./quick-syncs.ts";
import { headName, segmentName, temporaryName } from "./segment-names.ts";
import { WalError } from "./wal-error.ts";
import { type WrittenSegment, ZeroedSpace } from "./zeroed-space.ts";

/** A longer write goes to another thread: the trip there is shorter than the copy, and the event loop isn't held. A full batch isn't longer. */
const SYNC_WRITE_BYTES_MAX = 128 * 1024;
/** So many bytes are written or checksummed before other work gets a turn of the event loop. */
const TURN_BYTES_MAX = 1024 * 1024;
/** What a short write costs beside its bytes, in bytes. */
const WRITE_CALL_BYTES = 16 * 1024;
const MARKER_BODY = Uint8Array.of(format.BATCH_END);

/** A batch that is ready but for its place: the header's bytes are reserved in front of its body. */
export interface PreparedBatch {
  readonly frame: Uint8Array;
  readonly firstLsn: number;
  readonly count: number;
}

/** What a new segment declares; see `SegmentHeader`. */
export interface NewSegment {
  readonly continuesAfter: number;
  readonly baseLsn: number;
  readonly oldestLsn: number;
  /** Batches of older segments that are stated again. */
  readonly copies?: readonly FoundBatch[] | undefined;
  /** With copies: the highest record that was known to be durable before this segment. */
  readonly provenLsn?: number | undefined;
}

/** A segment that this writer made, with its size now. */
export interface OwnSegment extends WrittenSegment {
  readonly number: number;
  readonly header: format.SegmentHeader;
  size: number;
}

export interface LogIdentity {
  readonly logId: string;
  readonly entryKind: number;
}

/** What of a log's names a writer goes on from. */
export interface ExistingFiles {
  /** The highest number that any name carries, 0 for none. */
  readonly highest: number;
  readonly heads: readonly number[];
  /** Leftovers of a publish that never finished, or whose rename became durable by half. */
  readonly temporary: readonly number[];
}

/** Makes segments and appends batches to the newest. Knows bytes and files; what is written when is its caller's business. */
export class SegmentWriter {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #lock: DirectoryLock;
  readonly #identity: LogIdentity;
  readonly #syncs: QuickSyncs;
  readonly #space: ZeroedSpace = new ZeroedSpace();
  #number: number;
  /** Numbers of the heads that are there. Known rather than listed: a log may have many thousand files. */
  #heads: readonly number[];
  #file: DiskFile | undefined;
  #current: OwnSegment | undefined;
  /** Bytes written, roughly, since other work last had a turn. */
  #sinceTurn = 0;
  #holdsUnproven = false;

  constructor(disk: Disk, directory: string, lock: DirectoryLock, identity: LogIdentity, files: ExistingFiles) {
    this.#disk = disk;
    this.#syncs = new QuickSyncs(disk.clock);
    this.#directory = directory;
    this.#lock = lock;
    this.#identity = identity;
    this.#number = files.highest;
    this.#heads = files.heads;
  }

  /** The segment that batches go to, once one was made. */
  get current(): OwnSegment | undefined {
    return this.#current;
  }

  /** Whether the newest batch holds records: nothing on disk says yet that they are durable. */
  get holdsUnproven(): boolean {
    return this.#holdsUnproven;
  }

  /** A failure of the disk in words: it names the segment as it was opened, by a name that it has lost since. */
  named(message: string): string {
    if (!this.#file || !this.#current) return message;
    return message.replaceAll(temporaryName(this.#current.number), segmentName(this.#current.number));
  }

  get nextNumber(): number {
    return this.#number + 1;
  }

  async requireLock(): Promise<void> {
    if (await this.#lock.held()) return;
    throw new WalError("WAL_LOCKED", `${this.#directory}: this writer's lock was taken away by hand, so another one may write here; close this log, and open it again once the other is gone`, { file: this.#directory });
  }

  /**
   * The one way to make a segment, for creation, rotation, fences and opening alike: whole under a temporary name, synced,
   * renamed, the directory synced, and a head that says so. Then a marker batch shows readers that all of that happened.
   */
  async publish(segment: NewSegment, session: number): Promise<OwnSegment> {
    await this.requireLock();
    const number = ++this.#number;
    const salt = crypto.getRandomValues(new Uint32Array(1))[0] as number;
    const { continuesAfter, baseLsn, oldestLsn, copies = [], provenLsn = continuesAfter } = segment;
    const header = { ...this.#identity, number, salt, continuesAfter, baseLsn, oldestLsn };
    const chunks = [format.encodeSegmentHeader(header)];
    let size = format.SEGMENT_HEADER_BYTES;
    const last = copies.at(-1)?.header;
    const nextLsn = last ? last.firstLsn + last.count : baseLsn;
    for (const { header: { firstLsn, count, session: writer }, body } of copies) {
      chunks.push(sealed(body, salt, size, { firstLsn, count, flags: format.FLAG_COPY, session: writer, durableLsn: provenLsn }));
      size += format.BATCH_HEADER_BYTES + body.length;
    }
    if (last) {
      // So that a proven record at the very end isn't without a later proof until the first own batch comes.
      const proof = { firstLsn: nextLsn, count: 0, flags: format.FLAG_COPY | format.FLAG_MARKER, session, durableLsn: provenLsn };
      chunks.push(sealed(MARKER_BODY, salt, size, proof));
      size += format.BATCH_HEADER_BYTES + MARKER_BODY.length;
    }
    const previous = this.#file;
    this.#file = await publishFile(this.#disk, this.#directory, temporaryName(number), segmentName(number), chunks);
    this.#current = { number, header, size, zeroedTo: size };
    this.#space.begin();
    await previous?.close();
    await this.#writeHead(number);
    this.writeMarker(nextLsn, session, last ? nextLsn - 1 : continuesAfter);
    return this.#current;
  }

  /** Says that the segment was published, so that its loss shows; older heads then say nothing that is needed. */
  async #writeHead(number: number): Promise<void> {
    await (await this.#disk.create(join(this.#directory, headName(number)))).close();
    await this.#disk.syncDirectory(this.#directory);
    // A head that stays costs nothing: only the highest is ever looked at.
    for (const older of this.#heads) await this.#disk.remove(join(this.#directory, headName(older))).catch(() => undefined);
    this.#heads = [number];
  }

  /** They count for nothing: one that stays harms nothing. */
  async removeTemporary(numbers: readonly number[]): Promise<void> {
    for (const number of numbers) await this.#disk.remove(join(this.#directory, temporaryName(number))).catch(() => undefined);
  }

  /** An empty batch that says what is durable. Not synced: it proves what it says to whoever finds it. */
  writeMarker(nextLsn: number, session: number, durableLsn: number): void {
    const { file, segment } = this.#open();
    const frame = sealed(MARKER_BODY, segment.header.salt, segment.size, { firstLsn: nextLsn, count: 0, flags: format.FLAG_MARKER, session, durableLsn });
    this.#requireWhole(file, segment.size, frame, file.writeSync(segment.size, frame));
    segment.size += frame.length;
    this.#holdsUnproven = false;
  }

  /** Writes a batch at the end of the newest segment, to the page cache, at once: no other write may be under way. */
  writeNow({ frame, firstLsn, count }: PreparedBatch, session: number, durableLsn: number): void {
    const { file, segment } = this.#open();
    format.sealBatch(frame, segment.header.salt, segment.size, { firstLsn, count, flags: 0, session, durableLsn });
    this.#requireWhole(file, segment.size, frame, file.writeSync(segment.size, frame));
    segment.size += frame.length;
    this.#holdsUnproven = true;
  }

  /** The same for a batch of any length, with turns for other work. Its frame must not change before this settles. */
  async write(batch: PreparedBatch, session: number, durableLsn: number): Promise<void> {
    const { file, segment } = this.#open();
    const { frame, firstLsn, count } = batch;
    const { salt } = segment.header;
    const checksum = await checksumInTurns(frame.subarray(format.BATCH_HEADER_BYTES), format.placeSeed(salt, segment.size));
    format.sealBatch(frame, salt, segment.size, { firstLsn, count, flags: 0, session, durableLsn }, checksum);
    await this.#writeFrame(file, segment.size, frame);
    segment.size += frame.length;
    this.#holdsUnproven = true;
  }

  async #writeFrame(file: DiskFile, position: number, frame: Uint8Array): Promise<void> {
    if (frame.length > SYNC_WRITE_BYTES_MAX) {
      this.#sinceTurn = 0;
      this.#requireWhole(file, position, frame, await file.write(position, frame));
      return;
    }
    this.#sinceTurn += frame.length + WRITE_CALL_BYTES;
    if (this.#sinceTurn > TURN_BYTES_MAX) {
      this.#sinceTurn = 0;
      await nextTurn();
    }
    this.#requireWhole(file, position, frame, file.writeSync(position, frame));
  }

  /**
   * To be called right before the sync that makes the last `flushed` bytes durable, if more will follow: writes zeros where the next ones
   * will stand, so that their syncs take less time. Where syncs take none there is nothing to spare.
   */
  makeSpace(flushed: number, segmentSize: number): void {
    const { file, segment } = this.#open();
    if (!this.#syncsHere(file)) this.#space.extend(file, segment, flushed, segmentSize);
  }

  /** Makes durable what was written before the call; `undefined` when it is. */
  sync(): Promise<void> | undefined {
    this.#sinceTurn = 0;
    const { file } = this.#open();
    if (this.#syncsHere(file)) return this.#syncs.here(() => file.syncNow?.());
    return this.#syncs.away(file.sync());
  }

  /** Milliseconds that the last sync took. */
  get syncDuration(): number {
    return this.#syncs.lastDuration;
  }

  #syncsHere(file: DiskFile): boolean {
    return file.syncNow !== undefined && this.#syncs.areQuick;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /**
   * A batch that the disk takes only a part of is a failure: files give short writes when the disk is full. Going on, even by the
   * one byte that would make the disk say why, would tear the batch within a sector, and what a power cut then leaves of it can't
   * be told from damage.
   */
  #requireWhole(opened: DiskFile, offset: number, frame: Uint8Array, taken: number): void {
    if (taken === frame.length) return;
    const file = this.named(opened.path);
    const message = `${file}: the disk took only ${taken} of ${frame.length} bytes at offset ${offset} and didn't say why; see whether it is full`;
    throw new WalError("WAL_IO", message, { file, offset, expected: frame.length, actual: taken });
  }

  #open(): { file: DiskFile; segment: OwnSegment } {
    if (!this.#file || !this.#current) throw new Error("no segment is open");
    return { file: this.#file, segment: this.#current };
  }
}

function sealed(body: Uint8Array, salt: number, position: number, header: Parameters<typeof format.sealBatch>[3]): Uint8Array {
  const frame = new Uint8Array(format.BATCH_HEADER_BYTES + body.length);
  frame.set(body, format.BATCH_HEADER_BYTES);
  format.sealBatch(frame, salt, position, header);
  return frame;
}

/** A checksum runs over gigabytes a second, so only a batch that one large `appendAll` made takes more than a turn. */
async function checksumInTurns(body: Uint8Array, seed: number): Promise<number> {
  let checksum = seed;
  for (let at = 0; at < body.length; at += TURN_BYTES_MAX) {
    if (at > 0) await nextTurn();
    checksum = crc32(body.subarray(at, at + TURN_BYTES_MAX), checksum);
  }
  return checksum;
}
