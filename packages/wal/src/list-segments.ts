import { join } from "node:path";
import type { KnownSegment, KnownSegments } from "./known-segments.ts";
import { askEach, askNames, askStatus, type Reading, Vanished } from "./log-requests.ts";
import { type DamagePolicy, type LogListing, type LogShape, type SegmentFile, shapeOf } from "./log-shape.ts";
import { SEGMENT_HEADER_BYTES } from "./segment-format.ts";
import { parseLogNames, segmentName } from "./segment-names.ts";
import type { ExistingFiles } from "./segment-writer.ts";
import { WalError } from "./wal-error.ts";

/** Up to this size a file is read whole with its header: that takes no longer, and spares opening it once more. */
const SMALL_FILE_BYTES = 4096;
/** So much of small files is kept in memory at most. */
const CONTENT_BYTES_MAX = 8 * 1024 * 1024;

/** A listing, and what a writer goes on from. */
export interface FoundFiles extends LogListing, ExistingFiles {}

/** The log's files as they are now; `undefined` when the directory isn't there. Asks nothing about those that are known. */
export function* listSegments(directory: string, known: KnownSegments): Reading<FoundFiles | undefined> {
  const names = yield* askNames();
  if (!names) return undefined;
  const { segments: numbers, heads, highest } = parseLogNames(names);
  known.expect(numbers);
  const asked = numbers.filter((number) => !known.get(number));
  const status = yield* askStatus(asked.map(segmentName));
  const found = new Map(asked.map((number, i) => [number, sizeOf(join(directory, segmentName(number)), status[i])]));
  const segments = numbers.map((number): SegmentFile => known.get(number)?.file ?? { name: segmentName(number), number, size: found.get(number) ?? 0 });
  return { directory, segments, newestHead: heads.at(-1) ?? 0, highest, heads };
}

function sizeOf(file: string, status: { readonly kind: string; readonly size: number } | undefined): number {
  if (!status) throw new Vanished(file, "it is listed and isn't there");
  if (status.kind === "file") return status.size;
  throw new WalError("WAL_CORRUPT", `${file} is not a plain file. Nothing was changed; put back what was there`, { file, expected: "file", actual: status.kind });
}

/** Equal for listings that show the same. */
export const signature = (listing: LogListing): string => `${listing.segments.map(({ number, size }) => `${number}:${size}`).join()} ${listing.newestHead}`;

/** Reads the headers that aren't known, and what all of them tell. `undefined` when there is no log. */
export function* readShape(listing: LogListing, onDamage: DamagePolicy, known: KnownSegments): Reading<LogShape | undefined> {
  const { directory, segments } = listing;
  const asked = segments.filter(({ number }) => !known.get(number));
  const heads = yield* askEach(directory, asked.map((segment) => ({ kind: "read" as const, segment, position: 0, length: headLength(segment.size) })));
  const read = new Map(asked.map(({ number }, i) => [number, heads[i]]));
  let room = CONTENT_BYTES_MAX;
  const found = segments.map((file): KnownSegment => {
    const head = read.get(file.number) ?? known.get(file.number)?.head ?? new Uint8Array(0);
    const isWhole = head.length === file.size && head.length <= room;
    if (isWhole) room -= head.length;
    return { file: { ...file, content: isWhole ? head : undefined }, head: isWhole ? head : head.slice(0, SEGMENT_HEADER_BYTES) };
  });
  known.learn(directory, found);
  return shapeOf({ ...listing, segments: found.map(({ file }) => file) }, found.map(({ head }) => head), onDamage);
}

const headLength = (size: number): number => (size <= SMALL_FILE_BYTES ? size : Math.min(size, SEGMENT_HEADER_BYTES));
