import { join } from "node:path";
import { batchDecoder, decodeFound, requireKind } from "../decode-batch.ts";
import { type FoundBatch, type LogTail, type ReadRequest, readBatches } from "../log-core.ts";
import { type LogListing, type SegmentFile, shapeOf } from "../log-shape.ts";
import type { WalBatch } from "../log.ts";
import { SEGMENT_HEADER_BYTES } from "../segment-format.ts";
import { parseLogNames, segmentName } from "../segment-names.ts";
import type { WalCodec, WalEntry } from "../wal-entry.ts";

/** A log as bytes alone: what a crash test has in its hands. */
export interface LogImage {
  readonly directory: string;
  /** Content by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface ReadImage<E> {
  readonly batches: readonly WalBatch<E>[];
  /** `undefined` when the image holds no log. */
  readonly tail: LogTail | undefined;
}

/**
 * Reads a log from bytes in memory by the same rules as `openWal`, at once and without promises: tens of thousands of times
 * a second. Gives what verifies and counts, proven durable or not; throws the `WalError` that `openWal` would reject with.
 */
export function readLogImage(image: LogImage): ReadImage<WalEntry>;
export function readLogImage<E>(image: LogImage, codec: WalCodec<E, never>): ReadImage<E>;
export function readLogImage(image: LogImage, codec?: WalCodec<unknown, never>): ReadImage<unknown> {
  const decoder = batchDecoder(codec);
  const listing = listImage(image);
  const headers = listing.segments.map(({ name }) => contentOf(image, name).subarray(0, SEGMENT_HEADER_BYTES));
  const shape = shapeOf(listing, headers, "refuse");
  if (!shape) return { batches: [], tail: undefined };
  requireKind(shape, decoder);
  const batches: WalBatch<unknown>[] = [];
  const tail = run(image, readBatches(shape, { after: 0, upTo: Number.POSITIVE_INFINITY, onDamage: "refuse" }), (found) => {
    batches.push(decodeFound(shape, found, decoder, 0));
  });
  return { batches, tail };
}

const contentOf = ({ directory, files }: LogImage, name: string): Uint8Array => files.get(join(directory, name)) ?? new Uint8Array(0);

function listImage(image: LogImage): LogListing {
  const { directory, files } = image;
  const prefix = join(directory, "/");
  const names = parseLogNames([...files.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)));
  const segments = names.segments.map((number): SegmentFile => {
    const name = segmentName(number);
    return { name, number, size: contentOf(image, name).length };
  });
  return { directory, segments, newestHead: names.heads.at(-1) ?? 0 };
}

function run<T>(image: LogImage, core: Generator<ReadRequest | FoundBatch, T, Uint8Array>, onBatch?: (found: FoundBatch) => void): T {
  for (let step = core.next(); ; ) {
    if (step.done) return step.value;
    if (step.value.kind === "batch") {
      onBatch?.(step.value);
      step = core.next();
      continue;
    }
    const { segment, position, length } = step.value;
    step = core.next(contentOf(image, segment.name).subarray(position, position + length));
  }
}
