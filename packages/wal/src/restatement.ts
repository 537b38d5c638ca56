import { join } from "node:path";
import type { FoundBatch, LogTail } from "./log-core.ts";
import { askBytes, type Reading } from "./log-requests.ts";
import type { LogShape, Segment } from "./log-shape.ts";
import type { Lsn } from "./log.ts";
import { BATCH_HEADER_BYTES, bodyChecksum } from "./segment-format.ts";
import type { NewSegment } from "./segment-writer.ts";
import { lengthWithoutZeros } from "./trailing-zeros.ts";
import { WalError } from "./wal-error.ts";

/*
 * What an open states again in a segment of its own, before anybody sees it. Two needs, one mechanism: what isn't proven
 * durable has to be written anew, since it may have been only in the page cache; and a program that is started again and
 * again would leave a small segment each time, so small ones at the end are gathered.
 */

/** Segments up to this size are always worth gathering: copying them takes less time than the syncs of the publish. */
const SMALL_BYTES = 64 * 1024;
/** More than opens leave behind. Of a log that was written in smaller segments than now, an open doesn't gather all. */
const RUN_MAX = 32;

/**
 * The newest segments, ascending, that together fit one segment, each no larger than what comes after it: what is copied
 * at least doubles each time, so that n opens copy each record about log n times and leave about log n segments. Stops at a
 * fence's gap, which only the first batch of a segment can have in front of it.
 */
export function trailingRun(segments: readonly Segment[], segmentSize: number): readonly Segment[] {
  let from = segments.length;
  let bytes = 0;
  while (from > 0 && segments.length - from < RUN_MAX) {
    const size = usedBytes(segments[from - 1] as Segment);
    if (size > Math.max(bytes, SMALL_BYTES) || bytes + size > segmentSize) break;
    from--;
    bytes += size;
    if (beginsBehindGap(segments[from] as Segment)) break;
  }
  return segments.slice(from);
}

/** Of a small file without the zeros at its end, which are the most of it; they are at most half of a larger one. */
const usedBytes = ({ size, content }: Segment): number => (content ? lengthWithoutZeros(content) : size);

const beginsBehindGap = ({ header }: Segment): boolean => header.baseLsn > header.continuesAfter + 1;

/** A batch that was read and verified, by its place. */
type PlacedBatch = Omit<FoundBatch, "body">;

export interface Restatement {
  readonly segment: Omit<NewSegment, "copies">;
  readonly copies: readonly PlacedBatch[];
  /** Segments of which nothing counts once it is published. */
  readonly superseded: readonly Segment[];
}

const lastLsnOf = ({ header }: PlacedBatch): Lsn => header.firstLsn + header.count - 1;

/**
 * Batches of the end of the log that may have to be stated again, gathered while it is read. Only their places: most are found to be
 * proven a little later, and copies of their bodies took more than half of the time (370 ms instead of 150 to open 123 MB).
 */
export class RestatementCandidates {
  readonly #run: ReadonlySet<number>;
  readonly #newest: number | undefined;
  readonly #ofRun: PlacedBatch[] = [];
  #unproven: PlacedBatch[] = [];

  constructor(shape: LogShape, segmentSize: number) {
    this.#run = new Set(trailingRun(shape.segments, segmentSize).map(({ number }) => number));
    this.#newest = shape.segments.at(-1)?.number;
  }

  add(found: FoundBatch): void {
    const { segment, header } = found;
    const { body: _, ...batch } = found;
    // Only the newest segment can hold records that no later header proves, and only behind what its batches prove.
    this.#unproven = this.#unproven.filter((earlier) => lastLsnOf(earlier) > header.durableLsn);
    if (this.#run.has(segment.number)) this.#ofRun.push(batch);
    if (segment.number === this.#newest) this.#unproven.push(batch);
  }

  /** `undefined` when everything is proven and there is nothing to gather. */
  plan(shape: LogShape, tail: LogTail): Restatement | undefined {
    const newest = shape.segments.at(-1);
    if (!newest) return undefined;
    const unproven = this.#unproven.filter((batch) => lastLsnOf(batch) > tail.provenLsn);
    const fenceUnproven = !tail.newestProven && beginsBehindGap(newest);
    // What stands behind damage was not read, so nothing there may be replaced.
    const run = tail.end.kind === "damaged" ? [] : shape.segments.filter(({ number }) => this.#run.has(number));
    if (unproven.length === 0 && !fenceUnproven && run.length < 2) return undefined;
    const gathers = run.length > 0 && this.#ofRun.every(({ counted, header }) => counted === header.count);
    const copies = gathers ? this.#ofRun : unproven;
    const superseded = gathers ? run : [];
    const provenLsn = Math.min(tail.provenLsn, tail.lastLsn);
    return { segment: { ...placeOf(copies, tail), oldestLsn: shape.oldestLsn, provenLsn }, copies, superseded };
  }
}

/** The first copy keeps the gap that stood in front of it, if there was one. */
function placeOf(copies: readonly PlacedBatch[], tail: LogTail): { readonly continuesAfter: Lsn; readonly baseLsn: Lsn } {
  const first = copies[0];
  if (!first) return { continuesAfter: tail.lastLsn, baseLsn: tail.nextLsn };
  const { firstLsn } = first.header;
  const { header } = first.segment;
  return { continuesAfter: firstLsn === header.baseLsn ? header.continuesAfter : firstLsn - 1, baseLsn: firstLsn };
}

/** What is read at once, unless a batch is larger: a log may hold a batch for each of many thousand commits. */
const READ_BYTES = 1024 * 1024;

const endOf = ({ position, header }: PlacedBatch): number => position + BATCH_HEADER_BYTES + header.bodyBytes;

/** The batches, which ascend, with their bodies, which are read, and verified, once more: into memory of their own. */
export function* readBodies(directory: string, batches: readonly PlacedBatch[]): Reading<readonly FoundBatch[]> {
  const found: FoundBatch[] = [];
  for (let from = 0; from < batches.length; ) {
    const { segment, position } = batches[from] as PlacedBatch;
    let to = from + 1;
    for (let next = batches[to]; next?.segment === segment && endOf(next) - position <= READ_BYTES; next = batches[to]) to++;
    const bytes = yield* askBytes(directory, { kind: "read", segment, position, length: endOf(batches[to - 1] as PlacedBatch) - position });
    for (const batch of batches.slice(from, to)) found.push(withBody(directory, batch, bytes.subarray(batch.position + BATCH_HEADER_BYTES - position, endOf(batch) - position)));
    from = to;
  }
  return found;
}

function withBody(directory: string, batch: PlacedBatch, body: Uint8Array): FoundBatch {
  const { segment, header, position } = batch;
  if (bodyChecksum(body, segment.header.salt, position) !== header.bodyChecksum) throw changed(directory, batch);
  return { ...batch, body };
}

function changed(directory: string, { segment, header: { firstLsn }, position }: PlacedBatch): WalError {
  const file = join(directory, segment.name);
  const message = `${file}: the batch at offset ${position} verified and, read once more, doesn't: the disk, the memory or another program changes bytes. Nothing was written; check the disk`;
  return new WalError("WAL_IO", message, { file, offset: position, lsn: firstLsn });
}
