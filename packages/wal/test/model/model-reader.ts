import type { WalEntry } from "../../src/index.ts";
import { endVerdict } from "./model-end.ts";
import { decodeEntries } from "./model-entries.ts";
import { type BatchHead, batchHeadAt, bodyDifference, COPY, decodeHead, FRAME_BYTES, HEADER_BYTES, type SegmentHead } from "./model-format.ts";
import type { Rules } from "./rules.ts";

/** Content by name, of the log's directory alone. */
export type Files = ReadonlyMap<string, Uint8Array>;

export interface ModelBatch {
  readonly firstLsn: number;
  readonly session: number;
  /** Of its entries, those that count. */
  readonly entries: readonly WalEntry[];
  readonly head: BatchHead;
  readonly body: Uint8Array;
  readonly segment: number;
}

export interface ModelSegment extends SegmentHead {
  readonly name: string;
  readonly file: Uint8Array;
  readonly limit: number;
}

export interface ModelLog {
  readonly kind: "log";
  readonly segments: readonly ModelSegment[];
  readonly dropped: readonly string[];
  readonly oldestLsn: number;
  readonly batches: readonly ModelBatch[];
  readonly lastLsn: number;
  readonly nextLsn: number;
  readonly provenLsn: number;
  /** Whether the newest segment holds a batch that isn't a copy. */
  readonly newestProven: boolean;
  readonly end: "clean" | "torn";
}

export type Refusal = "corrupt" | "suspected" | "lost" | "unsupported";
export type ModelVerdict = ModelLog | { readonly kind: "none" } | { readonly kind: "refused"; readonly why: Refusal };

class Refused extends Error {
  readonly why: Refusal;

  constructor(why: Refusal) {
    super(why);
    this.why = why;
  }
}

/** What a directory's files are as a log. */
export function readModel(files: Files, rules: Rules): ModelVerdict {
  try {
    return read(files, rules);
  } catch (error) {
    if (error instanceof Refused) return { kind: "refused", why: error.why };
    throw error;
  }
}

export const numbersOf = (names: Iterable<string>, suffix: string): number[] =>
  [...names].filter((name) => /^[0-9a-f]{16}\./.test(name) && name.slice(16) === suffix).map((name) => Number.parseInt(name, 16)).sort((a, b) => a - b);

export const nameOf = (number: number, suffix: string): string => number.toString(16).padStart(16, "0") + suffix;

function read(files: Files, rules: Rules): ModelVerdict {
  const all = headsOf(files, rules);
  const newest = all.at(-1);
  if (!newest) return { kind: "none" };
  const oldestLsn = Math.max(...all.map((segment) => segment.oldestLsn));
  const kept = all.filter((_, i) => i === all.length - 1 || all.slice(0, i + 1).some(({ limit }) => limit >= oldestLsn));
  const first = kept[0] ?? newest;
  if (first.continuesAfter >= Math.max(oldestLsn, 1)) throw new Refused("lost");
  const reads = kept.map((segment) => readSegment(segment, segment === newest, rules));
  const last = reads.at(-1) as SegmentRead;
  const holds = last.nextLsn > newest.baseLsn;
  return {
    kind: "log",
    segments: kept,
    dropped: all.slice(0, all.length - kept.length).map(({ name }) => name),
    oldestLsn,
    batches: reads.flatMap(({ batches }) => batches),
    lastLsn: holds ? last.nextLsn - 1 : newest.continuesAfter,
    nextLsn: last.nextLsn,
    provenLsn: Math.max(...kept.map(({ continuesAfter }) => continuesAfter), ...reads.map(({ provenLsn }) => provenLsn)),
    newestProven: last.own,
    end: last.end,
  };
}

/** All headers, before the first record is given out. */
function headsOf(files: Files, rules: Rules): ModelSegment[] {
  const numbers = numbersOf(files.keys(), ".wal");
  if (rules.head && Math.max(0, ...numbersOf(files.keys(), ".head")) > (numbers.at(-1) ?? 0)) throw new Refused("lost");
  const found = numbers.map((number) => {
    const name = nameOf(number, ".wal");
    const file = files.get(name) as Uint8Array;
    const head = decodeHead(file);
    if (head === "unsupported") throw new Refused("unsupported");
    if (head === "damaged" || head.number !== number) throw new Refused("corrupt");
    return { ...head, name, file };
  });
  if (found.some(({ logId, entryKind }) => logId !== found[0]?.logId || entryKind !== found[0]?.entryKind)) throw new Refused("corrupt");
  return found.map((segment, i) => {
    const later = found.slice(i + 1, rules.smallestLimit ? undefined : i + 2);
    return { ...segment, limit: Math.min(...later.map(({ continuesAfter }) => continuesAfter)) };
  });
}

interface SegmentRead {
  readonly batches: readonly ModelBatch[];
  readonly nextLsn: number;
  readonly provenLsn: number;
  readonly own: boolean;
  readonly end: "clean" | "torn";
}

/** Reads a segment as far as its records count. */
function readSegment(segment: ModelSegment, isNewest: boolean, rules: Rules): SegmentRead {
  const { file, salt, limit } = segment;
  const batches: ModelBatch[] = [];
  let [position, nextLsn, provenLsn, own] = [HEADER_BYTES, segment.baseLsn, 0, false];
  const result = (end: "clean" | "torn"): SegmentRead => ({ batches, nextLsn, provenLsn, own, end });
  while (nextLsn <= limit) {
    const head = batchHeadAt(file, position, salt);
    const end = position + FRAME_BYTES + (head?.length ?? 0);
    if (!head || end > file.length || bodyDifference(file, position, head.length, salt) !== 0) {
      const verdict = isNewest ? endVerdict({ file, position, salt, expected: nextLsn }, rules) : "corrupt";
      if (verdict === "corrupt" || verdict === "suspected") throw new Refused(verdict);
      return result(verdict);
    }
    if (head.firstLsn !== nextLsn) throw new Refused("corrupt");
    const body = file.subarray(position + FRAME_BYTES, end);
    const entries = decodeEntries(body, head.count, rules.endByte);
    if (!entries) throw new Refused("corrupt");
    const counted = entries.slice(0, limit - nextLsn + 1);
    if (counted.length > 0) batches.push({ firstLsn: nextLsn, session: head.session, entries: counted, head, body, segment: segment.number });
    provenLsn = Math.max(provenLsn, head.durableLsn);
    own ||= (head.flags & COPY) === 0;
    nextLsn += head.count;
    position = end;
  }
  return result("clean");
}
