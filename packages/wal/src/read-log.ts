import type { KnownLog, LogView } from "./known-log.ts";
import { signature } from "./list-segments.ts";
import { type BatchRange, type FoundBatch, lastCounted, type LogTail, type Place, readBatches } from "./log-core.ts";
import { askBytes, askNews, type News, type Reading } from "./log-requests.ts";
import { countedUpTo, type LogListing, type LogShape } from "./log-shape.ts";
import type { Lsn } from "./log.ts";
import { Doubts } from "./settling.ts";
import { requirePosition } from "./read-position.ts";
import { BATCH_HEADER_BYTES } from "./segment-format.ts";
import { lengthWithoutZeros } from "./trailing-zeros.ts";

/** Looks at the log until nothing of what is seen can be a live writer's work in progress. */
export function* lookAtLog(log: KnownLog): Reading<LogView> {
  const doubts = new Doubts();
  for (;;) {
    let seen: string | undefined;
    try {
      const listing = yield* log.list();
      seen = signature(listing);
      return yield* log.look(yield* log.shape(listing));
    } catch (error) {
      doubts.weigh(error, seen);
      log.forget();
    }
  }
}

export interface ReadTask {
  readonly after: Lsn | undefined;
  /** What may be given out, where a writer says so: asked before each look, so that the look finds all of it. */
  readonly durableLsn?: (() => Lsn) | undefined;
  /** Where the log itself says so: whatever verifies, proven durable or not. */
  readonly unproven: boolean;
  readonly follow: boolean;
}

/**
 * Reads batches, look after look, each going on behind what was given out: until one look went through or, following, until
 * nothing will come any more. Each look sees one state of the log: what is there when it lists is what it reads, and of a
 * writer's work meanwhile only files that vanish, and batches that take the place of zeros, can get in its way, which shows.
 */
export function* readLog(log: KnownLog, task: ReadTask): Reading<void, FoundBatch> {
  const doubts = new Doubts();
  const reader = new Looks(log, task);
  let passed: { readonly listing: LogListing; readonly seen: string; readonly durableLsn: Lsn | undefined; readonly tail: LogTail | undefined } | undefined;
  for (let news: News = task.follow ? "more" : "last"; ; ) {
    const durableLsn = task.durableLsn?.();
    let seen: string | undefined;
    try {
      const listing = yield* log.list(passed?.listing);
      seen = signature(listing);
      const isOther = seen !== passed?.seen || durableLsn !== passed.durableLsn || (passed.tail && (yield* hasGoneOn(listing, passed.tail)));
      if (isOther) passed = { listing, seen, durableLsn, tail: yield* reader.look(listing, durableLsn) };
      doubts.clear();
    } catch (error) {
      doubts.weigh(error, seen);
      log.forget();
      continue;
    }
    if (news === "last") return;
    // What became durable during the look was announced to nobody.
    if (durableLsn === task.durableLsn?.()) news = yield* askNews();
    const isAllGiven = durableLsn !== undefined && durableLsn === task.durableLsn?.();
    if (news === "stop" || (news === "last" && isAllGiven)) return;
  }
}

/** Whether the newest segment, whose file is as long as it was, holds something where it ended: a writer overwrites the zeros at its end. */
function* hasGoneOn({ directory, segments }: LogListing, { end, place: { offset } }: LogTail): Reading<boolean> {
  const segment = segments.at(-1);
  if (!segment || segment.size <= offset || end.kind === "damaged") return false;
  // What was unfinished then may be whole by now.
  if (end.kind === "torn") return true;
  const bytes = yield* askBytes(directory, { kind: "read", segment, position: offset, length: Math.min(BATCH_HEADER_BYTES, segment.size - offset) });
  return lengthWithoutZeros(bytes) > 0;
}

/** The looks of one read, and where the next one goes on. */
class Looks {
  readonly #log: KnownLog;
  readonly #task: ReadTask;
  #last: Lsn | undefined;
  #isGiven = false;
  #place: Place | undefined;

  constructor(log: KnownLog, task: ReadTask) {
    this.#log = log;
    this.#task = task;
    this.#last = task.after;
  }

  /** Returns how the log ended, where that was looked at. */
  *look(listing: LogListing, durableLsn: Lsn | undefined): Reading<LogTail | undefined, FoundBatch> {
    const shape = yield* this.#log.shape(listing);
    // Who asks for all that is held gets what is held when a look goes through.
    const after = this.#last ?? shape.startsAfter;
    requirePosition(after, this.#isGiven, { file: shape.directory, startsAfter: shape.startsAfter, countedUpTo: countedUpTo(shape.segments, after) });
    const tail = durableLsn === undefined ? (yield* this.#log.look(shape)).tail : undefined;
    const upTo = durableLsn ?? (this.#task.unproven ? tail?.lastLsn : tail?.provenLsn) ?? after;
    if (after < upTo) yield* this.#give(shape, { after, upTo, onDamage: this.#log.onDamage });
    this.#last ??= after;
    return tail;
  }

  *#give(shape: LogShape, range: BatchRange): Reading<void, FoundBatch> {
    const batches = readBatches(shape, range, this.#place);
    for (let step = batches.next(); ; ) {
      if (step.done) {
        this.#place = step.value.place;
        if (step.value.end.kind === "damaged") this.#log.view = { shape, tail: step.value };
        return;
      }
      const answer = yield step.value;
      if (step.value.kind === "batch") {
        this.#last = lastCounted(step.value);
        this.#isGiven = true;
      }
      step = batches.next(answer);
    }
  }
}
