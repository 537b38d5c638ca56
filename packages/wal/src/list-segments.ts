import { join } from "node:path";
import type { PathStatus } from "@laminar/disk";
import type { KnownSegment, KnownSegments } from "./known-segments.ts";
import { askEach, askNames, askStatus, type Reading, Vanished } from "./log-requests.ts";
import { type DamagePolicy, type LogListing, type LogShape, type SegmentFile, shapeOf } from "./log-shape.ts";
import { SEGMENT_HEADER_BYTES } from "./segment-format.ts";
import { type LogNames, parseLogNames, segmentName } from "./segment-names.ts";
import type { ExistingFiles } from "./segment-writer.ts";
import { WalError } from "./wal-error.ts";

/** Up to this size a file is read whole with its header: that takes no longer, and spares opening it once more. */
const SMALL_FILE_BYTES = 4096;
/** So much of small files is kept in memory at most. */
const CONTENT_BYTES_MAX = 16 * 1024 * 1024;

/** A listing, and what a writer goes on from. */
export interface FoundFiles extends LogListing, ExistingFiles {}

/**
 * The log's files as they are now; `undefined` when the directory isn't there. Asks nothing about those that are known.
 * `passed` is a listing that was read to its end: what shows the same names needs no second look.
 */
export function* listSegments(directory: string, known: KnownSegments, passed?: LogListing): Reading<FoundFiles | undefined> {
  const names = yield* settledNames(passed);
  if (!names) return undefined;
  const { segments: numbers, heads, temporary, highest } = names;
  known.expect(numbers);
  const before = numbers.map((number) => known.get(number)?.file);
  const asked = numbers.filter((_, i) => !before[i]).map(segmentName);
  const status = yield* askStatus(asked);
  let next = 0;
  const segments = numbers.map((number, i) => before[i] ?? segmentFile(directory, number, status[next++]));
  return { directory, segments, newestHead: heads.at(-1) ?? 0, highest, heads, temporary };
}

/**
 * A listing is no snapshot: of a segment that came and one that went meanwhile it may show neither, and then what the new one
 * took over is in no file that it shows. Two listings of which the second lacks nothing of the first can't be so.
 */
function* settledNames(passed: LogListing | undefined): Reading<LogNames | undefined> {
  let before: readonly number[] | undefined = passed?.segments.map(({ number }) => number);
  let isPassed = passed !== undefined;
  for (;;) {
    const names = yield* askNames();
    if (!names) return undefined;
    const found = parseLogNames(names);
    const lacksNone = before && isSubset(before, found.segments);
    if (lacksNone && (!isPassed || found.segments.length === before?.length)) return found;
    before = found.segments;
    isPassed = false;
  }
}

/** Both ascend. */
function isSubset(some: readonly number[], all: readonly number[]): boolean {
  let at = 0;
  for (const number of all) if (number === some[at]) at++;
  return at === some.length;
}

function segmentFile(directory: string, number: number, status: PathStatus | undefined): SegmentFile {
  const name = segmentName(number);
  const file = join(directory, name);
  if (!status) throw new Vanished(file, "it is listed and isn't there");
  if (status.kind === "file") return { name, number, size: status.size };
  throw new WalError("WAL_CORRUPT", `${file} is not a plain file. Nothing was changed; put back what was there`, { file, expected: "file", actual: status.kind });
}

/** Equal for listings that show the same. */
export const signature = (listing: LogListing): string => `${listing.segments.map(({ number, size }) => `${number}:${size}`).join()} ${listing.newestHead}`;

/** Reads the headers that aren't known, and what all of them tell. `undefined` when there is no log. */
export function* readShape(listing: LogListing, onDamage: DamagePolicy, known: KnownSegments): Reading<LogShape | undefined> {
  const { directory, segments } = listing;
  const before = segments.map(({ number }) => known.get(number)?.head);
  const asked = segments.filter((_, i) => !before[i]);
  const heads = yield* askEach(directory, asked.map((segment) => ({ kind: "read" as const, segment, position: 0, length: headLength(segment.size) })));
  let next = 0;
  let room = CONTENT_BYTES_MAX;
  const found = segments.map((file, i): KnownSegment => {
    const head = before[i] ?? heads[next++] ?? new Uint8Array(0);
    const isWhole = head.length === file.size && head.length <= room;
    if (isWhole) room -= head.length;
    return { file: { ...file, content: isWhole ? head : undefined }, head: isWhole ? head : head.slice(0, SEGMENT_HEADER_BYTES) };
  });
  known.learn(directory, found);
  return shapeOf({ ...listing, segments: found.map(({ file }) => file) }, found.map(({ head }) => head), onDamage);
}

const headLength = (size: number): number => (size <= SMALL_FILE_BYTES ? size : Math.min(size, SEGMENT_HEADER_BYTES));
