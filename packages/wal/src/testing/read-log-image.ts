import { join } from "node:path";
import { batchDecoder, decodeFound, requireKind } from "../decode-batch.ts";
import { type FoundBatch, type LogListing, type LogTail, type ReadRequest, readBatches, readShape, type SegmentFile } from "../log-core.ts";
import type { WalBatch } from "../log.ts";
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
  const shape = run(image, readShape(listImage(image)));
  if (!shape) return { batches: [], tail: undefined };
  requireKind(shape, decoder);
  const batches: WalBatch<unknown>[] = [];
  const tail = run(image, readBatches(shape, { after: 0, upTo: Number.POSITIVE_INFINITY }), (found) => {
    batches.push(decodeFound(shape, found, decoder, 0));
  });
  return { batches, tail };
}

function listImage({ directory, files }: LogImage): LogListing {
  const prefix = join(directory, "/");
  const names = parseLogNames([...files.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)));
  const segments = names.segments.map((number): SegmentFile => {
    const name = segmentName(number);
    return { name, number, size: files.get(join(directory, name))?.length ?? 0 };
  });
  return { directory, segments, newestHead: names.heads.at(-1) ?? 0 };
}

function run<T>({ directory, files }: LogImage, core: Generator<ReadRequest | FoundBatch, T, Uint8Array>, onBatch?: (found: FoundBatch) => void): T {
  for (let step = core.next(); ; ) {
    if (step.done) return step.value;
    if (step.value.kind === "batch") {
      onBatch?.(step.value);
      step = core.next();
      continue;
    }
    const { segment, position, length } = step.value;
    const bytes = files.get(join(directory, segment.name)) ?? new Uint8Array(0);
    step = core.next(bytes.subarray(position, position + length));
  }
}
