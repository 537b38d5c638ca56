import { ReusedMemory } from "./chunk-memory.ts";
import type { FoundBatch, LogTail } from "./log-core.ts";
import type { LogShape, Segment } from "./log-shape.ts";
import type { Lsn } from "./log.ts";
import type { NewSegment } from "./segment-writer.ts";
import { lengthWithoutZeros } from "./trailing-zeros.ts";

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

export interface Restatement {
  readonly segment: NewSegment;
  /** Segments of which nothing counts once it is published. */
  readonly superseded: readonly Segment[];
}

const lastLsnOf = ({ header }: FoundBatch): Lsn => header.firstLsn + header.count - 1;

/**
 * Batches of the end of the log that may have to be stated again, gathered while it is read. Bounded by one segment and what isn't
 * proven. Bodies are copied, for what is read goes into the same memory again, and so do the copies.
 */
export class RestatementCandidates {
  readonly #run: ReadonlySet<number>;
  readonly #newest: number | undefined;
  #ofRun: FoundBatch[] = [];
  #unproven: FoundBatch[] = [];
  readonly #memory = new ReusedMemory();

  constructor(shape: LogShape, segmentSize: number) {
    this.#run = new Set(trailingRun(shape.segments, segmentSize).map(({ number }) => number));
    this.#newest = shape.segments.at(-1)?.number;
  }

  add(found: FoundBatch): void {
    const { segment, header, body } = found;
    // Only the newest segment can hold records that no later header proves, and only behind what its batches prove.
    this.#unproven = this.#unproven.filter((batch) => lastLsnOf(batch) > header.durableLsn || this.#letGo(batch));
    const isOfRun = this.#run.has(segment.number);
    if (!isOfRun && segment.number !== this.#newest) return;
    const copy = this.#memory.take(body.length);
    copy.set(body);
    const kept = { ...found, body: copy };
    if (isOfRun) this.#ofRun.push(kept);
    if (segment.number === this.#newest) this.#unproven.push(kept);
  }

  #letGo({ segment, body }: FoundBatch): false {
    if (!this.#run.has(segment.number)) this.#memory.giveBack(body);
    return false;
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
    return { segment: { ...placeOf(copies, tail), oldestLsn: shape.oldestLsn, copies, provenLsn }, superseded };
  }
}

/** The first copy keeps the gap that stood in front of it, if there was one. */
function placeOf(copies: readonly FoundBatch[], tail: LogTail): { readonly continuesAfter: Lsn; readonly baseLsn: Lsn } {
  const first = copies[0];
  if (!first) return { continuesAfter: tail.lastLsn, baseLsn: tail.nextLsn };
  const { firstLsn } = first.header;
  const { header } = first.segment;
  return { continuesAfter: firstLsn === header.baseLsn ? header.continuesAfter : firstLsn - 1, baseLsn: firstLsn };
}
