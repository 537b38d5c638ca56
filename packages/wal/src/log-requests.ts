import { join } from "node:path";
import type { PathStatus } from "@laminar/disk";
import type { SegmentFile } from "./log-shape.ts";
import { WalError } from "./wal-error.ts";

/*
 * What the reading rules ask for. They are generators without I/O; whoever drives them answers each request before they go
 * on: with promises (`drive-log.ts`) or at once (`drive-log-sync.ts`).
 */

/** The names in the log's directory. Answer: `string[]`, or `undefined` when there is no directory. */
export interface ListRequest {
  readonly kind: "list";
}

/** What stands under each name. Answer: one `PathStatus` each, `undefined` where nothing does. */
export interface StatRequest {
  readonly kind: "stat";
  readonly names: readonly string[];
}

/** `length` bytes of a file. Answer: the bytes, fewer when the file ends before, `undefined` when it is gone. */
export interface ReadRequest {
  readonly kind: "read";
  readonly segment: SegmentFile;
  readonly position: number;
  readonly length: number;
}

/** Several at once. Answer: one for each. */
export interface ReadEachRequest {
  readonly kind: "readEach";
  readonly reads: readonly ReadRequest[];
}

/** What will be read next, unless reading ends before: may be begun now. No answer. */
export interface AheadRequest {
  readonly kind: "ahead";
  readonly read: ReadRequest;
}

/** Waits for something new. Answer: `News`. */
export interface WaitRequest {
  readonly kind: "wait";
}

/** `"more"`: there may be something. `"last"`: the same, and nothing will come after it. `"stop"`: nobody wants it any more. */
export type News = "more" | "last" | "stop";

export type LogRequest = ListRequest | StatRequest | ReadRequest | ReadEachRequest | AheadRequest | WaitRequest;

export type LogAnswer = readonly string[] | readonly (PathStatus | undefined)[] | Uint8Array | readonly (Uint8Array | undefined)[] | News | undefined;

/** Rules that end in `T`. What they hand on, beside their requests, is `B`. */
export type Reading<T, B = never> = Generator<LogRequest | B, T, LogAnswer>;

export function* askNames(): Reading<readonly string[] | undefined> {
  return (yield { kind: "list" }) as readonly string[] | undefined;
}

export function* askStatus(names: readonly string[]): Reading<readonly (PathStatus | undefined)[]> {
  return names.length === 0 ? [] : ((yield { kind: "stat", names }) as readonly (PathStatus | undefined)[]);
}

export function* askNews(): Reading<News> {
  return (yield { kind: "wait" }) as News;
}

/** Exactly the bytes asked for. */
export function* askBytes(directory: string, read: ReadRequest): Reading<Uint8Array> {
  const { content } = read.segment;
  if (content) return content.subarray(read.position, read.position + read.length);
  return exactly(directory, read, (yield read) as Uint8Array | undefined);
}

export function* askEach(directory: string, reads: readonly ReadRequest[]): Reading<readonly Uint8Array[]> {
  if (reads.length === 0) return [];
  const answers = (yield { kind: "readEach", reads }) as readonly (Uint8Array | undefined)[];
  return reads.map((read, i) => exactly(directory, read, answers[i]));
}

function exactly(directory: string, { segment, position, length }: ReadRequest, bytes: Uint8Array | undefined): Uint8Array {
  if (bytes?.length === length) return bytes;
  const file = join(directory, segment.name);
  if (!bytes) throw new Vanished(file, "it is listed and can't be opened");
  throw new Vanished(file, `only ${bytes.length} of ${length} bytes at offset ${position} could be read`, { offset: position, expected: length, actual: bytes.length });
}

/**
 * A file isn't what it was when it was listed. Beside a live writer, and where another log was put in this one's place, that
 * is no damage: what another listing shows is the truth.
 */
export class Vanished extends Error {
  /** What it is when it stays so. */
  readonly failure: WalError;

  constructor(file: string, what: string, details: { readonly offset?: number; readonly expected?: number; readonly actual?: number } = {}) {
    super(`${file}: ${what}`);
    this.failure = new WalError("WAL_IO", `${this.message}. Nothing is known to be damaged; read again, and check the disk if it stays so`, { file, ...details });
  }
}
